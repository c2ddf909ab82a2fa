import { describe, expect, test } from "vitest";
import { sha256 } from "../../../base/digest.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../../../base/sshsig.ts";
import type { HostMessage } from "../../../reach/model.ts";
import type { HostSession, SessionItem } from "../../../reach/session.ts";
import { type Ask, writeAsk } from "../../ask.ts";
import type { Conversation, OpenLine, PermitAnswer } from "../../model.ts";
import { EMPTY_HEAD } from "../../order.ts";
import { type Result, writeResult } from "../../result.ts";
import { converse } from "./conversation.ts";

const key = openMachineKey(makeMachineKey().privateKeyPem);
const stranger = openMachineKey(makeMachineKey().privateKeyPem);
const host = "h-00000000000000000001";
const digest = "a".repeat(64);

const ask: Ask = {
  kind: "apply",
  tenant: "acme",
  host,
  plan: digest,
  index: 0,
  attempt: 1,
  epoch: 4,
  nonce: "0".repeat(32),
  state: "staged",
  boot: "0".repeat(32),
  token: digest,
  policy: digest,
  head: EMPTY_HEAD,
};

const result: Result = {
  tenant: "acme",
  host,
  plan: digest,
  index: 0,
  attempt: 1,
  kind: "apply",
  state: "done",
  code: "-",
  way: "piped",
  boot: "0".repeat(32),
  started: 1,
  ended: 2,
  packages: digest,
  journal: digest,
  output: { digest, bytes: 0 },
  policy: digest,
  approvals: [{ person: "alice", class: "ssh" }],
  head: EMPTY_HEAD,
  counter: 77,
};

function group(name: "ask" | "result", text: string, by = key): HostMessage {
  const namespace = name === "ask" ? "fettle-ask-v1" : "fettle-result-v1";
  const signature = signDocument({ namespace, key: by, bytes: text });
  const lines = (of: string): string[] => of.trimEnd().split("\n");
  const sections = new Map([
    [name, lines(text)],
    [`${name}sig`, lines(signature)],
  ]);
  return { kind: "group", name, heading: "", sections };
}

const note = (name: "accepted" | "journal" | "refused" | "idle", text = ""): HostMessage => ({
  kind: "note",
  name,
  text,
});

/** A session that says these things in order, then ends. */
async function talk(said: readonly HostMessage[], answer: PermitAnswer = { kind: "silence" }) {
  const sent: string[] = [];
  const heard: string[] = [];
  let isFinished = false;
  const items: SessionItem[] = said.map((message) => ({ kind: "message", message }));
  const session: HostSession = {
    next: async () => items.shift() ?? { kind: "ended", problem: null },
    send: (text) => sent.push(text),
    endInput: () => undefined,
    close: async () => undefined,
    finish: async () => {
      isFinished = true;
    },
  };
  const conversation: Conversation = {
    signal: new AbortController().signal,
    heard: () => undefined,
    accepted: () => heard.push("accepted"),
    journal: (line) => heard.push(line.text),
    ask: async (asked) => {
      heard.push(`ask ${asked.kind}`);
      return answer;
    },
    result: async (given, { lastLine }) => {
      heard.push(`result ${given.state}${lastLine === null ? "" : ` after ${lastLine.text}`}`);
    },
  };
  const of = { session, talk: conversation, tenant: "acme", protocolId: host };
  const lineOver = (open: HostSession): OpenLine => ({
    verify: async () => ({ kind: "problem", problem: { kind: "timeout", message: "not asked" } }),
    close: () => open.finish(),
  });
  const end = await converse({ ...of, keyLine: key.publicKeyLine, lineOver });
  return { end, sent, heard, isFinished: () => isFinished };
}

describe("a talk with a host", () => {
  test("passes on what it says and acknowledges a result once it is kept", async () => {
    const { end, sent, heard } = await talk([
      note("accepted", `${digest} 1`),
      note("journal", "APPLYING at=12 up=3 step=1"),
      group("result", writeResult(result)),
    ]);
    expect(heard).toEqual(["accepted", "APPLYING step=1", "result done"]);
    expect(sent).toEqual(["@ack 77\n@end\n"]);
    expect(end).toMatchObject({ isAccepted: true, resultCount: 1, problem: null });
  });

  test("hands a permit over, or the reason why there is none", async () => {
    const order = { text: "order\n", signature: "signature\n" };
    const permitted = await talk([group("ask", writeAsk(ask))], { kind: "permit", order });
    expect(permitted.sent).toEqual(["@order\norder\n@ordersig\nsignature\n@end\n"]);
    const held = await talk([group("ask", writeAsk(ask))], { kind: "held", reason: "zu\n spät" });
    expect(held.sent).toEqual(["@held zu- sp-t\n@end\n"]);
  });

  test("never answers when no decision could be made", async () => {
    const { sent, end } = await talk([group("ask", writeAsk(ask))]);
    expect(sent).toEqual([]);
    expect(end.problem?.message).toMatch(/asks again/);
  });

  test.each([
    ["a result that another key signed", group("result", writeResult(result), stranger)],
    ["an ask that another key signed", group("ask", writeAsk(ask), stranger)],
    ["a result of another host", group("result", writeResult({ ...result, host: "h-2" }))],
    ["a result of another organisation", group("result", writeResult({ ...result, tenant: "b" }))],
    ["a text that is no result", group("result", writeAsk(ask))],
  ])("ends at %s, without any answer", async (_name, message) => {
    const { sent, heard, end } = await talk([message, group("result", writeResult(result))]);
    expect(sent).toEqual([]);
    expect(heard).toEqual([]);
    expect(end.problem?.kind).toBe("protocol");
  });

  const lines = ["RECEIVED at=1 up=1 plan=a", "HELD at=2 up=2 code=E_PERMIT begun=no note=x "];
  const text = (of: readonly string[]): string => of.map((line) => `${line}\n`).join("");
  const held: Result = { ...result, state: "held", journal: sha256(text(lines)) };
  const [received = "", last = ""] = lines;
  const after = "result held after HELD code=E_PERMIT begun=no note=x";

  test.each([
    ["all of it was heard", lines, after],
    ["it went on meanwhile", [...lines, "NOT_STARTED at=3"], after],
    [
      "the lines of another job came before it",
      ["RECEIVED at=0 plan=b", "DONE at=0", ...lines],
      after,
    ],
    ["a line was left out", [last], "result held"],
    ["a line was changed", [received, last.replace("begun=no", "begun=yes")], "result held"],
    ["a line was put in", [received, "APPLYING at=1", last], "result held"],
    ["nothing was heard", [], "result held"],
  ])(
    "believes the journal only as far as the result's signature covers it: %s",
    async (_, told, is) => {
      const said = told.map((line) => note("journal", line));
      const { heard } = await talk([...said, group("result", writeResult(held))]);
      expect(heard.at(-1)).toBe(is);
    },
  );

  test("leaves the connection open for a look once the host has told its result and all else", async () => {
    const { end, isFinished } = await talk([group("result", writeResult(result)), note("idle")]);
    expect(isFinished()).toBe(false);
    await end.line?.close();
    expect(isFinished()).toBe(true);
  });

  test.each([
    ["no result", [note("accepted"), note("idle")]],
    ["a result and the end", [group("result", writeResult(result))]],
    ["a result that another key signed", [group("result", writeResult(result), stranger)]],
  ])("closes the connection after %s", async (_name, said) => {
    const { end, isFinished } = await talk(said);
    expect(end.line).toBe(null);
    expect(isFinished()).toBe(true);
  });

  test("tells an unsigned refusal apart, and stops when the host is idle", async () => {
    const { end } = await talk([note("refused", "E_STATE no key"), note("idle"), note("accepted")]);
    expect(end.refused).toEqual({ code: "E_STATE", facts: "no key" });
    expect(end.isAccepted).toBe(false);
  });
});
