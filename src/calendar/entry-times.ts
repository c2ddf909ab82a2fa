import { type Instant, SECOND_MS } from "../base/instant.ts";
import type { Span } from "../base/spans.ts";
import type { CalendarEntry, EntryTime, Lasts, Timing, Told } from "./model.ts";
import { occurrences, type Recurrence } from "./occurrences.ts";
import type { Frequency } from "./recurrence-rule.ts";
import { type ZoneClock, zoneClock } from "./zone-time.ts";

/**
 * When an entry happens, on the wall clock of one zone. Times that begin before the span and reach into
 * it count; a time that the clocks jump over is not there, and is told.
 */
export interface EntryTimes {
  /** By their beginning; they may overlap. */
  readonly times: readonly EntryTime[];
  /** Times within the span that do not happen, as the clocks jump over them. */
  readonly leftOut: readonly Told[];
}

const DAY_SECONDS = 86_400;
/** The period of a rule that holds the first day must be seen whole. */
const PERIOD_DAYS_MAX = 367;
const periodDays: Readonly<Partial<Record<Frequency, number>>> = {
  DAILY: 1,
  WEEKLY: 7,
  MONTHLY: 31,
};
/** More times of one entry within one question are a mistake in the rule. */
export const TIMES_MAX = 20_000;

export function zoneFor(timing: Timing, hostZone: string): string {
  return timing.zone === "host" ? hostZone : timing.zone;
}

/** @throws {Failure} `invalid` for an unknown zone or a rule that names nothing. */
export function entryTimes(entry: CalendarEntry, hostZone: string, span: Span): EntryTimes {
  const { timing } = entry;
  const clock = zoneClock(zoneFor(timing, hostZone));
  const leftOut = new Map<number, Told>();
  const times = new Map<number, EntryTime>();
  for (const named of wallTimesOf(timing, clock, span)) {
    if (isExcepted(timing, named.wall)) continue;
    const time = timeOf(entry, clock, named);
    if (time === null) {
      const shown = clock.worldTime(named.wall).instant * SECOND_MS;
      const told: Told = { kind: "left-out", wall: named.wall, zone: clock.zone };
      if (shown >= span.from && shown < span.to) leftOut.set(named.wall, told);
      continue;
    }
    if (time.to > span.from && time.from < span.to) times.set(named.wall, time);
  }
  return {
    times: [...times.values()].sort((a, b) => a.from - b.from),
    leftOut: [...leftOut.values()].sort((a, b) => a.wall - b.wall),
  };
}

interface Named {
  readonly wall: number;
  readonly lasts: Lasts;
}

/** Every wall time whose stretch may touch the span. */
function* wallTimesOf(timing: Timing, clock: ZoneClock, span: Span): Generator<Named> {
  const first = clock.wallTime(Math.floor(span.from / SECOND_MS)) - reachSeconds(timing.lasts);
  const end = clock.wallTime(Math.ceil(span.to / SECOND_MS)) + DAY_SECONDS;
  for (const { isAnchored, ...recurrence } of timing.recurrences) {
    const from = { ...recurrence, start: startFor(recurrence, isAnchored, first) };
    let count = 0;
    for (const { wall } of occurrences(from, clock)) {
      if (wall > end || count >= TIMES_MAX) break;
      if (wall < first) continue;
      count += 1;
      yield { wall, lasts: timing.lasts };
    }
  }
  for (const { wall, lasts } of timing.dates) {
    if (wall <= end && wall >= first - reachSeconds(lasts)) yield { wall, lasts };
  }
}

/** A rule without a first time is asked from shortly before the span on, at its own time of day. */
function startFor(recurrence: Recurrence, isAnchored: boolean, first: number): number {
  if (isAnchored) return recurrence.start;
  const timeOfDay = recurrence.start % DAY_SECONDS;
  const back = periodDays[recurrence.rule.frequency] ?? PERIOD_DAYS_MAX;
  const day = Math.floor(first / DAY_SECONDS) - back - Math.abs(recurrence.shiftDays);
  return day * DAY_SECONDS + timeOfDay;
}

/** How far back a time may have begun: its length, and a change of the clocks by a day at most. */
function reachSeconds(lasts: Lasts): number {
  return lasts.wallSeconds + lasts.elapsedSeconds + DAY_SECONDS;
}

function isExcepted(timing: Timing, wall: number): boolean {
  const day = Math.floor(wall / DAY_SECONDS);
  return timing.exceptTimes.includes(wall) || timing.exceptDays.includes(day);
}

/** Null where the clocks jump over its beginning. */
function timeOf(entry: CalendarEntry, clock: ZoneClock, named: Named): EntryTime | null {
  const { wall, lasts } = named;
  const begins = clock.worldTime(wall);
  if (begins.kind === "gap") return null;
  const from = begins.instant;
  const to = endOf(clock, from, named);
  const told: Told[] = [];
  if (begins.kind === "twice") told.push({ kind: "twice", wall, zone: clock.zone });
  const wallSeconds = clock.wallTime(to) - wall;
  const elapsedSeconds = to - from;
  if (wallSeconds !== elapsedSeconds && lasts.wallSeconds + lasts.elapsedSeconds > 0) {
    told.push({ kind: "length", wall, zone: clock.zone, wallSeconds, elapsedSeconds });
  }
  return { from: from * SECOND_MS, to: to * SECOND_MS, entry, zone: clock.zone, told };
}

function endOf(clock: ZoneClock, from: number, { wall, lasts }: Named): number {
  const begin = lasts.wallSeconds === 0 ? from : clock.worldTime(wall + lasts.wallSeconds).instant;
  return begin + lasts.elapsedSeconds;
}

/** Whether the entry happens at that moment, and until when that answer holds. */
export interface StateNow {
  readonly isOn: boolean;
  /** The end of what is on, or the next beginning; the end of the look where there is none. */
  readonly changesAt: Instant;
}

const LOOK_MS = 45 * DAY_SECONDS * SECOND_MS;

export function stateAt(entry: CalendarEntry, hostZone: string, now: Instant): StateNow {
  const { times } = entryTimes(entry, hostZone, { from: now, to: now + LOOK_MS });
  const on = times.filter((time) => time.from <= now);
  if (on.length > 0) return { isOn: true, changesAt: Math.max(...on.map((time) => time.to)) };
  return { isOn: false, changesAt: times[0]?.from ?? now + LOOK_MS };
}
