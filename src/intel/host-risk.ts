import type { Tone } from "../base/tone.ts";
import { type CoverageReason, coverageReasons } from "./coverage.ts";
import type { GroupRisk } from "./knowledge.ts";

/**
 * The fourth state of a host: its risk. What is not known never counts as good: without findings a
 * host is good only where fresh data speaks of every package on it.
 */
export interface RiskInput {
  readonly risk: GroupRisk;
  /** Packages about which the absence of findings says nothing, by reason. */
  readonly gaps: ReadonlyMap<CoverageReason, number>;
}

export interface RiskState {
  readonly state: Tone;
  readonly label: string;
  readonly reason: string | null;
}

export const riskNotKnown: RiskState = {
  state: "unknown",
  label: "not known",
  reason: "What is installed on it is not known.",
};

export function riskState({ risk, gaps }: RiskInput): RiskState {
  const { exploited, open, fixable } = risk;
  if (exploited > 0) {
    const rest = open - exploited;
    const more = rest === 1 ? "1 more is" : `${rest} more are`;
    const reason = rest === 0 ? null : `${more} not known to be exploited.`;
    return { state: "bad", label: `${exploited} known exploited`, reason };
  }
  if (open > 0) {
    const label = open === 1 ? "1 vulnerability" : `${open} vulnerabilities`;
    return { state: "attention", label, reason: fixableText(fixable, open) };
  }
  const [gap] = [...gaps].sort(([, a], [, b]) => b - a);
  if (gap === undefined) return { state: "good", label: "none known", reason: null };
  const [reason, packages] = gap;
  const what = packages === 1 ? "1 package" : `${packages} packages`;
  return {
    state: "unknown",
    label: "not fully known",
    reason: `Nothing is found, but of ${what} nothing is known: ${coverageReasons[reason]}`,
  };
}

function fixableText(fixable: number, open: number): string {
  if (fixable === 0) return "None of them has a fix yet.";
  if (fixable === open) return open === 1 ? "It has a fix." : "All of them have a fix.";
  return fixable === 1 ? "1 of them has a fix." : `${fixable} of them have a fix.`;
}
