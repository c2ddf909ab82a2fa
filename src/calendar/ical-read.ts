import ICAL from "ical.js";
import { z } from "zod";
import { Failure } from "../base/failure.ts";
import type { Selector } from "../base/labels.ts";
import { isZone } from "./host-zone.ts";
import { LASTS_DAYS_MAX, lastsOf } from "./lasts.ts";
import type { CalendarEntry, EntryKind, Lasts } from "./model.ts";
import { readRule } from "./recurrence-rule.ts";
import { wallFromText } from "./wall-text.ts";
import { zoneClock } from "./zone-time.ts";

/**
 * An iCalendar text (RFC 5545) as entries of the calendar. Its grammar is read by ical.js; what its
 * rules and zones mean is our own (decision 0016). A zone is the IANA zone that its TZID names: rules
 * that a VTIMEZONE brings along are a copy of unknown age, and are never used. What cannot be read is
 * refused, since an event that is left out is a window that opens, or a freeze that does not hold.
 */
export interface IcalAs {
  readonly kind: EntryKind;
  readonly name: string;
  readonly hosts: Selector;
  readonly passesEmergency: boolean;
}

export const ICAL_BYTES_MAX = 1024 * 1024;
const EVENTS_MAX = 2_000;
const DATES_MAX = 1_000;
const DEPTH_MAX = 4;
const NAME_MAX = 120;
const DAY_SECONDS = 86_400;

const parameters = z.record(z.string(), z.unknown());
const property = z.tuple([z.string(), parameters, z.string()]).rest(z.unknown());
const component = z.tuple([z.string(), z.array(property), z.array(z.unknown())]);
type Property = z.output<typeof property>;
type Event = readonly Property[];

/** @throws {Failure} `invalid` or `too-large`, naming the event and what about it cannot be read. */
export function readIcal(text: string, as: IcalAs): readonly CalendarEntry[] {
  const events = eventsOf(text);
  const moved = events.filter((event) => firstOf(event, "recurrence-id") !== null);
  const entries = events.flatMap((event) => {
    const uid = textOf(event, "uid") ?? "";
    const isMoved = moved.includes(event);
    const mine = isMoved ? [] : moved.filter((other) => textOf(other, "uid") === uid);
    if (textOf(event, "status")?.toUpperCase() === "CANCELLED") return [];
    return [entryOf(event, mine, as)];
  });
  if (entries.length > 0) return entries;
  throw new Failure("invalid", "The calendar has no event that takes place.");
}

function eventsOf(text: string): readonly Event[] {
  if (Buffer.byteLength(text) > ICAL_BYTES_MAX) {
    throw new Failure("too-large", `The calendar has more than ${ICAL_BYTES_MAX} bytes.`);
  }
  refuseDepth(text);
  const parsed = z.union([component, z.array(component)]).safeParse(parse(text));
  if (!parsed.success) throw unreadable("it is no VCALENDAR");
  const roots = typeof parsed.data[0] === "string" ? [parsed.data] : parsed.data;
  const events: Event[] = [];
  for (const [name, , parts] of roots as readonly z.output<typeof component>[]) {
    if (name !== "vcalendar") throw unreadable("it is no VCALENDAR");
    for (const part of parts) {
      const [kind, properties] = component.parse(part);
      if (kind === "vevent") events.push(properties);
    }
  }
  if (events.length <= EVENTS_MAX) return events;
  throw new Failure("too-large", `The calendar has more than ${EVENTS_MAX} events.`);
}

function parse(text: string): unknown {
  try {
    return ICAL.parse(text);
  } catch (cause) {
    throw new Failure("invalid", unreadable("its lines are not those of RFC 5545").message, {
      cause,
    });
  }
}

function unreadable(why: string): Failure {
  return new Failure("invalid", `The calendar cannot be read: ${why}.`);
}

/** Parts within parts without end are no calendar; a parser goes one call deeper for each. */
function refuseDepth(text: string): void {
  let depth = 0;
  for (const line of text.matchAll(/^(BEGIN|END):/gim)) {
    depth += line[1]?.toUpperCase() === "BEGIN" ? 1 : -1;
    if (depth > DEPTH_MAX) throw unreadable("its parts lie too deep within each other");
  }
}

function propertiesOf(event: Event, name: string): readonly Property[] {
  return event.filter(([own]) => own === name);
}

function firstOf(event: Event, name: string): Property | null {
  return propertiesOf(event, name)[0] ?? null;
}

function textOf(event: Event, name: string): string | null {
  const value = firstOf(event, name)?.[3];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

function nameOf(event: Event): string {
  const name = textOf(event, "summary") ?? textOf(event, "uid") ?? "an event without a name";
  return name.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").slice(0, NAME_MAX);
}

function entryOf(event: Event, moved: readonly Event[], as: IcalAs): CalendarEntry {
  const name = nameOf(event);
  try {
    return { ...readEvent(event, moved), ...shared(as), name, reason: name };
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const which = `The event "${name}" of the calendar cannot be used`;
    throw new Failure("invalid", `${which}: ${cause.message}`, { cause });
  }
}

function shared(as: IcalAs) {
  const { kind, hosts } = as;
  return {
    kind,
    hosts,
    isClosing: kind === "blackout" || kind === "freeze" || kind === "peak",
    passesEmergency: as.passesEmergency && kind !== "blackout",
    origin: as.name,
  };
}

function readEvent(event: Event, moved: readonly Event[]): Pick<CalendarEntry, "timing"> {
  const begin = firstOf(event, "dtstart");
  if (begin === null) throw wrong("it has no DTSTART");
  const zone = zoneOf(begin);
  const start = wallOf(begin, begin[3], zone);
  const lasts = lastsOfEvent(event, begin, zone);
  const rules = propertiesOf(event, "rrule").map(([, , , value]) => ({
    rule: readRule(ruleText(value)),
    ...{ start, shiftDays: 0, isAnchored: true },
  }));
  for (const { rule } of rules) {
    if (rule.frequency === "SECONDLY" || rule.frequency === "MINUTELY") {
      throw wrong(`FREQ=${rule.frequency} is no rule for a calendar of days`);
    }
  }
  const added = datesOf(event, "rdate").map(({ of, value }) => wallOf(of, value, zone));
  const excepted = datesOf(event, "exdate");
  const isDay = (of: Property): boolean => of[2] === "date" && begin[2] !== "date";
  const away = moved
    .flatMap((other) => propertiesOf(other, "recurrence-id"))
    .map((of) => {
      if (of[1]["range"] !== undefined) throw wrong("RANGE=THISANDFUTURE is not read");
      return wallOf(of, of[3], zone);
    });
  // DTSTART is the first time of the set also where no rule names it (§3.8.5.3).
  const dates = [start, ...added].map((wall) => ({ wall, lasts }));
  const walls = (days: boolean): number[] =>
    excepted.flatMap(({ of, value }) => (isDay(of) === days ? [wallOf(of, value, zone)] : []));
  return {
    timing: {
      zone,
      recurrences: rules,
      dates,
      exceptTimes: [...walls(false), ...away],
      exceptDays: walls(true).map((wall) => Math.floor(wall / DAY_SECONDS)),
      lasts,
    },
  };
}

function wrong(why: string): Failure {
  return new Failure("invalid", `${why}.`);
}

function datesOf(event: Event, name: string): { readonly of: Property; readonly value: unknown }[] {
  const found = propertiesOf(event, name).flatMap((of) => {
    const [, , type, ...values] = of;
    if (type === "period") throw wrong(`${name.toUpperCase()} with periods is not read`);
    return values.map((value) => ({ of, value }));
  });
  if (found.length > DATES_MAX) throw wrong(`it has more than ${DATES_MAX} ${name.toUpperCase()}`);
  return found;
}

function ruleText(value: unknown): string {
  const data = z.record(z.string(), z.unknown()).safeParse(value);
  if (!data.success) throw wrong("its RRULE cannot be read");
  try {
    return ICAL.Recur.fromData(data.data as Parameters<typeof ICAL.Recur.fromData>[0]).toString();
  } catch (cause) {
    throw new Failure("invalid", "its RRULE cannot be read.", { cause });
  }
}

/** A time without a zone is that time on every wall (§3.3.5, form 1): the zone of each host. */
function zoneOf(begin: Property): string {
  const [, { tzid }, type, value] = begin;
  if (typeof tzid === "string") return ianaZone(tzid);
  return type === "date-time" && String(value).endsWith("Z") ? "UTC" : "host";
}

/** Some programs put their own name before the zone's: `/freeassociation.sourceforge.net/Europe/Berlin`. */
function ianaZone(tzid: string): string {
  const parts = tzid.replace(/^\//, "").split("/");
  for (let at = 0; at < parts.length; at += 1) {
    const name = parts.slice(at).join("/");
    if (/^[A-Za-z]/.test(name) && isZone(name)) return name;
  }
  throw wrong(
    `its time zone "${tzid.slice(0, 80)}" is none of the IANA database; export the calendar with a zone such as Europe/Berlin, or in UTC`,
  );
}

function wallOf(of: Property, value: unknown, zone: string): number {
  const own = of[1]["tzid"];
  const clock = zoneClock(zone === "host" ? "UTC" : zone);
  const text = String(value);
  const isUtc = text.endsWith("Z");
  const wall = wallFromText(text, isUtc ? clock : zoneClock("UTC"));
  if (wall === null)
    throw wrong(`${of[0].toUpperCase()} has "${text.slice(0, 40)}", which is no time`);
  if (isUtc || typeof own !== "string" || of[2] === "date") return wall;
  const named = ianaZone(own);
  return named === zone ? wall : clock.wallTime(zoneClock(named).worldTime(wall).instant);
}

function lastsOfEvent(event: Event, begin: Property, zone: string): Lasts {
  const duration = textOf(event, "duration");
  const end = firstOf(event, "dtend");
  const lasts =
    duration !== null ? durationOf(duration) : end !== null ? between(begin, end, zone) : null;
  if (lasts === null && begin[2] === "date") return lastsOf({ wallSeconds: DAY_SECONDS });
  const all = lasts === null ? 0 : lasts.wallSeconds + lasts.elapsedSeconds;
  if (lasts !== null && all > 0 && all <= LASTS_DAYS_MAX * DAY_SECONDS) return lasts;
  throw wrong(`it has no length between a second and ${LASTS_DAYS_MAX} days`);
}

/** §3.8.5.3: DTEND gives every time the same exact length; of whole days it gives days. */
function between(begin: Property, end: Property, zone: string): Lasts {
  const [from, to] = [wallOf(begin, begin[3], zone), wallOf(end, end[3], zone)];
  if (begin[2] === "date") return lastsOf({ wallSeconds: to - from });
  const clock = zoneClock(zone === "host" ? "UTC" : zone);
  const elapsedSeconds = clock.worldTime(to).instant - clock.worldTime(from).instant;
  return lastsOf({ elapsedSeconds });
}

/** §3.3.6: weeks and days are of the wall clock, hours, minutes and seconds are exact. */
function durationOf(text: string): Lasts {
  const match = /^\+?P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(
    text,
  );
  if (match === null) throw wrong(`DURATION has "${text.slice(0, 40)}", which is no length`);
  const [weeks, days, hours, minutes, seconds] = match.slice(1, 6).map((part) => Number(part ?? 0));
  return lastsOf({
    wallSeconds: ((weeks ?? 0) * 7 + (days ?? 0)) * DAY_SECONDS,
    elapsedSeconds: (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0),
  });
}
