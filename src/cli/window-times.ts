import { Failure } from "../base/failure.ts";
import type { Exclusions } from "../calendar/recurrence-set.ts";
import { instantOf, readTime, type WrittenTime } from "../calendar/wall-text.ts";
import { type ZoneClock, zoneClock } from "../calendar/zone-time.ts";

/**
 * Times as flags of `fettle window occurrences` hold them: bare, or as the line of an iCalendar file
 * that they were copied from (`DTSTART;TZID=Europe/Berlin:20260113T220000`).
 */
export interface FlagTime extends WrittenTime {
  /** The zone that the line itself names; else null. */
  readonly zone: string | null;
}

const HINT = "Write 2026-01-13T22:00, 20260113T220000 or 2026-01-13T21:00:00Z";

/** The times of a flag, parted by commas. @throws {Failure} `invalid`, naming flag and text. */
export function flagTimes(flag: string, text: string): readonly FlagTime[] {
  const { zone, values } = partsOf(flag, text.trim());
  return values.split(",").map((value) => {
    const time = readTime(value.trim());
    if (time !== null) return { ...time, zone };
    const shown = JSON.stringify(value.slice(0, 60));
    throw new Failure("invalid", `${flag} ${shown} is no time. ${HINT}.`);
  });
}

/** @throws {Failure} `invalid` when it holds none or several. */
export function flagTime(flag: string, text: string): FlagTime {
  const [time, ...more] = flagTimes(flag, text);
  if (time !== undefined && more.length === 0) return time;
  throw new Failure("invalid", `${flag} takes one time, not ${more.length + 1}.`);
}

/** Name and parameters stand before the first colon; a bare time begins with a digit. */
function partsOf(flag: string, text: string): { zone: string | null; values: string } {
  if (!/^[A-Z;]/i.test(text) || !text.includes(":")) return { zone: null, values: text };
  const head = text.slice(0, text.indexOf(":"));
  const words = head.split(";").filter((word) => word !== "");
  const name = words.find((word) => !word.includes("="));
  if (name !== undefined && `--${name.toLowerCase()}` !== flag) {
    throw new Failure("invalid", `${flag} was given a line of ${name.slice(0, 60)}.`);
  }
  const zone = words.find((word) => /^TZID=/i.test(word))?.slice("TZID=".length);
  return { zone: zone?.replaceAll('"', "") ?? null, values: text.slice(head.length + 1) };
}

/** The moment that a time means: on the wall of the zone it names, else of the one asked about. */
export function momentOf(time: FlagTime, clock: ZoneClock): number {
  return instantOf(time, time.zone === null ? clock : zoneClock(time.zone));
}

/** Dates take whole days out, times one moment each. */
export function exclusionsOf(times: readonly FlagTime[], clock: ZoneClock): Exclusions {
  const [days, moments] = [times.filter(({ isDay }) => isDay), times.filter(({ isDay }) => !isDay)];
  return {
    instants: new Set(moments.map((time) => momentOf(time, clock))),
    days: new Set(days.map(({ wall }) => wall)),
  };
}
