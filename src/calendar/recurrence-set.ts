/**
 * The recurrence set of RFC 5545 §3.8.5: the times of one or more rules and the single times added to
 * them (RDATE), each once and in order, without those that are taken out (EXDATE). What is taken out
 * of a rule still counts for its `COUNT` (§3.8.5.1: the set is generated first, then reduced).
 */
import { type Occurrence, occurrences, type Recurrence } from "./occurrences.ts";
import { DAY_SECONDS, modulo } from "./wall-days.ts";
import type { ZoneClock } from "./zone-time.ts";

export interface RecurrenceSet {
  readonly rules: readonly Recurrence[];
  /** Moments, in any order. */
  readonly added: readonly number[];
  readonly without: Exclusions;
}

/** Moments, and midnights on the wall of whole days. */
export interface Exclusions {
  readonly instants: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
}

/** Ascending and lazy, as long as one of the rules goes on. */
export function* recurrenceSet(set: RecurrenceSet, clock: ZoneClock): Generator<Occurrence> {
  const ways = set.rules.map((rule) => occurrences(rule, clock));
  const sources: Iterator<Occurrence>[] = [...ways, addedTimes(set.added, clock)];
  const heads = sources.map((source) => source.next());
  let last: Occurrence | null = null;
  for (;;) {
    const first = earliest(heads);
    if (first === null) return;
    heads[first.at] = sources[first.at]?.next() ?? { done: true, value: undefined };
    const { one } = first;
    if (isSame(one, last) || isTakenOut(one, set.without)) continue;
    last = one;
    yield one;
  }
}

function* addedTimes(instants: readonly number[], clock: ZoneClock): Generator<Occurrence> {
  for (const instant of instants.toSorted((a, b) => a - b)) {
    const wall = clock.wallTime(instant);
    yield { kind: "occurs", wall, instant, isTwice: clock.worldTime(wall).kind === "twice" };
  }
}

interface Head {
  readonly at: number;
  readonly one: Occurrence;
}

function earliest(heads: readonly IteratorResult<Occurrence>[]): Head | null {
  let first: Head | null = null;
  for (const [at, head] of heads.entries()) {
    if (head.done === true) continue;
    if (first === null || head.value.instant < first.one.instant) first = { at, one: head.value };
  }
  return first;
}

/** A time that the clocks leave out and one that is shown an hour later may be the same moment. */
function isSame(one: Occurrence, other: Occurrence | null): boolean {
  return one.instant === other?.instant && one.kind === other.kind;
}

function isTakenOut(one: Occurrence, { instants, days }: Exclusions): boolean {
  return instants.has(one.instant) || days.has(one.wall - modulo(one.wall, DAY_SECONDS));
}
