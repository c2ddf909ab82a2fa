import { never } from "../base/failure.ts";
import { scoreCvss2 } from "./cvss-2.ts";
import { scoreCvss3 } from "./cvss-3.ts";
import { type Scores4, scoreCvss4 } from "./cvss-4.ts";
import { type CvssVector, type CvssVersion, parseCvss } from "./cvss-vector.ts";

/** Scores of any CVSS vector, recomputed from the vector alone; what somebody published counts not. */
export interface CvssScores {
  readonly version: CvssVersion;
  readonly base: number;
  /** Temporal score of versions 2 and 3, score with threat metrics of version 4. */
  readonly temporal: number;
  /** The environmental score, by its formula where the vector defines no such metric too: in version
   *  3.1 that can then be a tenth above the base score. */
  readonly environmental: number;
  /** The score that the vector stands for: environmental where it defines such a metric, else temporal. */
  readonly overall: number;
  /** Of the overall score, by the rating scale of the version. */
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
  switch (version) {
    case "2.0":
      return {
        scores: rated(vector, { ...scoreCvss2(vector), nomenclature: null }),
        problem: null,
      };
    case "3.0":
    case "3.1":
      return {
        scores: rated(vector, { ...scoreCvss3(vector), nomenclature: null }),
        problem: null,
      };
    case "4.0": {
      const { threat: temporal, ...scores } = scoreCvss4(vector);
      return { scores: rated(vector, { ...scores, temporal }), problem: null };
    }
    default:
      return never(version);
  }
}

type Plain = Pick<CvssScores, "base" | "temporal" | "environmental" | "nomenclature">;

function rated({ version, metrics }: CvssVector, scores: Plain): CvssScores {
  const isEnvironmental = Object.entries(metrics).some(
    ([name, value]) => ENVIRONMENTAL.test(name) && value !== "X" && value !== "ND",
  );
  const overall = isEnvironmental ? scores.environmental : scores.temporal;
  return {
    version,
    ...scores,
    overall,
    severity: severityOf(overall, version),
    baseSeverity: severityOf(scores.base, version),
  };
}

/** Requirements and modified metrics, and version 2's own two. */
const ENVIRONMENTAL = /^(?:[CIA]R|M.+|CDP|TD)$/;

/** v3 §5 and v4 §6; version 2 has no scale of its own, so NVD's of its time: low, medium, high. */
export function severityOf(score: number, version: CvssVersion): Severity {
  if (version === "2.0") return score < 4 ? "low" : score < 7 ? "medium" : "high";
  if (score === 0) return "none";
  return score < 4 ? "low" : score < 7 ? "medium" : score < 9 ? "high" : "critical";
}
