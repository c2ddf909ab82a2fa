import type { Instant } from "../base/instant.ts";
import { thresholdToText } from "../policy/gate-words.ts";
import type { CompareRule, PrometheusRule } from "../policy/rings-gates.ts";
import type { Threshold } from "../policy/rings-writing.ts";
import type { Reading } from "./gate-state.ts";
import { judgeMetric, judgeMetrics, type Samples } from "./metric-judge.ts";
import type { Series } from "./prometheus-answer.ts";

/** What a measurement of metrics shows: pure, from the answers alone. */

/** No answer at all, with the reason. */
export function noReading(words: string, at: Instant): Reading {
  return { kind: "none", at, words, evidence: {}, badHosts: [] };
}

const SHOWN_SERIES_MAX = 5;

/** Every series of the answer must keep to the threshold; none, or none with a number, is no data. */
export function readThreshold(
  rule: PrometheusRule,
  series: readonly Series[],
  at: Instant,
): Reading {
  const values = series.map(({ labels, points }) => ({
    labels,
    value: points.at(-1)?.[1] ?? Number.NaN,
  }));
  const numbers = values.filter(({ value }) => !Number.isNaN(value));
  const said = thresholdToText(rule.threshold);
  if (numbers.length < values.length || numbers.length === 0) {
    const what = values.length === 0 ? "has no data" : "has series without a number";
    return noReading(`${rule.query} ${what}, and no data is never a pass`, at);
  }
  const broken = numbers.filter(({ value }) => !keeps(rule.threshold, value));
  // A value beyond all numbers is a division by nothing: it proves nothing good.
  const endless = numbers.filter(({ value }) => !Number.isFinite(value));
  const shown = (broken.length > 0 ? broken : numbers).slice(0, SHOWN_SERIES_MAX);
  const evidence = {
    series: numbers.length,
    broken: broken.length,
    values: shown.map(({ labels, value }) => ({ labels, value: String(value) })),
  };
  const told = shown.map(({ value }) => rounded(value)).join(", ");
  if (broken.length > 0) {
    const words = `${rule.query} is ${told}, not ${said}`;
    return { kind: "bad", at, words, evidence, badHosts: [] };
  }
  if (endless.length > 0) return noReading(`${rule.query} is infinite, which measures nothing`, at);
  return {
    kind: "good",
    at,
    words: `${rule.query} is ${told}, ${said}`,
    evidence,
    badHosts: [],
  };
}

export function keeps({ comparison, value: limit }: Threshold, value: number): boolean {
  switch (comparison) {
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    case "==":
      return value === limit;
    case "!=":
      return value !== limit;
  }
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** The series of one metric on both sides of a comparison. */
export interface MeasuredMetric {
  readonly name: string;
  readonly patched: readonly Series[];
  readonly peers: readonly Series[];
}

export function readComparison(
  rule: CompareRule,
  measured: readonly MeasuredMetric[],
  at: Instant,
): Reading {
  const metrics = rule.metrics.map((metric) => {
    const found = measured.find(({ name }) => name === metric.name);
    const samples: Samples = {
      patched: samplesOf(found?.patched ?? [], rule),
      peers: samplesOf(found?.peers ?? [], rule),
    };
    const judged = judgeMetric(metric, samples, rule.confidence);
    return { ...judged, mustHaveData: metric.mustHaveData };
  });
  const { verdict, score, words } = judgeMetrics(metrics, rule);
  const kinds = { pass: "good", fail: "bad", inconclusive: "unsure" } as const;
  const isEmpty = metrics.every((metric) => metric.verdict === "no-data");
  return {
    kind: isEmpty ? "none" : kinds[verdict],
    at,
    words,
    evidence: {
      score,
      metrics: metrics.map(({ name, verdict: own, words: said, evidence }) => {
        return { name, verdict: own, words: said, ...evidence };
      }),
    },
    badHosts: [],
  };
}

/** One value a host, or every point of every host. */
function samplesOf(series: readonly Series[], { samples }: CompareRule): readonly number[] {
  const points = series.map((one) => one.points.map(([, value]) => value));
  if (samples === "points") return points.flat();
  return points.map(meanOfNumbers);
}

function meanOfNumbers(values: readonly number[]): number {
  const numbers = values.filter(Number.isFinite);
  if (numbers.length === 0) return Number.NaN;
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** The host that a series is about: its label is the host's name, maybe with a port. */
export function hostOfSeries({ labels }: Series, label: string): string | null {
  const text = labels[label];
  if (text === undefined) return null;
  return text.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([^:]+):\d+$/, "$1");
}
