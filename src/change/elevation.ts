import type { ChangeId, Id, PlanDigest, SubjectId } from "../base/ids.ts";
import { type Instant, MINUTE_MS } from "../base/instant.ts";
import type { Change, ChangeState } from "./model.ts";

/**
 * Just-in-time elevation: what a person lacks to carry one change out, for a time.
 *
 * Asked for with a reason, granted by another person, bound to one plan of one change and to the time
 * of its waves. It lends `rollout.read`, `rollout.operate` and `rollout.halt` over the hosts of that
 * plan and nothing else, and it ends on the clock, by anybody who may halt, or with its change.
 *
 * Never: granted by who asked, longer than eight hours, past the last wave, over another plan, taken up
 * again once it ended.
 */
export const elevationMoves = {
  asked: { grant: "granted", refuse: "refused", end: "ended" },
  granted: { end: "ended" },
  refused: {},
  ended: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type ElevationState = keyof typeof elevationMoves;
export const elevationStates = Object.keys(elevationMoves) as readonly ElevationState[];
export type ElevationVerb = "grant" | "refuse" | "end";

export const endCauses = [
  "expired",
  "revoked",
  "given-up",
  "change-closed",
  "replanned",
  "person-disabled",
] as const;
export type EndCause = (typeof endCauses)[number];

/** trust.md R6: an hour unless said otherwise, eight at the most. */
export const MINUTES_DEFAULT = 60;
export const MINUTES_MIN = 5;
export const MINUTES_MAX = 480;
/** A question that nobody answers is no question any more. */
export const ASK_LASTS_MS = 24 * 60 * MINUTE_MS;

export type ElevationId = Id<"elevation">;

export interface Elevation {
  readonly id: ElevationId;
  /** Shown as `J-<number>`. */
  readonly number: number;
  readonly change: ChangeId;
  readonly plan: PlanDigest;
  readonly person: SubjectId;
  readonly minutes: number;
  readonly reason: string;
  readonly state: ElevationState;
  readonly askedAt: Instant;
  readonly decidedBy: SubjectId | null;
  readonly decidedAt: Instant | null;
  /** Half-open: `countsFrom` is in it, `countsUntil` is not. */
  readonly countsFrom: Instant | null;
  readonly countsUntil: Instant | null;
  readonly endedAt: Instant | null;
  readonly endedBy: SubjectId | null;
  readonly endCause: EndCause | null;
  readonly decidedWords: string | null;
  readonly endedWords: string | null;
}

export interface Span {
  readonly from: Instant;
  readonly until: Instant;
}

/** Of the change that an elevation is for, as it is now. */
export interface ChangeFacts {
  readonly state: ChangeState;
  readonly plan: PlanDigest;
  /** From the first wave's beginning to the last one's end. */
  readonly window: Span;
}

export function nextElevationState(
  state: ElevationState,
  verb: ElevationVerb,
): ElevationState | null {
  const moves: Readonly<Record<string, ElevationState>> = elevationMoves[state];
  return Object.hasOwn(moves, verb) ? (moves[verb] ?? null) : null;
}

/** When one that is granted now counts; null once the window has no time left. */
export function grantedSpan(given: {
  readonly now: Instant;
  readonly minutes: number;
  readonly window: Span;
}): Span | null {
  const { now, minutes, window } = given;
  const from = Math.max(now, window.from);
  const length = Math.min(minutes, MINUTES_MAX) * MINUTE_MS;
  const until = Math.min(from + length, window.until);
  return until > from ? { from, until } : null;
}

/**
 * Whether it lends anything at this instant. One that counts from its decision on counts for whoever sees the
 * decision: the clock of another server may be some way behind that of the server which decided.
 */
export function counts(
  elevation: Pick<
    Elevation,
    "state" | "plan" | "decidedBy" | "decidedAt" | "countsFrom" | "countsUntil"
  >,
  of: {
    readonly change: Pick<ChangeFacts, "state" | "plan">;
    readonly isDisabled: boolean;
    readonly now: Instant;
  },
): boolean {
  const { state, decidedBy, decidedAt, countsFrom, countsUntil } = elevation;
  if (state !== "granted" || decidedBy === null || countsFrom === null || countsUntil === null) {
    return false;
  }
  return (
    !of.isDisabled &&
    isCarriedOut(of.change.state) &&
    of.change.plan === elevation.plan &&
    (of.now >= countsFrom || countsFrom === decidedAt) &&
    of.now < countsUntil
  );
}

/** Why one that is open must end now; null while it may stay. */
export function dueEnd(
  elevation: Pick<Elevation, "state" | "plan" | "askedAt" | "countsUntil">,
  of: {
    readonly change: ChangeFacts;
    readonly isDisabled: boolean;
    readonly now: Instant;
  },
): EndCause | null {
  const { state, askedAt, countsUntil } = elevation;
  if (nextElevationState(state, "end") === null) return null;
  if (of.isDisabled) return "person-disabled";
  if (!isOpen(of.change.state)) return "change-closed";
  if (of.change.plan !== elevation.plan) return "replanned";
  const end = state === "granted" ? countsUntil : askedAt + ASK_LASTS_MS;
  return of.now >= Math.min(end ?? 0, of.change.window.until) ? "expired" : null;
}

export interface Person {
  readonly person: SubjectId;
  /** A service or a token of one is nobody's word. */
  readonly isPerson: boolean;
}

/** Why this person cannot ask; null when they can. */
export function askRefusal(of: {
  readonly change: Pick<Change, "number" | "state" | "expiresAt">;
  readonly who: Person;
  readonly isOpenAlready: boolean;
  readonly now: Instant;
}): string | null {
  const { change, who } = of;
  if (!who.isPerson) return "Only a person is elevated. Sign in as yourself, not as a service.";
  if (!isOpen(change.state)) return `C-${change.number} is ${change.state}; it needs nobody.`;
  if (of.now >= change.expiresAt) return `The times of C-${change.number} are over.`;
  if (!of.isOpenAlready) return null;
  return `You have asked for C-${change.number} already, or have it. Give that one up first.`;
}

/** Why this person cannot decide; null when they can. */
export function decideRefusal(of: {
  readonly elevation: Pick<Elevation, "number" | "state" | "person" | "plan">;
  readonly change: Pick<Change, "number" | "state" | "plan">;
  readonly who: Person;
  readonly verb: "grant" | "refuse";
}): string | null {
  const { elevation, change, who, verb } = of;
  const name = `J-${elevation.number}`;
  if (!who.isPerson) return "Only a person decides. Sign in as yourself, not as a service.";
  if (who.person === elevation.person) {
    return `You asked for ${name}, so somebody else has to decide it.`;
  }
  if (nextElevationState(elevation.state, verb) === null) {
    return `${name} is ${elevation.state}; there is nothing to decide.`;
  }
  if (verb === "refuse") return null;
  if (change.plan !== elevation.plan) {
    return `C-${change.number} has another plan since ${name} was asked for. It has to be asked for anew.`;
  }
  if (isCarriedOut(change.state)) return null;
  return `C-${change.number} is ${change.state}; elevation is granted once it is approved.`;
}

/** States in which rights over it are of use. */
function isCarriedOut(state: ChangeState): boolean {
  return state === "approved" || state === "running";
}

function isOpen(state: ChangeState): boolean {
  return state === "requested" || isCarriedOut(state);
}
