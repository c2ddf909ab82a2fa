import { describe, expect, test } from "vitest";
import { configSchema } from "../base/config.ts";
import type { JsonObject } from "../base/json.ts";
import { isChosen } from "./event-choice.ts";
import { severityOf } from "./event-severity.ts";
import type { Told } from "./model.ts";
import { logsBody, spanIdOf } from "./otlp.ts";
import { spansBody } from "./spans.ts";
import { framed, type SyslogForm, syslogMessage } from "./syslog-message.ts";
import { webhookKey, webhookSignature } from "./webhook-message.ts";

const PATCH = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
const form: SyslogForm = { facility: 13, hostname: "fettle-1", message: "words", bytesMax: 8_192 };
const of = { deployment: "lab", version: "1.2.3" };

function told(change: Partial<Told> = {}): Told {
  return {
    ...{ index: 7, id: "e-1", at: Date.UTC(2026, 10, 22, 1, 2, 3, 4), type: "rollout.started" },
    ...{ actor: "s-1", object: "rollout:r-1", patch: PATCH, change: "c-1", plan: null },
    ...{ facts: { hosts: 3, waves: 1 }, text: "{}" },
    ...change,
  };
}

describe("which events go to a receiver", () => {
  test.each([
    ["rollout.halted", ["*"], true],
    ["rollout.halted", ["rollout.*"], true],
    ["rollout.halted", ["*.halted"], true],
    ["rollout.halted", ["change.*"], false],
    ["rollout.halted", ["*", "!rollout.*"], false],
    ["rollout.halted", ["*", "!rollout.*", "rollout.halted"], true],
    ["feed.loaded", ["!rollout.*"], true],
    ["rollout.started", ["!rollout.*"], false],
  ])("%s by %j: %s", (type, patterns, expected) => {
    expect(isChosen(type, patterns)).toBe(expected);
  });
});

describe("syslog, RFC 5424", () => {
  test("the header has priority, version, time, host, program, no process, and the event", () => {
    const text = syslogMessage(told(), form).toString("utf8");
    // 13 * 8 + 5: log audit, notice.
    expect(text).toBe(
      `<109>1 2026-11-22T01:02:03.004Z fettle-1 fettle - rollout.started [fettle@32473 index="7" id="e-1" actor="s-1" object="rollout:r-1" case="${PATCH}" change="c-1"] \ufeffstarted the rollout over 3 hosts in 1 wave`,
    );
  });

  test("quotes, backslashes and brackets of a value are escaped, line ends never get through", () => {
    const object = String.raw`host:a"b\c]d`;
    const event = told({ object, type: "a.b", facts: { said: "x\ny\u202e\u001b[2J" } });
    const text = syslogMessage(event, form).toString("utf8");
    expect(text).toContain(String.raw`object="host:a\"b\\c\]d"`);
    expect(text).not.toMatch(/[\n\u202e\u001b]/u);
  });

  test("a message that is too long is cut, never within a character", () => {
    const event = told({ type: "a.b", facts: { said: "é".repeat(2_000) } });
    for (const bytesMax of [400, 401, 402, 403]) {
      const cut = syslogMessage(event, { ...form, bytesMax });
      expect(cut.length).toBeLessThanOrEqual(bytesMax);
      expect(cut.toString("utf8")).not.toContain("\ufffd");
    }
  });

  test("the exact entry is sent where that is asked for", () => {
    const event = told({ text: '{"actor":"s-1"}' });
    const text = syslogMessage(event, { ...form, message: "entry" }).toString("utf8");
    expect(text.endsWith('\ufeff{"actor":"s-1"}')).toBe(true);
  });

  test("a stream counts octets, not characters", () => {
    expect(framed(Buffer.from("é")).toString("utf8")).toBe("2 é");
  });
});

describe("OpenTelemetry", () => {
  test("a log record has the case as its trace, and numbers of 64 bits as text", () => {
    const facts: JsonObject = { n: 3, share: 0.5, ok: true, none: null, list: ["a"] };
    const body = JSON.stringify(logsBody([told({ facts })], of));
    const {
      resourceLogs: [first],
    } = JSON.parse(body);
    const [record] = first.scopeLogs[0].logRecords;
    expect(record.traceId).toBe(PATCH.replaceAll("-", ""));
    expect(record.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(record.timeUnixNano).toBe("1795309323004000000");
    expect(record).toMatchObject({ severityNumber: 10, eventName: "rollout.started" });
    expect(record.attributes).toContainEqual({
      key: "fettle.ledger.index",
      value: { intValue: "7" },
    });
    expect(record.attributes.at(-1).value.kvlistValue.values).toEqual([
      { key: "n", value: { intValue: "3" } },
      { key: "share", value: { doubleValue: 0.5 } },
      { key: "ok", value: { boolValue: true } },
      { key: "none", value: {} },
      { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }] } } },
    ]);
  });

  test("a wave is a span in its rollout, and that in its change", () => {
    const began = [
      told({ index: 1, at: 1_000, type: "change.requested", object: "change:c-1" }),
      told({ index: 2, at: 2_000, type: "rollout.started" }),
      told({ index: 3, at: 3_000, type: "wave.opened", facts: { wave: 1 } }),
      told({ index: 4, at: 4_000, type: "wave.opened", facts: { wave: 2 } }),
    ];
    const ends = [
      told({ index: 5, at: 5_000, type: "wave.passed", facts: { wave: 2 } }),
      told({ index: 6, at: 6_000, type: "rollout.finished" }),
      told({ index: 7, at: 7_000, type: "change.completed", object: "change:c-1" }),
    ];
    const body = JSON.parse(JSON.stringify(spansBody(ends, began, of)));
    const [wave, rollout, change] = body.resourceSpans[0].scopeSpans[0].spans;
    expect(wave).toMatchObject({
      ...{ name: "wave 2", startTimeUnixNano: "4000000000", endTimeUnixNano: "5000000000" },
      parentSpanId: rollout.spanId,
    });
    expect(rollout).toMatchObject({ parentSpanId: change.spanId, traceId: wave.traceId });
    expect(change.parentSpanId).toBeUndefined();
    expect(spanIdOf("change:c-1")).toBe(change.spanId);
  });

  test("what began before the ledger is known makes no span", () => {
    expect(spansBody([told({ type: "rollout.finished" })], [], of)).toBeNull();
  });
});

describe("webhooks", () => {
  // The example of the Standard Webhooks reference libraries.
  test("the published example is signed the same", () => {
    const key = webhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    const body = Buffer.from('{"test": 2432232314}');
    expect(
      webhookSignature(key!, { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", sentAt: 1614265330, body }),
    ).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  test.each(["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!!"])("%j is no key", (text) => {
    expect(webhookKey(text)).toBeNull();
  });
});

test("a halt is louder than a start, and a host that is not verified louder than one that is", () => {
  expect(severityOf({ type: "rollout.halted", facts: {} })).toBe("error");
  expect(severityOf({ type: "rollout.started", facts: {} })).toBe("notice");
  expect(severityOf({ type: "target.judged", facts: { verdict: "failed" } })).toBe("warning");
  expect(severityOf({ type: "target.judged", facts: { verdict: "verified" } })).toBe("info");
});

test("updates that failed, bad gauges and ordered reverts are warnings, good ones are not", () => {
  const of = (type: `${string}.${string}`, facts: JsonObject) => severityOf({ type, facts });
  expect(of("target.reported", { states: { done: 3, failed: 1 } })).toBe("warning");
  expect(of("target.reported", { states: { done: 3 } })).toBe("info");
  expect(of("gate.read", { reading: "bad" })).toBe("warning");
  expect(of("gate.read", { reading: "good" })).toBe("info");
  expect(of("revert.ordered", { count: 2 })).toBe("warning");
});

describe("receivers in the configuration", () => {
  const parse = (to: unknown) => configSchema.safeParse({ events: { to } });

  test("all three kinds are read, with what they do not say filled in", () => {
    const parsed = parse([
      { name: "siem", syslog: "tls://siem.example:6514" },
      { name: "otel", otlp: "https://collector.example:4318", headerFile: "/etc/h" },
      { name: "hook", webhook: "https://hooks.example/x", secretFile: "/etc/s", events: ["a.b"] },
    ]);
    expect(parsed.data?.events.to.map((sink) => sink.events)).toEqual([["*"], ["*"], ["a.b"]]);
    expect(parsed.data?.events.to[0]).toMatchObject({ facility: 13, message: "words" });
  });

  test.each([
    [[{ name: "x" }], "exactly one of syslog, otlp, webhook"],
    [[{ name: "x", syslog: "tls://a", otlp: "https://a" }], "exactly one"],
    [[{ name: "x", syslog: "https://a" }], "tls://siem.example:6514"],
    [[{ name: "x", otlp: "https://me:secret@a" }], "without a password"],
    [[{ name: "x", webhook: "https://a" }], "secretFile"],
    [[{ name: "x", syslog: "tcp://a", facilty: 3 }], "facilty"],
    [[{ name: "x", syslog: "tcp://a", events: ["Rollout"] }], "rollout.halted"],
    [
      [
        { name: "x", syslog: "tcp://a" },
        { name: "x", syslog: "tcp://b" },
      ],
      "same name",
    ],
  ])("%j is refused: %s", (to, words) => {
    const parsed = parse(to);
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain(words);
  });
});
