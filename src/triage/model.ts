import type { PatchId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";

/**
 * What matters, and by when: the case of a patch.
 *
 * A Patch is one case from advisory to post-mortem: what moves from which version to which, why, how
 * urgent, by when. Everything else (plans, changes, rollouts) links to it, and its timeline is one.
 *
 * Invariants: a case leaves triage only with justification, affected versions and regression risk;
 * every classification names the file and rule that decided; a deadline names its rule and which of
 * its inputs were assumed; unknown exposure counts as exposed. Clocks are never reset by a re-scan.
 */

export const patchMoves = {
  triage: { plan: "planned", drop: "dropped" },
  planned: { approve: "approved", replan: "planned", drop: "dropped" },
  approved: { start: "rolling", replan: "planned", drop: "dropped" },
  rolling: { finish: "observing", stop: "stopped" },
  stopped: { replan: "planned", start: "rolling", drop: "dropped" },
  observing: { close: "closed", stop: "stopped" },
  closed: {},
  dropped: { reopen: "triage" },
} as const;

export type PatchState = keyof typeof patchMoves;

/** The update that a case is about: one source package to one version in one ecosystem. */
export interface PatchTarget {
  readonly ecosystem: string;
  readonly source: string;
  readonly sourceVersion: string;
}

export interface Patch {
  readonly id: PatchId;
  /** Shown as `P-<number>`. */
  readonly number: number;
  readonly title: string;
  readonly target: PatchTarget;
  readonly state: PatchState;
  readonly route: "emergency" | "scheduled" | "feature-release";
  readonly kind: "security" | "functional" | "performance";
  readonly urgency: "critical" | "high" | "medium" | "low";
  /** The rule that decided, in words, with its file and version. */
  readonly classifiedBy: { readonly file: string; readonly rule: string; readonly version: string };
  readonly vulnerabilities: readonly string[];
  /** Source versions that hosts had when the case was opened. */
  readonly affectedVersions: readonly string[];
  readonly regression: { readonly level: "low" | "medium" | "high"; readonly because: string };
  readonly deadline: Deadline;
  readonly justification: string;
  readonly openedBy: SubjectId;
  readonly openedAt: Instant;
}

/** `at: null` is the preset's "next upgrade": no date, said as such. */
export interface Deadline {
  readonly at: Instant | null;
  readonly preset: string;
  readonly rule: string;
  readonly inputs: {
    readonly isKnownExploited: boolean;
    readonly isExposed: boolean;
    readonly isAutomatable: boolean;
    readonly isTotalImpact: boolean;
  };
  /** Names of the inputs that had no data and were assumed. */
  readonly assumed: readonly ("isExposed" | "isAutomatable" | "isTotalImpact")[];
  readonly needsForensicTriage: boolean;
  readonly clockStartedAt: Instant;
}

/** The verbs of the state table; what each one means to whom is in the table itself. */
export type PatchVerb =
  | "plan"
  | "replan"
  | "approve"
  | "start"
  | "stop"
  | "finish"
  | "close"
  | "drop"
  | "reopen";

/** The state after `verb`, or null when the table does not allow it. */
export function stateAfter(from: PatchState, verb: PatchVerb): PatchState | null {
  const moves: Partial<Record<PatchVerb, PatchState>> = patchMoves[from];
  return moves[verb] ?? null;
}
