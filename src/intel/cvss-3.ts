import type { Scores } from "./cvss-2.ts";
import type { CvssVector, CvssVersion } from "./cvss-vector.ts";

/**
 * CVSS v3.0 and v3.1, specification §7 and (3.1) appendix A. The two differ in how they round up and in
 * the modified impact where the scope changed.
 */
const weights: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  "PR unchanged": { N: 0.85, L: 0.62, H: 0.27 },
  "PR changed": { N: 0.85, L: 0.68, H: 0.5 },
  UI: { N: 0.85, R: 0.62 },
  impact: { H: 0.56, L: 0.22, N: 0 },
  requirement: { H: 1.5, M: 1, L: 0.5, X: 1 },
  E: { X: 1, H: 1, F: 0.97, P: 0.94, U: 0.91 },
  RL: { X: 1, U: 1, W: 0.97, T: 0.96, O: 0.95 },
  RC: { X: 1, C: 1, R: 0.96, U: 0.92 },
};

type Impact = (sub: number, isChanged: boolean) => number;

export function scoreCvss3({ version, metrics }: CvssVector): Scores {
  const roundUp = version === "3.0" ? roundUp30 : roundUp31;
  const weight = (metric: string, of: string = metric): number =>
    weights[of]?.[metrics[metric] ?? ""] ?? 0;
  const temporalOf = (score: number): number =>
    roundUp(score * weight("E") * weight("RL") * weight("RC"));
  const scored = (from: Readonly<Record<string, string>>, impact: Impact, sub: number): number => {
    const isChanged = from["S"] === "C";
    const impactScore = impact(sub, isChanged);
    if (impactScore <= 0) return 0;
    const sum = impactScore + exploitability(from);
    return roundUp(Math.min(isChanged ? 1.08 * sum : sum, 10));
  };
  const base = scored(
    metrics,
    baseImpact,
    subScore(metrics, () => 1),
  );
  const modified = modifiedBase(metrics);
  const sub = subScore(modified, (metric) => weight(`${metric}R`, "requirement"));
  const adjusted = scored(modified, modifiedImpact(version), Math.min(sub, 0.915));
  return { base, temporal: temporalOf(base), environmental: temporalOf(adjusted) };
}

/** `MAV` and so on replace what they modify, where they are given. */
function modifiedBase(metrics: Readonly<Record<string, string>>): Record<string, string> {
  const names = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"];
  return Object.fromEntries(
    names.map((name) => {
      const value = metrics[`M${name}`];
      return [name, value === undefined || value === "X" ? (metrics[name] ?? "") : value];
    }),
  );
}

function subScore(
  metrics: Readonly<Record<string, string>>,
  requirement: (metric: string) => number,
): number {
  const left = (metric: string): number =>
    1 - (weights["impact"]?.[metrics[metric] ?? ""] ?? 0) * requirement(metric);
  return 1 - left("C") * left("I") * left("A");
}

function exploitability(metrics: Readonly<Record<string, string>>): number {
  const weight = (metric: string, of: string = metric): number =>
    weights[of]?.[metrics[metric] ?? ""] ?? 0;
  const privileges = metrics["S"] === "C" ? "PR changed" : "PR unchanged";
  return 8.22 * weight("AV") * weight("AC") * weight("PR", privileges) * weight("UI");
}

const baseImpact: Impact = (sub, isChanged) =>
  isChanged ? 7.52 * (sub - 0.029) - 3.25 * (sub - 0.02) ** 15 : 6.42 * sub;

function modifiedImpact(version: CvssVersion): Impact {
  if (version === "3.0") return baseImpact;
  return (sub, isChanged) =>
    isChanged ? 7.52 * (sub - 0.029) - 3.25 * (sub * 0.9731 - 0.02) ** 13 : 6.42 * sub;
}

/** v3.0 §7: the smallest number with one decimal that is not below; the grain hides binary fractions. */
function roundUp30(value: number): number {
  return Math.ceil(Number((value * 10).toFixed(9))) / 10;
}

/** v3.1, appendix A: what lies beyond the fifth decimal does not count. */
function roundUp31(value: number): number {
  const whole = Math.round(value * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}
