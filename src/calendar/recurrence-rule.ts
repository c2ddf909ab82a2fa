/**
 * A recurrence rule as RFC 5545 §3.3.10 writes it (`FREQ=MONTHLY;BYDAY=2TU`), read strictly: an
 * unknown part, a value out of range and a combination that the standard forbids are errors that
 * name the part. What a maintenance window means is decided from this value alone; never from text.
 *
 * Two things are not read on purpose: `RSCALE` and `SKIP` (RFC 7529, other calendars), and parts that
 * begin with `X-`. A rule that leans on either is refused, since dropping it would move a window.
 */
import { Failure } from "../base/failure.ts";
import { DAY_SECONDS } from "./wall-days.ts";
import { readTime } from "./wall-text.ts";

export const frequencies = [
  "SECONDLY",
  "MINUTELY",
  "HOURLY",
  "DAILY",
  "WEEKLY",
  "MONTHLY",
  "YEARLY",
] as const;
export type Frequency = (typeof frequencies)[number];

/** Monday is 0, as ISO 8601 counts from it. */
export const weekdayNames = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;

/** `2TU` is `{nth: 2, weekday: 1}`; `TU` has `nth` 0, every Tuesday of the period. */
export interface NthWeekday {
  readonly nth: number;
  readonly weekday: number;
}

/** Where the rule ends: a moment of the world, or a time on the wall of the rule's own zone. */
export type RuleEnd =
  | { readonly kind: "instant"; readonly wall: number }
  | { readonly kind: "wall"; readonly wall: number };

export interface RecurrenceRule {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly count: number | null;
  readonly until: RuleEnd | null;
  readonly weekStart: number;
  readonly months: readonly number[];
  readonly weekNumbers: readonly number[];
  readonly yearDays: readonly number[];
  readonly monthDays: readonly number[];
  readonly weekdays: readonly NthWeekday[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
  readonly positions: readonly number[];
}

const INTERVAL_MAX = 100_000;
const COUNT_MAX = 1_000_000;
const RULE_CHARACTERS_MAX = 4_096;

const lists = {
  BYSECOND: { min: 0, max: 60, isSigned: false },
  BYMINUTE: { min: 0, max: 59, isSigned: false },
  BYHOUR: { min: 0, max: 23, isSigned: false },
  BYMONTHDAY: { min: 1, max: 31, isSigned: true },
  BYYEARDAY: { min: 1, max: 366, isSigned: true },
  BYWEEKNO: { min: 1, max: 53, isSigned: true },
  BYMONTH: { min: 1, max: 12, isSigned: false },
  BYSETPOS: { min: 1, max: 366, isSigned: true },
} as const;

const known = new Set([
  "FREQ",
  "UNTIL",
  "COUNT",
  "INTERVAL",
  "WKST",
  "BYDAY",
  ...Object.keys(lists),
]);

/** @throws {Failure} `invalid`, naming the part that is wrong and what it may hold. */
export function readRule(text: string): RecurrenceRule {
  const parts = partsOf(text);
  const frequency = frequencyOf(parts.get("FREQ"));
  const seconds = listOf(parts, "BYSECOND").map((second) => Math.min(second, 59));
  const rule: RecurrenceRule = {
    frequency,
    interval: wholeOf(parts, "INTERVAL", INTERVAL_MAX) ?? 1,
    count: wholeOf(parts, "COUNT", COUNT_MAX),
    until: parts.has("UNTIL") ? endOf(parts.get("UNTIL") ?? "") : null,
    weekStart: parts.has("WKST") ? weekdayOf("WKST", parts.get("WKST") ?? "") : 0,
    months: listOf(parts, "BYMONTH"),
    weekNumbers: listOf(parts, "BYWEEKNO"),
    yearDays: listOf(parts, "BYYEARDAY"),
    monthDays: listOf(parts, "BYMONTHDAY"),
    weekdays: weekdaysOf(parts.get("BYDAY")),
    hours: listOf(parts, "BYHOUR"),
    minutes: listOf(parts, "BYMINUTE"),
    // A leap second counts as the one before it (§3.3.12).
    seconds: [...new Set(seconds)],
    positions: listOf(parts, "BYSETPOS"),
  };
  refuseForbidden(rule, parts);
  return rule;
}

function refuse(problem: string): never {
  throw new Failure("invalid", `The recurrence rule cannot be used: ${problem}.`);
}

function partsOf(text: string): ReadonlyMap<string, string> {
  if (text.length > RULE_CHARACTERS_MAX) refuse(`it is longer than ${RULE_CHARACTERS_MAX} signs`);
  const parts = new Map<string, string>();
  const body = text.trim().replace(/^RRULE:/i, "");
  for (const part of body.split(";")) {
    const [name = "", value = "", ...rest] = part.split("=");
    const key = name.toUpperCase();
    if (key === "" && parts.size > 0 && body.endsWith(";")) continue;
    if (rest.length > 0 || value === "") refuse(`"${part}" is no part like NAME=VALUE`);
    if (!known.has(key)) refuse(`it has a part "${name}", which is not in RFC 5545 §3.3.10`);
    if (parts.has(key)) refuse(`${key} stands in it twice`);
    parts.set(key, value.toUpperCase());
  }
  return parts;
}

function frequencyOf(value: string | undefined): Frequency {
  if (value === undefined) refuse("it has no FREQ, for example FREQ=WEEKLY");
  const found = frequencies.find((frequency) => frequency === value);
  return found ?? refuse(`FREQ=${value} is none of ${frequencies.join(", ")}`);
}

function wholeOf(parts: ReadonlyMap<string, string>, name: string, max: number): number | null {
  const value = parts.get(name);
  if (value === undefined) return null;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > max) refuse(`${name}=${value} is no whole number from 1 to ${max}`);
  return number;
}

function listOf(parts: ReadonlyMap<string, string>, name: keyof typeof lists): number[] {
  const value = parts.get(name);
  if (value === undefined) return [];
  const { min, max, isSigned } = lists[name];
  const numbers = value.split(",").map((word) => {
    const number = /^[+-]?\d{1,3}$/.test(word) ? Number(word) : Number.NaN;
    const size = isSigned ? Math.abs(number) : number;
    const range = isSigned
      ? `from ${min} to ${max} or -${max} to -${min}`
      : `from ${min} to ${max}`;
    return size >= min && size <= max
      ? number
      : refuse(`${name} has "${word}", which is not ${range}`);
  });
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function weekdayOf(name: string, word: string): number {
  const weekday = (weekdayNames as readonly string[]).indexOf(word);
  return weekday >= 0
    ? weekday
    : refuse(`${name} has "${word}", none of ${weekdayNames.join(", ")}`);
}

function weekdaysOf(value: string | undefined): NthWeekday[] {
  if (value === undefined) return [];
  return value.split(",").map((word) => {
    const match = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(word);
    const nth = Number(match?.[1] ?? 0);
    if (match === null || Math.abs(nth) > 53 || (match[1] !== undefined && nth === 0)) {
      refuse(`BYDAY has "${word}"; it takes MO or, for the nth, 2TU or -1FR`);
    }
    return { nth, weekday: weekdayOf("BYDAY", match[2] ?? "") };
  });
}

/** §3.3.10 writes a DATE or a DATE-TIME in its basic form, seconds included. */
const END = /^\d{8}(?:T\d{6}Z?)?$/;

function endOf(value: string): RuleEnd {
  const time = END.test(value) ? readTime(value) : null;
  if (time === null)
    refuse(`UNTIL=${value} is no date like 20270101 or moment like 20270101T120000Z`);
  // A day without a time includes the whole of that day.
  const wall = time.isDay ? time.wall + DAY_SECONDS - 1 : time.wall;
  return { kind: time.offset === null ? "wall" : "instant", wall };
}

/** The combinations that §3.3.10 forbids with MUST NOT. */
function refuseForbidden(rule: RecurrenceRule, parts: ReadonlyMap<string, string>): void {
  const { frequency } = rule;
  if (rule.count !== null && rule.until !== null) refuse("it has both COUNT and UNTIL");
  if (rule.weekNumbers.length > 0 && frequency !== "YEARLY") {
    refuse(`BYWEEKNO goes with FREQ=YEARLY only, not with ${frequency}`);
  }
  if (rule.yearDays.length > 0 && ["DAILY", "WEEKLY", "MONTHLY"].includes(frequency)) {
    refuse(`BYYEARDAY does not go with FREQ=${frequency}`);
  }
  if (rule.monthDays.length > 0 && frequency === "WEEKLY") {
    refuse("BYMONTHDAY does not go with FREQ=WEEKLY");
  }
  const hasNth = rule.weekdays.some(({ nth }) => nth !== 0);
  if (hasNth && frequency !== "MONTHLY" && frequency !== "YEARLY") {
    refuse(`BYDAY with a number goes with FREQ=MONTHLY or YEARLY only, not with ${frequency}`);
  }
  if (hasNth && rule.weekNumbers.length > 0)
    refuse("BYDAY with a number does not go with BYWEEKNO");
  const others = [...parts.keys()].filter((name) => name.startsWith("BY") && name !== "BYSETPOS");
  if (rule.positions.length > 0 && others.length === 0) {
    refuse("BYSETPOS chooses among what another BY… part names, and there is none");
  }
}
