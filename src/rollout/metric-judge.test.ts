import { describe, expect, test } from "vitest";
import type { MetricRule } from "../policy/rings-metrics.ts";
import { type JudgedMetric, judgeMetric, judgeMetrics, quantile } from "./metric-judge.ts";

function aMetric(over: Partial<MetricRule> = {}): MetricRule {
  return {
    name: "latency",
    query: "latency",
    direction: "increase",
    weight: 1,
    critical: false,
    mustHaveData: true,
    muted: false,
    nan: "remove",
    outliers: null,
    effect: { measure: "mean-ratio", tolerated: 0.25 },
    ...over,
  };
}

/** `count` values that rise by one percent each, around `level`. */
function around(level: number, count = 24): number[] {
  return Array.from({ length: count }, (_, at) => level * (1 + (at - count / 2) / 100));
}

const verdictOf = (rule: MetricRule, patched: readonly number[], peers: readonly number[]) =>
  judgeMetric(rule, { patched, peers }, 0.98).verdict;

describe("one metric", () => {
  test("passes where patched hosts are as their peers", () => {
    const judged = judgeMetric(aMetric(), { patched: around(100), peers: around(100) }, 0.98);
    expect(judged.verdict).toBe("pass");
    expect(judged.evidence.cles).toBeCloseTo(0.5, 6);
    expect(judged.words).toContain("no difference");
  });

  test("fails where they are worse by more than is tolerated, and says by how much", () => {
    const judged = judgeMetric(aMetric(), { patched: around(150), peers: around(100) }, 0.98);
    expect(judged.verdict).toBe("fail");
    expect(judged.evidence.meanRatio).toBeCloseTo(1.5, 6);
    expect(judged.words).toContain("1.5 times");
  });

  test("passes a difference that is sure and small", () => {
    expect(verdictOf(aMetric(), around(120), around(100))).toBe("pass");
    expect(
      verdictOf(aMetric({ effect: { measure: "cles", tolerated: 0.6 } }), around(120), around(100)),
    ).toBe("fail");
  });

  test("minds only the declared direction", () => {
    expect(verdictOf(aMetric(), around(50), around(100))).toBe("pass");
    expect(verdictOf(aMetric({ direction: "decrease" }), around(50), around(100))).toBe("fail");
    expect(verdictOf(aMetric({ direction: "either" }), around(50), around(100))).toBe("fail");
    expect(verdictOf(aMetric({ direction: "either" }), around(150), around(100))).toBe("fail");
  });

  test("is inconclusive below twenty values a side, however far they are apart", () => {
    expect(verdictOf(aMetric(), around(900, 19), around(1, 500))).toBe("inconclusive");
    expect(verdictOf(aMetric(), around(900, 500), around(1, 19))).toBe("inconclusive");
    expect(verdictOf(aMetric(), around(900, 20), around(1, 20))).toBe("fail");
  });

  test("has no data where every value is none, unless the policy calls that zero", () => {
    const none = Array.from({ length: 30 }, () => Number.NaN);
    expect(verdictOf(aMetric(), none, around(1))).toBe("no-data");
    expect(verdictOf(aMetric(), [], around(1))).toBe("no-data");
    expect(verdictOf(aMetric({ nan: "zero" }), none, around(1))).toBe("pass");
    expect(verdictOf(aMetric({ nan: "zero", direction: "decrease" }), none, around(1))).toBe(
      "fail",
    );
  });

  test("leaves infinite values out as it does those that are none", () => {
    const judged = judgeMetric(
      aMetric(),
      { patched: [...around(100), Number.POSITIVE_INFINITY, Number.NaN], peers: around(100) },
      0.98,
    );
    expect(judged.evidence.leftOut).toBe(2);
    expect(judged.verdict).toBe("pass");
  });

  test("keeps outliers unless it is told otherwise", () => {
    const wild = [...around(100), 1e9, 1e9];
    const tame = judgeMetric(aMetric({ outliers: 3 }), { patched: wild, peers: around(100) }, 0.98);
    expect(tame.evidence.leftOut).toBe(2);
    expect(
      judgeMetric(aMetric(), { patched: wild, peers: around(100) }, 0.98).evidence.leftOut,
    ).toBe(0);
  });

  test("from no errors to some is beyond every ratio", () => {
    const none = Array.from({ length: 24 }, () => 0);
    expect(verdictOf(aMetric(), around(0.01), none)).toBe("fail");
    expect(verdictOf(aMetric(), none, none)).toBe("pass");
  });
});

test("quartiles lie between the nearest two values", () => {
  expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
  expect(quantile([7], 0.95)).toBe(7);
});

describe("a comparison of several metrics", () => {
  const metric = (
    verdict: JudgedMetric["verdict"],
    over: Partial<JudgedMetric & { mustHaveData: boolean }> = {},
  ) => ({
    ...judgeMetric(aMetric(), { patched: [], peers: [] }, 0.98),
    mustHaveData: true,
    verdict,
    ...over,
  });
  const limits = { pass: 95, marginal: 75 };
  const table: [name: string, metrics: ReturnType<typeof metric>[], expected: string][] = [
    ["all pass", [metric("pass"), metric("pass")], "pass"],
    ["one of two fails", [metric("pass"), metric("fail")], "fail"],
    ["a light one fails", [metric("pass", { weight: 9 }), metric("fail")], "inconclusive"],
    [
      "a light critical one fails",
      [metric("pass", { weight: 99 }), metric("fail", { isCritical: true })],
      "fail",
    ],
    [
      "a muted one fails",
      [metric("pass"), metric("fail", { isMuted: true, isCritical: true })],
      "pass",
    ],
    ["one without data", [metric("pass"), metric("no-data")], "inconclusive"],
    [
      "one that may be without data",
      [metric("pass"), metric("no-data", { mustHaveData: false })],
      "pass",
    ],
    [
      "no data at all, though none must have any",
      [metric("no-data", { mustHaveData: false })],
      "inconclusive",
    ],
    ["a failure beside one without data", [metric("fail"), metric("no-data")], "fail"],
    ["only muted ones", [metric("pass", { isMuted: true })], "inconclusive"],
    ["none", [], "inconclusive"],
  ];
  test.each(table)("%s", (_name, metrics, expected) => {
    expect(judgeMetrics(metrics, limits).verdict).toBe(expected);
  });
});
