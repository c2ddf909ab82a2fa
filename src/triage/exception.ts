import type { Id, PatchId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { ExceptionScope } from "./exception-scope.ts";

/**
 * Exceptions: findings that stay open for a while because somebody answers for it.
 *
 * An exception names vulnerabilities, hosts, an owner, a reason and what protects meanwhile. It counts
 * only while it is approved and its time is not over; when it ends, however it ends, the date that the
 * finding always had counts again. Its vulnerabilities are frozen when it is asked for, so what is
 * published later is never excepted in silence.
 *
 * Invariants: whoever answers for the request never approves it, whatever role, token or service it
 * came through; it lasts at most 90 days from its approval; what it follows on counts as renewed, at
 * most twice; it ends by itself when something that its approval assumed is no longer true.
 *
 * Never: an exception without a compensating control, a clock that is set back, a finding that is
 * hidden because it is excepted.
 */
export const exceptionMoves = {
  requested: {
    approve: "approved",
    refuse: "refused",
    withdraw: "withdrawn",
    expire: "expired",
  },
  approved: { expire: "expired", revoke: "revoked", end: "ended" },
  expired: {},
  revoked: {},
  ended: {},
  refused: {},
  withdrawn: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type ExceptionState = keyof typeof exceptionMoves;
export type ExceptionVerb = "approve" | "refuse" | "withdraw" | "expire" | "revoke" | "end";

export const exceptionStates = Object.keys(exceptionMoves) as readonly ExceptionState[];

/** Where a verb leads from a state, or null when there is no such way. */
export function exceptionAfter(from: ExceptionState, verb: ExceptionVerb): ExceptionState | null {
  const moves: Readonly<Record<string, ExceptionState>> = exceptionMoves[from];
  return Object.hasOwn(moves, verb) ? (moves[verb] ?? null) : null;
}

export const reasonClasses = [
  "conflict",
  "legacy",
  "vendor-prohibition",
  "no-fix",
  "other",
] as const;
export type ReasonClass = (typeof reasonClasses)[number];

export type ExceptionId = Id<"exception">;

/** What an approval rests on; when one of these turns, the exception is over. */
export interface Assumptions {
  /** Its vulnerabilities that were known to be exploited already. */
  readonly exploited: readonly string[];
  /** Whether an affected host was exposed; a host that does not say counts as exposed. */
  readonly isExposed: boolean;
  /** Its vulnerabilities that had a fix. */
  readonly fixable: readonly string[];
  /** Hosts that it reached. */
  readonly hosts: number;
}

export interface Exception {
  readonly id: ExceptionId;
  /** Shown as `X-<number>`. */
  readonly number: number;
  readonly state: ExceptionState;
  readonly scope: ExceptionScope;
  readonly patch: PatchId | null;
  readonly reasonClass: ReasonClass;
  readonly reason: string;
  readonly owner: SubjectId;
  readonly control: string;
  /** Where the control can be checked: an https address. */
  readonly evidence: string;
  /** `key=value` that each of its hosts carries while the control is in place. */
  readonly controlLabel: string | null;
  readonly until: Instant;
  /** What it follows on. */
  readonly renews: ExceptionId | null;
  readonly renewal: number;
  readonly assumes: Assumptions;
  readonly requestedBy: SubjectId;
  /** The person who answers for the request: the requester, or the owner of the service that asked. */
  readonly requesterPerson: SubjectId;
  readonly requestedAt: Instant;
  readonly approvedBy: SubjectId | null;
  readonly approvedAt: Instant | null;
  readonly movedAt: Instant;
  readonly closedReason: string | null;
}
