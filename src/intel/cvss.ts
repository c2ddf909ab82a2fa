import { never } from "../base/failure.ts";
import { scoreCvss2 } from "./cvss-2.ts";
import { scoreCvss3 } from "./cvss-3.ts";
import { type Scores4, scoreCvss4 } from "./cvss-4.ts";
import { type CvssVersion, parseCvss } from "./cvss-vector.ts";

/** Scores of any CVSS vector, recomputed from the vector alone; what somebody published counts not. */
export interface CvssScores {
  readonly version: CvssVersion;
  readonly base: number;
  /** Temporal score of versions 2 and 3, score with threat metrics of version 4. */
  readonly temporal: number;
  /** With everything that the vector says. */
  readonly environmental: number;
  /** By the rating scale of the version, of the score with everything. */
  readonly severity: Severity;
  readonly baseSeverity: Severity;
  /** Version 4 only. */
  readonly nomenclature: Scores4["nomenclature"] | null;
}

export type Severity = "none" | "low" | "medium" | "high" | "critical";

export type Scored =
  | { readonly scores: CvssScores; readonly problem: null }
  | { readonly scores: null; readonly problem: string };

export function scoreCvss(text: string): Scored {
  const { vector, problem } = parseCvss(text);
  if (vector === null) return { scores: null, problem };
  const { version } = vector;
  const scored = { version, nomenclature: null };
  switch (version) {
    case "2.0":
      return { scores: rated({ ...scored, ...scoreCvss2(vector) }), problem: null };
    case "3.0":
    case "3.1":
      return { scores: rated({ ...scored, ...scoreCvss3(vector) }), problem: null };
    case "4.0": {
      const { base, threat, environmental, nomenclature } = scoreCvss4(vector);
      const scores = { version, base, temporal: threat, environmental, nomenclature };
      return { scores: rated(scores), problem: null };
    }
    default:
      return never(version);
  }
}

function rated(scores: Omit<CvssScores, "severity" | "baseSeverity">): CvssScores {
  return {
    ...scores,
    severity: severityOf(scores.environmental, scores.version),
    baseSeverity: severityOf(scores.base, scores.version),
  };
}

/** v3 §5 and v4 §6; version 2 has no scale of its own, so NVD's of its time: low, medium, high. */
export function severityOf(score: number, version: CvssVersion): Severity {
  if (version === "2.0") return score < 4 ? "low" : score < 7 ? "medium" : "high";
  if (score === 0) return "none";
  return score < 4 ? "low" : score < 7 ? "medium" : score < 9 ? "high" : "critical";
}
