/**
 * The times that a recurrence rule names, as a clock on the wall shows them (RFC 5545 §3.3.10 with
 * the table of expanding and limiting parts on its page 44). Wall times are whole seconds since
 * 1970-01-01 00:00 without a zone; `zone-time.ts` says when that is in the world.
 *
 * Lazy: rules may go on for ever. Ends by itself with the year 9999, the last that the format writes.
 * `COUNT` and `UNTIL` are not judged here: times that a change of the clocks leaves out do not count
 * (§3.3.10), and only a zone knows them.
 */
import { Failure } from "../base/failure.ts";
import type { Frequency, RecurrenceRule } from "./recurrence-rule.ts";
import {
  DAY_SECONDS,
  dayNumber,
  modulo,
  type WallDay,
  wallDay,
  weekBegin,
  weekOfYear,
} from "./wall-days.ts";

const LAST_YEAR = 9_999;
/** So many hours, minutes or seconds in a row without a time are taken for a rule that names none. */
const EMPTY_SETS_MAX = 1_000_000;
/**
 * The Gregorian calendar repeats after 400 years, which are whole weeks. A rule that names nothing in
 * as many of its periods, one after another, names nothing any more.
 */
const cyclePeriods = { DAILY: 146_097, WEEKLY: 20_871, MONTHLY: 4_800, YEARLY: 400 } as const;
const unitSeconds = { SECONDLY: 1, MINUTELY: 60, HOURLY: 3_600 } as const;
type Subdaily = keyof typeof unitSeconds;

/**
 * Wall times at or after `start`, ascending, without repetition.
 *
 * @throws {Failure} `invalid` where millions of periods in a row hold none.
 */
export function* wallTimes(rule: RecurrenceRule, start: number): Generator<number> {
  const filled = withStart(rule, start);
  const sets = isSubdaily(filled.frequency)
    ? subdailySets(filled, filled.frequency, start)
    : dailySets(filled, start);
  let empty = 0;
  for (const times of sets) {
    empty = times.length === 0 ? empty + 1 : 0;
    if (empty > EMPTY_SETS_MAX) refuseEmpty();
    for (const time of times) if (time >= start) yield time;
  }
}

function refuseEmpty(): never {
  const tried = `${EMPTY_SETS_MAX.toLocaleString("en")} periods in a row hold none`;
  throw new Failure(
    "invalid",
    `The recurrence rule names no more times: ${tried}. Check its BY… parts.`,
  );
}

function isSubdaily(frequency: Frequency): frequency is Subdaily {
  return frequency in unitSeconds;
}

/** What the rule leaves open is taken from the start (§3.3.10: "information … is derived"). */
function withStart(rule: RecurrenceRule, start: number): RecurrenceRule {
  const day = wallDay(Math.floor(start / DAY_SECONDS));
  const time = start - day.number * DAY_SECONDS;
  const isSub = isSubdaily(rule.frequency);
  const hasDays =
    rule.weekNumbers.length + rule.yearDays.length + rule.monthDays.length + rule.weekdays.length >
    0;
  const { frequency } = rule;
  const isMonthDay = !hasDays && (frequency === "MONTHLY" || frequency === "YEARLY");
  const isMonth = !hasDays && frequency === "YEARLY" && rule.months.length === 0;
  const hasOnlyWeeks =
    rule.weekNumbers.length > 0 &&
    rule.yearDays.length + rule.monthDays.length + rule.weekdays.length === 0;
  const isWeekday = (!hasDays && frequency === "WEEKLY") || hasOnlyWeeks;
  return {
    ...rule,
    months: isMonth ? [day.month] : rule.months,
    monthDays: isMonthDay ? [day.day] : rule.monthDays,
    weekdays: isWeekday ? [{ nth: 0, weekday: day.weekday }] : rule.weekdays,
    hours: orElse(rule.hours, isSub, Math.floor(time / 3600)),
    minutes: orElse(rule.minutes, isSub && frequency !== "HOURLY", Math.floor(time / 60) % 60),
    seconds: orElse(rule.seconds, frequency === "SECONDLY", time % 60),
  };
}

function orElse(given: readonly number[], isOpen: boolean, own: number): readonly number[] {
  return given.length > 0 || isOpen ? given : [own];
}

/** The times of one period after another, for periods of a day and longer. */
function* dailySets(rule: RecurrenceRule, start: number): Generator<readonly number[]> {
  const times = timesOfDay(rule);
  const has = dayFilter(rule);
  const cycle = isSubdaily(rule.frequency) ? 0 : cyclePeriods[rule.frequency];
  let empty = 0;
  for (const [from, to] of periods(rule, Math.floor(start / DAY_SECONDS))) {
    const days = daysFrom(from, to).filter((number) => has(wallDay(number)));
    const found = days.flatMap((number) => times.map((time) => number * DAY_SECONDS + time));
    const picked = chosen(found, rule.positions);
    empty = picked.length === 0 ? empty + 1 : 0;
    if (empty > cycle) return;
    yield picked;
  }
}

function daysFrom(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function timesOfDay(rule: RecurrenceRule): number[] {
  const times = rule.hours.flatMap((hour) =>
    rule.minutes.flatMap((minute) =>
      rule.seconds.map((second) => hour * 3600 + minute * 60 + second),
    ),
  );
  return times.sort((a, b) => a - b);
}

/** Half-open ranges of days, from the period that holds the first day. */
function* periods(rule: RecurrenceRule, first: number): Generator<readonly [number, number]> {
  const { year, month } = wallDay(first);
  for (let step = 0; ; step += rule.interval) {
    const range = periodAt(rule, { first, year, month }, step);
    if (wallDay(range[0]).year > LAST_YEAR) return;
    yield range;
  }
}

function periodAt(
  rule: RecurrenceRule,
  begin: { readonly first: number; readonly year: number; readonly month: number },
  step: number,
): readonly [number, number] {
  const { first, year, month } = begin;
  switch (rule.frequency) {
    case "YEARLY":
      return [dayNumber(year + step, 1, 1), dayNumber(year + step + 1, 1, 1)];
    case "MONTHLY":
      return [dayNumber(year, month + step, 1), dayNumber(year, month + step + 1, 1)];
    case "WEEKLY": {
      const week = weekBegin(first, rule.weekStart) + step * 7;
      return [week, week + 7];
    }
    default:
      return [first + step, first + step + 1];
  }
}

/** Whether a day meets every part of the rule that speaks of days. */
function dayFilter(rule: RecurrenceRule): (day: WallDay) => boolean {
  const { months, monthDays, yearDays, weekNumbers } = rule;
  return (day) =>
    (months.length === 0 || months.includes(day.month)) &&
    (monthDays.length === 0 || isAmong(monthDays, day.day, day.monthLength)) &&
    (yearDays.length === 0 || isAmong(yearDays, day.yearDay, day.yearLength)) &&
    (rule.weekdays.length === 0 || hasWeekday(rule, day)) &&
    (weekNumbers.length === 0 || hasWeek(rule, day));
}

/** Positions count from 1, or backwards from -1 at the end. */
function isAmong(positions: readonly number[], position: number, length: number): boolean {
  return positions.includes(position) || positions.includes(position - length - 1);
}

function hasWeekday(rule: RecurrenceRule, day: WallDay): boolean {
  // The nth weekday is counted in the month, or in the year where no month is named.
  const isInYear = rule.frequency === "YEARLY" && rule.months.length === 0;
  const position = isInYear ? day.yearDay : day.day;
  const length = isInYear ? day.yearLength : day.monthLength;
  const nth = Math.ceil(position / 7);
  const nthFromEnd = -Math.ceil((length - position + 1) / 7);
  return rule.weekdays.some(
    (wanted) =>
      wanted.weekday === day.weekday &&
      (wanted.nth === 0 || wanted.nth === nth || wanted.nth === nthFromEnd),
  );
}

function hasWeek(rule: RecurrenceRule, day: WallDay): boolean {
  const { week, weeks } = weekOfYear(day, rule.weekStart);
  return isAmong(rule.weekNumbers, week, weeks);
}

/** The times of one hour, minute or second after another. */
function* subdailySets(
  rule: RecurrenceRule,
  frequency: Subdaily,
  start: number,
): Generator<readonly number[]> {
  const unit = unitSeconds[frequency];
  const step = unit * rule.interval;
  const origin = start - modulo(start, unit);
  const has = dayFilter(rule);
  let day = wallDay(Math.floor(start / DAY_SECONDS));
  while (day.year <= LAST_YEAR) {
    const begin = day.number * DAY_SECONDS;
    const end = begin + DAY_SECONDS;
    const ahead = Math.max(0, Math.ceil((begin - origin) / step));
    const at = origin + ahead * step;
    if (at < end && has(day)) {
      for (let time = at; time < end; time += step) {
        yield chosen(timesOfUnit(rule, unit, time), rule.positions);
      }
    }
    // A long interval leaves days out: go to the one that holds the next step.
    const next = at < end ? day.number + 1 : Math.floor(at / DAY_SECONDS);
    day = wallDay(next);
  }
}

function timesOfUnit(rule: RecurrenceRule, unit: number, begin: number): number[] {
  const time = modulo(begin, DAY_SECONDS);
  const hour = Math.floor(time / 3600);
  const minute = Math.floor(time / 60) % 60;
  if (rule.hours.length > 0 && !rule.hours.includes(hour)) return [];
  if (unit === 3600) {
    return rule.minutes.flatMap((at) => rule.seconds.map((second) => begin + at * 60 + second));
  }
  if (rule.minutes.length > 0 && !rule.minutes.includes(minute)) return [];
  if (unit === 60) return rule.seconds.map((second) => begin + second);
  return rule.seconds.length === 0 || rule.seconds.includes(time % 60) ? [begin] : [];
}

/** What BYSETPOS leaves of one period's times, ascending. */
function chosen(times: readonly number[], positions: readonly number[]): readonly number[] {
  if (positions.length === 0) return times;
  const picked = positions
    .map((position) => times.at(position > 0 ? position - 1 : position))
    .filter((time) => time !== undefined);
  return [...new Set(picked)].sort((a, b) => a - b);
}
