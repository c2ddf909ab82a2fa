import type { MetricRule } from "../policy/rings-metrics.ts";
import { type Alternative, commonLanguageEffect, mannWhitney } from "./mann-whitney.ts";

/**
 * Whether patched hosts are worse than their peers, metric by metric: a difference counts when chance
 * would hardly make it (Mann and Whitney's test) and when it is large enough to matter (the ratio of
 * means, or the common language effect). Fewer than 20 values a side judge nothing.
 *
 * The words are those of Netflix's Kayenta: weights, critical and muted metrics, and those that must
 * have data. What is inconclusive never becomes a pass.
 */
export type MetricVerdict = "pass" | "fail" | "inconclusive" | "no-data";

export interface Samples {
  /** Each value as measured; NaN where the source said so. */
  readonly patched: readonly number[];
  readonly peers: readonly number[];
}

export interface JudgedMetric {
  readonly name: string;
  readonly verdict: MetricVerdict;
  readonly words: string;
  readonly isCritical: boolean;
  readonly isMuted: boolean;
  readonly weight: number;
  readonly evidence: MetricEvidence;
}

export interface MetricEvidence {
  readonly patched: number;
  readonly peers: number;
  /** Values that are no numbers, or outliers, and were left out. */
  readonly leftOut: number;
  readonly patchedMean: number | null;
  readonly peersMean: number | null;
  readonly u: number | null;
  readonly p: number | null;
  readonly method: "exact" | "normal" | null;
  /** How often a patched value is above one of a peer (0–1). */
  readonly cles: number | null;
  /** Null where a mean ratio has no sense: a mean below zero, or both zero. */
  readonly meanRatio: number | null;
}

/** Fewer a side cannot tell a bad patch from a bad minute. */
const SAMPLES_MIN = 20;

export function judgeMetric(rule: MetricRule, samples: Samples, confidence: number): JudgedMetric {
  const [patched, peers] = [cleaned(samples.patched, rule), cleaned(samples.peers, rule)];
  const counts = { patched: patched.length, peers: peers.length };
  const leftOut = samples.patched.length + samples.peers.length - counts.patched - counts.peers;
  const judged = (verdict: MetricVerdict, words: string, evidence: Partial<MetricEvidence>) => ({
    name: rule.name,
    verdict,
    words: `${rule.name}: ${words}`,
    isCritical: rule.critical,
    isMuted: rule.muted,
    weight: rule.weight,
    evidence: { ...nothing, ...counts, leftOut, ...evidence },
  });
  if (counts.patched === 0 || counts.peers === 0) {
    const who = counts.patched === 0 ? "patched hosts" : "peers";
    return judged("no-data", `no data of ${who}`, {});
  }
  if (Math.min(counts.patched, counts.peers) < SAMPLES_MIN) {
    return judged(
      "inconclusive",
      `${counts.patched} values of patched hosts and ${counts.peers} of peers; ${SAMPLES_MIN} a side are needed`,
      {},
    );
  }
  const evidence = measured(patched, peers, rule);
  const isChance = evidence.p === null || evidence.p >= 1 - confidence;
  const isLarge = isLargeEffect(rule, evidence);
  const verdict = !isChance && isLarge ? "fail" : "pass";
  return judged(verdict, effectWords(rule, evidence, { isChance, isLarge }), evidence);
}

const nothing: MetricEvidence = {
  ...{ patched: 0, peers: 0, leftOut: 0, patchedMean: null, peersMean: null },
  ...{ u: null, p: null, method: null, cles: null, meanRatio: null },
};

/** Without what is no number; infinite values are none either. */
function cleaned(values: readonly number[], { nan, outliers }: MetricRule): readonly number[] {
  const numbers =
    nan === "zero"
      ? values.map((value) => (Number.isFinite(value) ? value : 0))
      : values.filter(Number.isFinite);
  return outliers === null ? numbers : withoutOutliers(numbers, outliers);
}

/** Tukey's fences: quartiles, widened by so many interquartile ranges. */
function withoutOutliers(values: readonly number[], factor: number): readonly number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const reach = factor * (high - low);
  return values.filter((value) => value >= low - reach && value <= high + reach);
}

/** Of sorted values, between the two nearest (the usual definition, R's type 7). */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return below + (above - below) * (at - Math.floor(at));
}

function measured(patched: readonly number[], peers: readonly number[], rule: MetricRule) {
  const alternatives = { increase: "greater", decrease: "less", either: "either" } as const;
  const alternative: Alternative = alternatives[rule.direction];
  const { u, p, method } = mannWhitney(patched, peers, alternative);
  const [patchedMean, peersMean] = [mean(patched), mean(peers)];
  const cles = commonLanguageEffect(u, patched.length, peers.length);
  return {
    ...{ u, p, method, cles, patchedMean, peersMean },
    meanRatio: meanRatio(patchedMean, peersMean),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Null where it has no sense; from nothing to something is beyond every limit. */
function meanRatio(patched: number, peers: number): number | null {
  if (patched < 0 || peers < 0) return null;
  if (peers === 0) return patched === 0 ? null : Number.MAX_VALUE;
  return patched / peers;
}

type Measured = ReturnType<typeof measured>;

function isLargeEffect({ direction, effect }: MetricRule, evidence: Measured): boolean {
  const { cles, meanRatio: ratio } = evidence;
  const { tolerated } = effect;
  // A ratio without sense says nothing about the size; then what is no chance counts.
  if (effect.measure === "mean-ratio" && ratio === null) return cles !== 0.5;
  const isHigher = effect.measure === "cles" ? cles > tolerated : (ratio ?? 1) > 1 + tolerated;
  const isLower =
    effect.measure === "cles" ? 1 - cles > tolerated : (ratio ?? 1) < 1 / (1 + tolerated);
  if (direction === "increase") return isHigher;
  return direction === "decrease" ? isLower : isHigher || isLower;
}

function effectWords(
  rule: MetricRule,
  evidence: Measured,
  { isChance, isLarge }: { readonly isChance: boolean; readonly isLarge: boolean },
): string {
  const { p, cles, meanRatio: ratio, patchedMean, peersMean } = evidence;
  const size =
    rule.effect.measure === "mean-ratio" && ratio !== null
      ? `${number(patchedMean)} of patched hosts is ${number(ratio)} times ${number(peersMean)} of peers`
      : `a patched host lies above a peer in ${Math.round(cles * 100)} % of pairs`;
  const chance = `chance alone would make that in ${percent(p)} of cases`;
  if (!isChance && isLarge) return `${size}; ${chance}`;
  if (isChance) return `no difference that chance would not make (${size}; ${percent(p)})`;
  return `${size}: within what is tolerated`;
}

function number(value: number): string {
  return value === Number.MAX_VALUE ? "infinitely many" : String(Number(value.toPrecision(3)));
}

function percent(share: number): string {
  return share < 0.001 ? "less than 0.1 %" : `${Math.round(share * 1000) / 10} %`;
}

export interface JudgedMetrics {
  readonly verdict: "pass" | "fail" | "inconclusive";
  /** 0–100: the weight of the metrics that pass, of those that were judged; null when none was. */
  readonly score: number | null;
  readonly words: string;
}

/** The verdict over all metrics of a comparison. */
export function judgeMetrics(
  metrics: readonly (JudgedMetric & { readonly mustHaveData: boolean })[],
  limits: { readonly pass: number; readonly marginal: number },
): JudgedMetrics {
  const counting = metrics.filter((metric) => !metric.isMuted);
  const judged = counting.filter(({ verdict }) => verdict === "pass" || verdict === "fail");
  const weigh = (some: typeof judged): number => some.reduce((sum, { weight }) => sum + weight, 0);
  const failed = judged.filter(({ verdict }) => verdict === "fail");
  const score = judged.length === 0 ? null : 100 * (1 - weigh(failed) / weigh(judged));
  const critical = failed.find(({ isCritical }) => isCritical);
  const said = (verdict: JudgedMetrics["verdict"], words: string) => ({ verdict, score, words });
  if (critical !== undefined) return said("fail", critical.words);
  const lacking = counting.find(
    ({ verdict, mustHaveData }) =>
      mustHaveData && (verdict === "no-data" || verdict === "inconclusive"),
  );
  if (score !== null && score < limits.marginal) {
    return said("fail", `score ${number(score)}: ${failed.map(({ words }) => words).join("; ")}`);
  }
  if (lacking !== undefined) return said("inconclusive", lacking.words);
  if (score === null) return said("inconclusive", "no metric has enough data to judge");
  if (score < limits.pass) {
    return said(
      "inconclusive",
      `score ${number(score)} of the ${limits.pass} that pass: ${failed.map(({ words }) => words).join("; ")}`,
    );
  }
  return said("pass", `score ${number(score)}`);
}
