import { describe, expect, test } from "vitest";
import { SECOND_MS } from "../base/instant.ts";
import type { CheckRule } from "../policy/rings-gates.ts";
import { type CheckRun, filled, readCheck } from "./check-reading.ts";

const NOW = Date.UTC(2026, 10, 21, 22);
const rule: CheckRule = {
  kind: "check",
  tcp: { host: "{host}", port: 80 },
  each: "host",
  timeout: 5 * SECOND_MS,
  tries: 3,
  success: 0.95,
  interval: 30 * SECOND_MS,
  for: 0,
  failAfter: 3,
};

function runs(good: number, bad = 0, tookMs = 20): CheckRun[] {
  return Array.from({ length: good + bad }, (_, at) => ({
    host: { id: `h${at}`, name: `web-${at}` },
    isGood: at < good,
    tookMs,
    tries: 1,
    words: at < good ? "status 200" : "status 503, not 200",
  }));
}

const read = (some: readonly CheckRun[], over: Partial<CheckRule> = {}, beforeMs: number[] = []) =>
  readCheck({ ...rule, ...over }, some, { beforeMs, now: NOW });

describe("the runs of a check together", () => {
  test("are good when enough succeed, and name the hosts where they do not", () => {
    expect(read(runs(19, 1))).toMatchObject({ kind: "good", badHosts: [] });
    expect(read(runs(18, 2))).toMatchObject({
      kind: "bad",
      badHosts: ["h18", "h19"],
      words: "18 of 20 runs succeed; web-18: status 503, not 200",
    });
  });

  test("are no data where no host has the patch", () => {
    expect(read([])).toMatchObject({ kind: "none" });
  });

  test("are bad when all fail, whatever share the policy allows", () => {
    expect(read(runs(0, 3), { success: 0 })).toMatchObject({ kind: "bad" });
  });

  test("are bad when they are slow, or slower than before", () => {
    expect(read(runs(20, 0, 600), { latencyMax: 500 })).toMatchObject({ kind: "bad" });
    const before = Array.from({ length: 20 }, () => 200);
    expect(read(runs(20, 0, 600), { latencyRatioMax: 2 }, before).words).toContain("3 times");
    expect(read(runs(20, 0, 300), { latencyRatioMax: 2 }, before).kind).toBe("good");
  });

  test("compare with nothing where nobody measured before, and that is unclear, not good", () => {
    expect(read(runs(20), { latencyRatioMax: 2 }).kind).toBe("unsure");
  });
});

test("places in an address are filled from the host, or named as missing", () => {
  const of = { host: "web-1", labels: { site: "berlin" } };
  expect(filled("https://{host}.{site}/", of)).toEqual({ text: "https://web-1.berlin/" });
  expect(filled("https://{host}.{zone}/", of)).toEqual({ missing: "zone" });
});
