/**
 * When a recurring thing happens in the world: the wall times of its rule, put through its time zone
 * (RFC 5545 §3.8.5.3). A time that the clocks jump over is left out and does not count (§3.3.10), but
 * it is told, so that nobody waits for a window that never opens. A time shown twice means the first.
 *
 * The start is an occurrence only when its own rule names it: for any other start the standard leaves
 * the set open, and a maintenance window must not open on a day that its rule does not say.
 */

import { wallTimes } from "./recurrence.ts";
import type { RecurrenceRule } from "./recurrence-rule.ts";
import { DAY_SECONDS } from "./wall-days.ts";
import type { ZoneClock } from "./zone-time.ts";

export interface Recurrence {
  readonly rule: RecurrenceRule;
  /** Seconds on the wall of the zone; where the rule says nothing else, every time is at this hour. */
  readonly start: number;
  /** Days that every time of the rule is moved by: "the Thursday after the second Tuesday" is +2. */
  readonly shiftDays: number;
}

export type Occurrence =
  | {
      readonly kind: "occurs";
      readonly wall: number;
      readonly instant: number;
      /** The clocks show this time twice that day. */
      readonly isTwice: boolean;
    }
  | {
      readonly kind: "left-out";
      readonly wall: number;
      /** When it would be if the clocks had not jumped, so that it can be put in order. */
      readonly instant: number;
      readonly shown: number;
    };

/** Ascending and lazy; without COUNT and UNTIL it goes on to the year 9999. */
export function* occurrences(recurrence: Recurrence, clock: ZoneClock): Generator<Occurrence> {
  const { rule, start, shiftDays } = recurrence;
  let left = rule.count ?? Number.POSITIVE_INFINITY;
  if (left === 0) return;
  for (const named of wallTimes(rule, start)) {
    if (isPastEnd(rule, named, clock)) return;
    const wall = named + shiftDays * DAY_SECONDS;
    const time = clock.worldTime(wall);
    if (time.kind === "gap") {
      yield { kind: "left-out", wall, instant: time.instant, shown: time.shown };
      continue;
    }
    yield { kind: "occurs", wall, instant: time.instant, isTwice: time.kind === "twice" };
    left -= 1;
    if (left <= 0) return;
  }
}

function isPastEnd(rule: RecurrenceRule, wall: number, clock: ZoneClock): boolean {
  if (rule.until === null) return false;
  if (rule.until.kind === "wall") return wall > rule.until.wall;
  return clock.worldTime(wall).instant > rule.until.wall;
}
