import type { CvssVector } from "./cvss-vector.ts";

/** CVSS v2.0: "A Complete Guide to the Common Vulnerability Scoring System", §3.2. */
export interface Scores {
  readonly base: number;
  readonly temporal: number;
  readonly environmental: number;
}

const weights: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { L: 0.395, A: 0.646, N: 1 },
  AC: { H: 0.35, M: 0.61, L: 0.71 },
  Au: { M: 0.45, S: 0.56, N: 0.704 },
  impact: { N: 0, P: 0.275, C: 0.66 },
  requirement: { L: 0.5, M: 1, H: 1.51, ND: 1 },
  E: { U: 0.85, POC: 0.9, F: 0.95, H: 1, ND: 1 },
  RL: { OF: 0.87, TF: 0.9, W: 0.95, U: 1, ND: 1 },
  RC: { UC: 0.9, UR: 0.95, C: 1, ND: 1 },
  CDP: { N: 0, L: 0.1, LM: 0.3, MH: 0.4, H: 0.5, ND: 0 },
  TD: { N: 0, L: 0.25, M: 0.75, H: 1, ND: 1 },
};

export function scoreCvss2({ metrics }: CvssVector): Scores {
  const weight = (metric: string, of: string = metric): number =>
    weights[of]?.[metrics[metric] ?? ""] ?? 0;
  const impact = (withRequirements: boolean): number => {
    const part = (metric: string): number =>
      1 - weight(metric, "impact") * (withRequirements ? weight(`${metric}R`, "requirement") : 1);
    return 10.41 * (1 - part("C") * part("I") * part("A"));
  };
  const exploitability = 20 * weight("AV") * weight("AC") * weight("Au");
  const baseOf = (impactScore: number): number => {
    const factor = impactScore === 0 ? 0 : 1.176;
    return rounded((0.6 * impactScore + 0.4 * exploitability - 1.5) * factor);
  };
  const temporalOf = (base: number): number =>
    rounded(base * weight("E") * weight("RL") * weight("RC"));
  const base = baseOf(impact(false));
  // A lowered impact can bring the equation below zero: it is carried on so, and no score ends there.
  const adjusted = temporalOf(baseOf(Math.min(10, impact(true))));
  const environmental = rounded((adjusted + (10 - adjusted) * weight("CDP")) * weight("TD"));
  return { base, temporal: temporalOf(base), environmental: Math.max(0, environmental) };
}

/** To one decimal, halves up; the grain takes away what binary fractions add or lose. */
function rounded(value: number): number {
  return Math.round(Number((value * 10).toFixed(9))) / 10;
}
