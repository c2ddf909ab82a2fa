/** Wall times in and out: as RFC 5545 §3.3.5 writes them, and as RFC 3339 does without its zone. */
import { DAY_SECONDS, dayNumber, wallDay } from "./wall-days.ts";
import type { ZoneClock } from "./zone-time.ts";

/** What a text says, before anybody knows which zone's wall it speaks of. */
export interface WrittenTime {
  /** Seconds on the wall that the text itself means; of a date its midnight. */
  readonly wall: number;
  /** `Z` or an offset where the text has one; it is then a moment of the world. */
  readonly offset: number | null;
  /** A date alone, which means the whole of that day. */
  readonly isDay: boolean;
}

const BASIC = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z)?)?$/i;
const EXTENDED =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.0+)?)?(Z|[+-]\d{2}:\d{2})?)?$/i;

/** `null` for anything that is no time, days that no month has included. */
export function readTime(text: string): WrittenTime | null {
  const match = BASIC.exec(text) ?? EXTENDED.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const number = dayNumber(year, month, day);
  const real = wallDay(number);
  const isDate = real.year === year && real.month === month && real.day === day;
  if (!isDate || year < 1 || hour > 23 || minute > 59 || second > 60) return null;
  // A leap second counts as the one before it (§3.3.12).
  const wall = number * DAY_SECONDS + hour * 3600 + minute * 60 + Math.min(second, 59);
  const zone = match[7]?.toUpperCase();
  const offset = zone === undefined ? null : offsetSeconds(zone);
  return { wall, offset, isDay: match[4] === undefined };
}

/**
 * Seconds on the wall of the zone. A text with `Z` or an offset is a moment of the world and is
 * turned into what the clock there shows; one without is that clock's time. A date is midnight.
 */
export function wallFromText(text: string, clock: ZoneClock): number | null {
  const time = readTime(text);
  if (time === null) return null;
  return time.offset === null ? time.wall : clock.wallTime(time.wall - time.offset);
}

/** The moment that a text means; one without `Z` or an offset is a time on the wall of the zone. */
export function instantOf(time: WrittenTime, clock: ZoneClock): number {
  return time.offset === null ? clock.worldTime(time.wall).instant : time.wall - time.offset;
}

function offsetSeconds(zone: string): number {
  if (zone === "Z") return 0;
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4, 6)) * 60;
  return zone.startsWith("-") ? -seconds : seconds;
}

/** `2026-03-29T02:30:00`, without a zone. */
export function wallToText(wall: number): string {
  return new Date(wall * 1000).toISOString().slice(0, 19);
}

/** RFC 3339 in UTC, in whole seconds: `2026-03-29T01:30:00Z`. */
export function secondsToText(instant: number): string {
  return `${wallToText(instant)}Z`;
}

/** RFC 3339 as the clock there shows it: `2026-03-29T03:30:00+02:00`. */
export function zonedToText(instant: number, clock: ZoneClock): string {
  const offset = clock.offsetAt(instant);
  const size = Math.abs(offset);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const zone = `${offset < 0 ? "-" : "+"}${two(size / 3600)}:${two((size / 60) % 60)}`;
  return `${wallToText(instant + offset)}${zone}`;
}
