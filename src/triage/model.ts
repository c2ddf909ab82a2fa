import type { PatchId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Priority } from "../policy/priority.ts";
import type { DeadlineInputs, InputName } from "./deadline-preset.ts";

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
  readonly classifiedBy: {
    readonly file: string;
    readonly rule: string;
    readonly version: string;
    /** So many characters a person must write before it leaves triage; null where nobody must. */
    readonly justificationMin: number | null;
  };
  /** Which outcome of the priority table it has now, with the path to it. */
  readonly priority: Priority | null;
  readonly vulnerabilities: readonly string[];
  /** Source versions that hosts had when the case was opened. */
  readonly affectedVersions: readonly string[];
  readonly regression: { readonly level: "low" | "medium" | "high"; readonly because: string };
  readonly deadline: Deadline;
  readonly justification: string;
  /** Who wrote the justification; null where it was put together from the findings. */
  readonly justifiedBy: SubjectId | null;
  readonly openedBy: SubjectId;
  readonly openedAt: Instant;
}

/** What a person writes in a case while it is in triage; afterwards plans and approvals rest on it. */
export interface PatchEdit {
  readonly justification?: string | undefined;
  readonly affectedVersions?: readonly string[] | undefined;
  readonly regression?: Patch["regression"] | undefined;
}

/** How hosts can be reached from outside; unknown counts as exposed wherever a date is asked. */
export type Exposure = "exposed" | "internal" | "unknown";

/**
 * One date that a preset gives, with everything that it follows from. `at: null` has two reasons: the
 * row is due with the "next upgrade", or the clock stands (`pause.since`).
 */
export interface CandidateDate {
  readonly at: Instant | null;
  readonly preset: string;
  readonly version: string;
  /** The row of the preset that decided. */
  readonly rule: string;
  /** The row's period in words: `3 days`, `next upgrade`. */
  readonly period: string;
  /** Null for a case that clears no known vulnerability. */
  readonly vulnerability: string | null;
  /** Only those that the preset asks for. */
  readonly inputs: Partial<DeadlineInputs>;
  /** Names of the inputs that had no data and were assumed. */
  readonly assumed: readonly InputName[];
  readonly needsForensicTriage: boolean;
  readonly clockStartedAt: Instant;
  readonly startedBy: "release" | "detection" | "listing";
  /** True where the preset's own start is unknown and the detection stands in for it. */
  readonly isStartAssumed: boolean;
  /** Of the hosts that it is for. */
  readonly exposure: Exposure;
  readonly pause: {
    readonly mode: "resume" | "restart";
    /** Null where the clock runs again. */
    readonly since: Instant | null;
    readonly pausedMs: number;
    /** The date without the pause. */
    readonly wouldBe: Instant | null;
  } | null;
  readonly note: string | null;
}

/** The date that counts, and beside it the earliest of each preset. */
export interface Deadline extends CandidateDate {
  readonly candidates: readonly CandidateDate[];
  /** The policy that asked for them; null for none. */
  readonly policy: { readonly file: string; readonly version: string } | null;
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
