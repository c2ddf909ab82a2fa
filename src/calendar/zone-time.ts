/**
 * When a time on a wall clock is in the world, by the rules of an IANA time zone (RFC 5545 §3.3.5).
 * A wall time is whole seconds since 1970-01-01 00:00 as the clock there shows them; an instant here
 * is whole seconds since 1970-01-01 00:00 UTC.
 *
 * Once a year most zones leave an hour out and once they repeat one. Neither is ever guessed away: the
 * caller is told which of the three a time is, and decides.
 */

import { Temporal } from "temporal-polyfill";
import { Failure } from "../base/failure.ts";
import { keepLast } from "../base/kept.ts";
import { DAY_SECONDS } from "./wall-days.ts";

export type WorldTime =
  | { readonly kind: "once"; readonly instant: number }
  /** The clocks show it twice; `instant` is the first, as §3.3.5 wants. */
  | { readonly kind: "twice"; readonly instant: number; readonly again: number }
  /**
   * The clocks jump over it; `instant` counts on with the offset from before the jump. The clock
   * then shows `shown`.
   */
  | { readonly kind: "gap"; readonly instant: number; readonly shown: number };

/**
 * Until the autumn of 2149 each change of a zone's clocks is read; after it the last offset stays. Nobody knows the
 * rules of that day, and calendars write 9999 for "for ever", which would be 16,000 changes.
 */
const RULES_UNTIL = Date.UTC(2149, 6, 1) / 1000;

export interface ZoneClock {
  /** As the caller wrote it, in the database's own spelling. */
  readonly zone: string;
  readonly worldTime: (wall: number) => WorldTime;
  readonly wallTime: (instant: number) => number;
  /** Seconds east of Greenwich at that moment. */
  readonly offsetAt: (instant: number) => number;
}

const clocks = new Map<string, ZoneClock>();
const CLOCKS_MAX = 1_000;

/** @throws {Failure} `invalid` when the time-zone database has no such zone. */
export function zoneClock(zone: string): ZoneClock {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  return keepLast(clocks, CLOCKS_MAX, [zone, newClock(zone)]);
}

/** A stretch of time with one offset, from its first second on. */
interface Stretch {
  readonly from: number;
  readonly offset: number;
}

function newClock(name: string): ZoneClock {
  const at = zonedOrRefuse(name);
  const stretches: Stretch[] = [{ from: secondsOf(at), offset: offsetOf(at) }];
  const earliest = { at };
  const latest: { at: Temporal.ZonedDateTime | null } = { at };
  const reach = (from: number, to: number): void => {
    while ((stretches[0]?.from ?? from) > from) {
      const before = stepBack(earliest.at, name);
      stretches.unshift({ from: secondsOf(before), offset: offsetOf(before) });
      earliest.at = before;
    }
    while (latest.at !== null && secondsOf(latest.at) <= Math.min(to, RULES_UNTIL)) {
      latest.at = latest.at.getTimeZoneTransition("next");
      if (latest.at !== null)
        stretches.push({ from: secondsOf(latest.at), offset: offsetOf(latest.at) });
    }
  };
  const indexAt = (instant: number): number => {
    reach(instant, instant);
    return lastFrom(stretches, instant);
  };
  const offsetAt = (instant: number): number => stretches[indexAt(instant)]?.offset ?? 0;
  return {
    zone: at.timeZoneId,
    offsetAt,
    wallTime: (instant) => instant + offsetAt(instant),
    worldTime: (wall) => {
      reach(wall - 2 * DAY_SECONDS, wall + 2 * DAY_SECONDS);
      const first = lastFrom(stretches, wall - 2 * DAY_SECONDS);
      return worldTimeIn(stretches, first, wall);
    },
  };
}

function zonedOrRefuse(name: string): Temporal.ZonedDateTime {
  try {
    return Temporal.Instant.fromEpochMilliseconds(Date.UTC(2025, 0, 1)).toZonedDateTimeISO(name);
  } catch {
    const hint = "Name one of the IANA database, for example Europe/Berlin or UTC";
    throw new Failure("invalid", `There is no time zone "${name.slice(0, 80)}". ${hint}.`);
  }
}

/** The stretch before the one that begins at `at`; before the first rule, a century at once. */
function stepBack(at: Temporal.ZonedDateTime, name: string): Temporal.ZonedDateTime {
  const begin = at.getTimeZoneTransition("previous");
  if (begin !== null) return begin;
  const before = at.epochMilliseconds - 36_525 * DAY_SECONDS * 1000;
  return Temporal.Instant.fromEpochMilliseconds(before).toZonedDateTimeISO(name);
}

function secondsOf(at: Temporal.ZonedDateTime): number {
  return Math.floor(at.epochMilliseconds / 1000);
}

function offsetOf(at: Temporal.ZonedDateTime): number {
  return Math.round(at.offsetNanoseconds / 1e9);
}

/** The index of the last stretch that begins at or before the instant. */
function lastFrom(stretches: readonly Stretch[], instant: number): number {
  let low = 0;
  let high = stretches.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((stretches[middle]?.from ?? 0) <= instant) low = middle;
    else high = middle - 1;
  }
  return low;
}

function worldTimeIn(stretches: readonly Stretch[], first: number, wall: number): WorldTime {
  const found: number[] = [];
  for (let index = first; index < stretches.length; index++) {
    const { from, offset } = stretches[index] as Stretch;
    if (from + offset > wall + 2 * DAY_SECONDS) break;
    const until = stretches[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const instant = wall - offset;
    const begins = index === first ? Number.NEGATIVE_INFINITY : from;
    if (instant >= begins && instant < until) found.push(instant);
  }
  const [instant, again] = found;
  if (instant === undefined) return gapTime(stretches, first, wall);
  return again === undefined ? { kind: "once", instant } : { kind: "twice", instant, again };
}

function gapTime(stretches: readonly Stretch[], first: number, wall: number): WorldTime {
  for (let index = first + 1; index < stretches.length; index++) {
    const before = stretches[index - 1] as Stretch;
    const after = stretches[index] as Stretch;
    if (wall >= after.from + before.offset && wall < after.from + after.offset) {
      const instant = wall - before.offset;
      return { kind: "gap", instant, shown: instant + after.offset };
    }
  }
  throw new Error(`no stretch of the zone holds the wall time ${wall}`);
}
