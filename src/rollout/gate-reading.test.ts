import { describe, expect, test } from "vitest";
import { MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import type { CompareRule, PrometheusRule } from "../policy/rings-gates.ts";
import type { MetricRule } from "../policy/rings-metrics.ts";
import { hostOfSeries, keeps, readComparison, readThreshold } from "./gate-reading.ts";
import { parseAnswer, type Series } from "./prometheus-answer.ts";

const NOW = Date.UTC(2026, 10, 21, 22);

const rule: PrometheusRule = {
  kind: "prometheus",
  source: "main",
  query: "errors",
  threshold: { comparison: "<", value: 0.01 },
  interval: 30 * SECOND_MS,
  for: 0,
  failAfter: 3,
};

/** As Prometheus 2.42 answered them. */
const vector = (...values: string[]): string =>
  JSON.stringify({
    status: "success",
    data: {
      resultType: "vector",
      result: values.map((value, at) => ({
        metric: { __name__: "errors", instance: `web-${at}:9100` },
        value: [1795300000.123, value],
      })),
    },
  });

const readingOf = (text: string) => {
  const answer = parseAnswer(text);
  return answer.kind === "refused" ? answer : readThreshold(rule, answer.series, NOW);
};

describe("an answer of Prometheus", () => {
  test("is good only when every series keeps to the threshold", () => {
    expect(readingOf(vector("0.001", "0"))).toMatchObject({ kind: "good" });
    expect(readingOf(vector("0.001", "0.2"))).toMatchObject({
      kind: "bad",
      words: "errors is 0.2, not < 0.01",
    });
  });

  test("without series, or with one that is no number, is no data", () => {
    expect(readingOf(vector())).toMatchObject({ kind: "none", words: /has no data/ });
    expect(readingOf(vector("0.001", "NaN"))).toMatchObject({ kind: "none" });
  });

  test("beyond all numbers never passes", () => {
    expect(readingOf(vector("+Inf"))).toMatchObject({ kind: "bad" });
    expect(readingOf(vector("-Inf"))).toMatchObject({ kind: "none" });
  });

  test("is one number as well", () => {
    const scalar = { status: "success", data: { resultType: "scalar", result: [1, "0.005"] } };
    expect(readingOf(JSON.stringify(scalar))).toMatchObject({ kind: "good" });
  });

  const strange: [name: string, text: string, words: RegExp][] = [
    ["a page", "<html>sign in</html>", /no JSON/],
    [
      "an error",
      '{"status":"error","errorType":"bad_data","error":"1:3: parse error"}',
      /parse er/,
    ],
    ["text", '{"status":"success","data":{"resultType":"string","result":[1,"a"]}}', /not one of/],
    ["a value that is no number", vector("0x10"), /not one of/],
    ["an empty value", vector(""), /not one of/],
    ["nothing of it", "{}", /not one of/],
  ];
  test.each(strange)("that is %s is refused, with the reason", (_name, text, words) => {
    expect(readingOf(text)).toEqual({ kind: "refused", words: expect.stringMatching(words) });
  });

  test("names hosts with or without a port", () => {
    const host = (instance: string): string | null =>
      hostOfSeries({ labels: { instance }, points: [] }, "instance");
    expect(host("web-1")).toBe("web-1");
    expect(host("web-1.example:9100")).toBe("web-1.example");
    expect(host("[fd00::1]:9100")).toBe("fd00::1");
    expect(hostOfSeries({ labels: {}, points: [] }, "instance")).toBeNull();
  });
});

test("thresholds compare as they are written", () => {
  const kept = (["<", "<=", ">", ">=", "==", "!="] as const).map((comparison) =>
    [1, 2, 3].map((value) => keeps({ comparison, value: 2 }, value)),
  );
  expect(kept).toEqual([
    [true, false, false],
    [true, true, false],
    [false, false, true],
    [false, true, true],
    [false, true, false],
    [true, false, true],
  ]);
});

describe("a comparison of patched hosts with their peers", () => {
  const metric: MetricRule = {
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
  };
  const compare: CompareRule = {
    kind: "compare",
    source: "main",
    label: "instance",
    against: "unpatched",
    over: 30 * MINUTE_MS,
    step: MINUTE_MS,
    samples: "hosts",
    confidence: 0.98,
    metrics: [metric],
    pass: 95,
    marginal: 75,
    interval: 30 * SECOND_MS,
    for: 0,
    failAfter: 3,
  };
  const series = (hosts: number, level: number): Series[] =>
    Array.from({ length: hosts }, (_, host) => ({
      labels: { instance: `web-${host}` },
      points: [0, 60, 120].map((at) => [at, level + host / 10 + at / 1000] as const),
    }));
  const kindOf = (patched: readonly Series[], peers: readonly Series[], over = {}) =>
    readComparison({ ...compare, ...over }, [{ name: "latency", patched, peers }], NOW).kind;

  test("counts each host once: ten hosts are too few, however many points they have", () => {
    expect(kindOf(series(10, 900), series(10, 100))).toBe("unsure");
    expect(kindOf(series(10, 900), series(10, 100), { samples: "points" })).toBe("bad");
  });

  test("is good, bad, or no data at all", () => {
    expect(kindOf(series(24, 100), series(30, 100))).toBe("good");
    expect(kindOf(series(24, 200), series(30, 100))).toBe("bad");
    expect(kindOf([], series(30, 100))).toBe("none");
  });
});
