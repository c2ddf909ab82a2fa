import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../base/digest.ts";
import { DAY_MS, HOUR_MS, instantFromText, MINUTE_MS } from "../base/instant.ts";
import { amountOf, approvalsNeeded, parseRings, ringOf } from "./rings.ts";
import { ringsJsonSchema } from "./rings-schema.ts";
import { openSpans } from "./rings-times.ts";

const text = readFileSync(new URL("../../policies/rings.yaml", import.meta.url), "utf8");
const policy = parseRings(text);
const at = (iso: string): number => instantFromText(iso) ?? Number.NaN;

describe("the policy that is shipped", () => {
  test("is read, and its digest is that of the file's bytes", () => {
    expect(policy.digest).toBe(sha256(text));
    expect(policy.rings.map((ring) => ring.name)).toEqual(["canary", "1", "2"]);
    expect(policy.revert).toEqual({ kind: "order", seconds: 72 * 3600 });
    expect(policy.rings[1]?.batch).toEqual({
      size: { kind: "percent", percent: 25 },
      inFlightMax: 2,
    });
  });

  test("puts a host into the first ring that selects it, or into none", () => {
    expect(ringOf(policy, { ring: "canary" })?.name).toBe("canary");
    expect(ringOf(policy, { ring: "9" })).toBeNull();
  });

  test("needs the approvals of the class or of the strictest ring", () => {
    expect(approvalsNeeded(policy, { class: "normal", rings: ["canary"] })).toBe(1);
    expect(approvalsNeeded(policy, { class: "emergency", rings: ["canary"] })).toBe(2);
    const strict = parseRings(
      text.replace('name: "1"\n    hosts: ring=1', 'name: "1"\n    need: 3\n    hosts: ring=1'),
    );
    expect(approvalsNeeded(strict, { class: "normal", rings: ["canary", "1"] })).toBe(3);
  });
});

// After an edit of the schema: node -e 'import("./src/policy/rings-schema.ts").then((m) =>
// console.log(JSON.stringify(m.ringsJsonSchema())))' > policies/rings.schema.json, then format it.
test("the published schema is the one that is used", () => {
  const file = new URL("../../policies/rings.schema.json", import.meta.url);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(ringsJsonSchema());
});

describe("a policy that cannot be read says where and what is allowed", () => {
  const line = (part: string): number => text.slice(0, text.indexOf(part)).split("\n").length;
  const faults: [name: string, from: string, to: string, at: string, says: RegExp][] = [
    ["a misspelt field", "failedMax: 0", "failedMx: 0", "failedMax: 0", /"failedMx" is not known/],
    ["a share without unit", "success: 100%", "success: 1", "success: 100%", /from 0% to 100%/],
    ["a share above all", "success: 100%", "success: 101%", "success: 100%", /from 0% to 100%/],
    ["a budget in words", "failedMax: 5%", "failedMax: few", "failedMax: 5%", /percentage such/],
    [
      "rates the wrong way round",
      "success: 95%\n    failedMax: 5%",
      "success: 95%\n    failures: { baseline: 5%, bad: 1% }",
      "failedMax: 5%",
      /bad rate must be above the baseline/,
    ],
    ["a ring that never stops", "    failedMax: 5%\n", "", 'name: "2"', /say when the ring stops/],
    ["a negative budget", "failedMax: 0", "failedMax: -1", "failedMax: 0", /whole number from 0/],
    ["an empty batch", "size: 1,", "size: 0,", "size: 1,", /whole number from 1/],
    ["a soak without unit", "soak: 1m", "soak: 60", "soak: 1m", /such as 90s/],
    ["a permit of another kind", "permit: online", "permit: offline", "permit:", /write online/],
    ["a ring of all hosts", "hosts: ring=canary", 'hosts: ""', "hosts: ring=canary", /name the h/],
    ["a bad expression", "hosts: ring=1", "hosts: Ring==", "hosts: ring=1", /cannot be read/],
    [
      "an unknown verb",
      "rollback: host }",
      "rollback: maybe }",
      "rollback: host",
      /"host"\|"wave"/,
    ],
    ["no approvals", "need: 1, val", "need: 0, val", "need: 1, val", /at least 1/],
    ["a field given twice", "attempts: 2", "attempts: 2\nattempts: 3", "permit:", /unique/],
  ];
  test.each(faults)("%s", (_name, from, to, where, says) => {
    expect(text).toContain(from);
    expect(() => parseRings(text.replace(from, to))).toThrow(says);
    expect(() => parseRings(text.replace(from, to))).toThrow(`line ${line(where)}:`);
  });

  test("two rings of one name", () => {
    expect(() => parseRings(text.replace('name: "2"', 'name: "1"'))).toThrow(/same name/);
  });
});

test("a ring may stop by the sequential test, alone or beside a number", () => {
  const both = "failedMax: 5%\n    failures: { baseline: 0.5%, bad: 10%, alpha: 2% }";
  const ring = parseRings(text.replace("failedMax: 5%", both)).rings[2];
  expect(ring?.failures).toEqual({ baseline: 0.005, bad: 0.1, alpha: 0.02, beta: 0.05 });
  const alone = parseRings(text.replace("failedMax: 5%", "failures: { baseline: 1%, bad: 5% }"));
  expect(alone.rings[2]?.failedMax).toEqual({ kind: "percent", percent: 100 });
  expect(policy.rings[2]?.failures).toBeNull();
});

test("a share of a budget is rounded down, of a batch up to one", () => {
  expect(amountOf({ kind: "percent", percent: 5 }, 19, 0)).toBe(0);
  expect(amountOf({ kind: "percent", percent: 5 }, 20, 0)).toBe(1);
  expect(amountOf({ kind: "percent", percent: 5 }, 3, 1)).toBe(1);
  expect(amountOf({ kind: "count", count: 50 }, 3, 1)).toBe(3);
});

describe("opening times", () => {
  // 2026-11-21 is a Saturday.
  const nights = [{ days: [5, 6], fromMinute: 22 * 60, toMinute: 4 * 60 }];

  test("a window past midnight belongs to the day on which it opens", () => {
    const spans = openSpans(nights, { from: at("2026-11-21T01:00Z"), to: at("2026-11-23T12:00Z") });
    expect(spans).toEqual([
      { from: at("2026-11-21T01:00Z"), to: at("2026-11-21T04:00Z") },
      { from: at("2026-11-21T22:00Z"), to: at("2026-11-22T04:00Z") },
    ]);
  });

  test("windows that touch are one", () => {
    const all = [{ days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 0, toMinute: 0 }];
    const span = { from: at("2026-11-21T01:00Z"), to: at("2026-11-28T01:00Z") };
    expect(openSpans(all, span)).toEqual([span]);
    expect(openSpans(null, span)).toEqual([span]);
  });

  test("every minute is in a span exactly when one of the windows holds it", () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    const window = fc.record({
      days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
      fromMinute: minute,
      toMinute: minute,
    });
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 3 }), minute, (windows, offset) => {
        const from = at("2026-11-18T00:00Z") + offset * MINUTE_MS;
        const spans = openSpans(windows, { from, to: from + 3 * DAY_MS });
        for (let now = from; now < from + 3 * DAY_MS; now += 17 * MINUTE_MS) {
          const inside = windows.some((w) => isOpen(w, now));
          expect(spans.some((span) => span.from <= now && now < span.to)).toBe(inside);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Asked of the clock on the wall instead of laying windows over a span. */
function isOpen(
  window: { days: readonly number[]; fromMinute: number; toMinute: number },
  now: number,
): boolean {
  const minuteOfDay = Math.floor((now % DAY_MS) / MINUTE_MS);
  const today = new Date(now).getUTCDay();
  const yesterday = new Date(now - 24 * HOUR_MS).getUTCDay();
  const { days, fromMinute, toMinute } = window;
  if (fromMinute < toMinute) {
    return days.includes(today) && minuteOfDay >= fromMinute && minuteOfDay < toMinute;
  }
  return (
    (days.includes(today) && minuteOfDay >= fromMinute) ||
    (days.includes(yesterday) && minuteOfDay < toMinute)
  );
}
