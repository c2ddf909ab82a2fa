import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { parseSelector } from "../base/labels.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import type { PolicyKind } from "../policy/policy-kind.ts";
import { DAY_RULE_HINT, dayRuleFromText } from "./day-rule.ts";
import { isZone } from "./host-zone.ts";
import { lastsFromText, lastsOf } from "./lasts.ts";
import type { Calendar, CalendarEntry, EntryKind, Timing } from "./model.ts";
import { readRule } from "./recurrence-rule.ts";
import { wallFromText } from "./wall-text.ts";
import { zoneClock } from "./zone-time.ts";

/**
 * The calendar as a file, `fettle-calendar 1`: windows, what closes hosts, releases and CAB meetings.
 * Strict: an unknown field, a zone or a rule that cannot be read is an error with its line.
 */
const ENTRIES_MAX = 200;
const DATES_MAX = 500;
/** A rule by the minute is no maintenance window, and would be asked for ever. */
const TOO_OFTEN = ["SECONDLY", "MINUTELY"];

const DAY_SECONDS = 86_400;

function read<T>(what: (text: string) => T | null, message: string) {
  return z.string(message).transform((text, context) => {
    const found = attempt(what, text);
    if (!("problem" in found)) return found.value;
    context.addIssue(found.problem ?? message);
    return z.NEVER;
  });
}

const LIST_MAX = 16;

/** One text, or several in a list. A union of the two would hide what is wrong with a text. */
function readSome<T>(what: (text: string) => T | null, message: string) {
  const texts = z.union([z.string(), z.array(z.string()).min(1).max(LIST_MAX)], message);
  return texts.transform((given, context) => {
    const found = [given].flat().map((text) => attempt(what, text));
    for (const one of found) if ("problem" in one) context.addIssue(one.problem ?? message);
    return found.flatMap((one) => ("problem" in one ? [] : [one.value]));
  });
}

function attempt<T>(
  what: (text: string) => T | null,
  text: string,
): { readonly value: T } | { readonly problem: string | null } {
  try {
    const value = what(text);
    return value === null ? { problem: null } : { value };
  } catch (cause) {
    if (cause instanceof Failure) return { problem: cause.message };
    throw cause;
  }
}

const utc = zoneClock("UTC");

/** A time on the wall has no zone of its own: the entry's zone says whose wall. */
function wallTime(text: string): number | null {
  return /(Z|[+-]\d{2}:\d{2})$/i.test(text) ? null : wallFromText(text, utc);
}

const WALL_HINT = 'write a date and time on the wall such as "2026-12-18T00:00", without an offset';
const wall = read(wallTime, WALL_HINT);
/** What says nothing about hosts must not quietly mean all of them. */
const hosts = read((text) => {
  if (text.trim() === "all") return [];
  const selector = parseSelector(text);
  return selector.length === 0 ? null : selector;
}, 'name the hosts by a label expression such as "env=prod,service in (web,db)", or write all');

const zone = read(
  (text) => (text === "host" || isZone(text) ? text : null),
  "write host for the zone of each host, or one of the IANA database such as Europe/Berlin",
);
const fixedZone = read(
  (text) => (isZone(text) ? text : null),
  "write a zone of the IANA database such as Europe/Berlin",
);
const rrule = readSome((text) => {
  const rule = readRule(text);
  return TOO_OFTEN.includes(rule.frequency) ? null : rule;
}, "write a rule such as FREQ=MONTHLY;BYDAY=2TU, not one by the minute or second");
const day = readSome(dayRuleFromText, DAY_RULE_HINT);
const timeOfDay = read((text) => {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return match === null ? null : Number(match[1]) * 3600 + Number(match[2]) * 60;
}, "write a time of day such as 22:00 (in quotes)");
const lasts = read(lastsFromText, "write how long such as 45m, 4h, 1d or 1d12h, at most 400d");

const timingFields = {
  zone: zone.optional(),
  on: day.optional(),
  at: timeOfDay.optional(),
  rrule: rrule.optional(),
  start: wall.optional(),
  lasts: lasts.optional(),
  from: wall.optional(),
  to: wall.optional(),
  also: z.array(wall).max(DATES_MAX).default([]),
  except: z
    .array(
      z.string().transform((text, context) => {
        const at = wallTime(text);
        if (at === null) {
          context.addIssue(
            'write a date such as "2026-12-24", or a time such as "2026-12-24T22:00"',
          );
          return z.NEVER;
        }
        return { at, isDay: /^\d{4}-?\d{2}-?\d{2}$/.test(text) };
      }),
    )
    .max(DATES_MAX)
    .default([]),
};

type TimingFields = z.output<z.ZodObject<typeof timingFields>>;

/** Exactly one way to say when; what is wrong with it, else null. */
function timingProblem(of: TimingFields): string | null {
  const ways = [of.on, of.rrule, of.from].filter((way) => way !== undefined).length;
  if (ways !== 1) return "say when in one way: on with at, rrule with start, or from with to";
  if (of.from !== undefined) {
    if (of.to === undefined || of.to <= of.from) return "to must be there, and later than from";
    const extra = of.at ?? of.start ?? of.lasts;
    return extra === undefined ? null : "from goes with to alone, not with at, start or lasts";
  }
  if (of.to !== undefined) return "to goes with from; what recurs takes lasts";
  if (of.lasts === undefined) return "lasts is missing: how long, such as 4h";
  if (of.on !== undefined && (of.at === undefined || of.start !== undefined)) {
    return 'on goes with at, such as at: "22:00"';
  }
  if (of.rrule !== undefined && (of.start === undefined || of.at !== undefined)) {
    return 'rrule goes with start, its first time on the wall such as "2026-01-13T22:00"';
  }
  return null;
}

function timingOf(of: TimingFields, defaultZone: string): Timing {
  const shared = {
    zone: of.zone ?? defaultZone,
    exceptTimes: of.except.filter(({ isDay }) => !isDay).map(({ at }) => at),
    exceptDays: of.except.filter(({ isDay }) => isDay).map(({ at }) => at / DAY_SECONDS),
  };
  if (of.from !== undefined && of.to !== undefined) {
    const once = lastsOf({ wallSeconds: of.to - of.from });
    const dates = [of.from, ...of.also].map((at) => ({ wall: at, lasts: once }));
    return { ...shared, recurrences: [], dates, lasts: once };
  }
  const long = of.lasts ?? lastsOf({});
  const named = (of.on ?? []).map(({ rule, shiftDays }) => ({
    ...{ rule: readRule(rule), shiftDays, start: of.at ?? 0, isAnchored: false },
  }));
  const ruled = (of.rrule ?? []).map((rule) => ({
    ...{ rule, shiftDays: 0, start: of.start ?? 0, isAnchored: true },
  }));
  const dates = of.also.map((at) => ({ wall: at, lasts: long }));
  return { ...shared, recurrences: [...named, ...ruled], dates, lasts: long };
}

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "a name has lower-case letters, digits, dots and dashes");
const reason = z.string().min(1).max(500);
const emergency = z.enum(["passes", "holds"], "write passes or holds");

/** An entry of one list of the file; what `extra` adds is allowed in that list only. */
function entries<Extra extends z.core.$ZodShape>(extra: Extra) {
  const fields = strictFields({ name, hosts, ...timingFields, ...extra });
  return z
    .array(
      fields.superRefine((value, context) => {
        const problem = timingProblem(value as TimingFields);
        if (problem !== null) context.addIssue({ code: "custom", message: problem });
      }),
    )
    .max(ENTRIES_MAX)
    .default([]);
}

const closing = { reason, emergency: emergency.default("holds") };
const telling = {
  reason: reason.optional(),
  closes: z.boolean().default(false),
  emergency: emergency.default("holds"),
};

export const calendarSchema = strictFields({
  format: z.literal("fettle-calendar 1", {
    message: 'write "fettle-calendar 1", the one format known',
  }),
  zone: fixedZone,
  others: z.enum(["open", "closed"], "write open or closed: what hosts without a window are"),
  emergency: strictFields({ windows: z.enum(["binding", "open"]) }).default({ windows: "binding" }),
  windows: entries({ reason: reason.optional() }),
  blackouts: entries({ reason }),
  freezes: entries(closing),
  peaks: entries(closing),
  releases: entries(telling),
  cab: entries(telling),
}).refine(
  (file) => {
    const names = [file.windows, file.blackouts, file.freezes, file.peaks, file.releases, file.cab]
      .flat()
      .map((entry) => entry.name);
    return new Set(names).size === names.length;
  },
  { message: "two entries have the same name" },
);

export interface CalendarPolicy {
  readonly file: string;
  readonly version: Digest;
  readonly calendar: Calendar;
}

/** Throws `invalid` with each fault, its line and what is allowed there. */
export function parseCalendar(text: string, file: string): CalendarPolicy {
  const parsed = parseYaml(calendarSchema, text, file);
  const make = (kind: EntryKind, of: readonly ParsedEntry[]): CalendarEntry[] =>
    of.map((entry) => ({
      kind,
      name: entry.name,
      hosts: entry.hosts,
      timing: timingOf(entry, parsed.zone),
      reason: entry.reason ?? null,
      isClosing: kind !== "window" && entry.closes !== false,
      passesEmergency: entry.emergency === "passes",
      origin: file,
    }));
  return {
    file,
    version: sha256(text),
    calendar: {
      zone: parsed.zone,
      others: parsed.others,
      emergencyWindows: parsed.emergency.windows,
      entries: [
        ...make("window", parsed.windows),
        ...make("blackout", parsed.blackouts),
        ...make("freeze", parsed.freezes),
        ...make("peak", parsed.peaks),
        ...make("release", parsed.releases),
        ...make("cab", parsed.cab),
      ],
    },
  };
}

type ParsedEntry = TimingFields & {
  readonly name: string;
  readonly hosts: CalendarEntry["hosts"];
  readonly reason?: string | undefined;
  readonly closes?: boolean | undefined;
  readonly emergency?: "passes" | "holds" | undefined;
};

export const calendarKind: PolicyKind = {
  kind: "calendar",
  name: "calendar.yaml",
  decides: "When hosts may be worked on: windows, freezes, business peaks and releases.",
  parse: parseCalendar,
  isApplied: true,
};

/** The published schema of the file, for editors. */
export function calendarJsonSchema(): unknown {
  return z.toJSONSchema(calendarSchema, { io: "input", target: "draft-2020-12" });
}
