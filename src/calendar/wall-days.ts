/**
 * Days of the proleptic Gregorian calendar, counted from 1970-01-01 as day 0, without a time zone:
 * the wall clock's half of a recurrence. Pure arithmetic.
 */

/** What a rule may ask about one day. Months and days count from 1, weekdays from Monday as 0. */
export interface WallDay {
  readonly number: number;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly yearDay: number;
  readonly monthLength: number;
  readonly yearLength: number;
}

export const DAY_SECONDS = 86_400;

/** What is left of a division, never negative: days before 1970 have a weekday and an hour too. */
export function modulo(value: number, size: number): number {
  return ((value % size) + size) % size;
}

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

const CYCLE_YEARS = 400;
const CYCLE_DAYS = 146_097;
/** 1970-01-01 counted from 0000-03-01: years that begin in March end with the leap day. */
const EPOCH_FROM_MARCH_0 = 719_468;

/** Months outside 1 to 12 count on into other years. */
export function dayNumber(year: number, month: number, day: number): number {
  const months = year * 12 + month - 1;
  const fromMarch = months - 2;
  const marchYear = Math.floor(fromMarch / 12);
  return daysBeforeYear(marchYear) + daysBeforeMonth(fromMarch - marchYear * 12) + day - 1;
}

function daysBeforeYear(marchYear: number): number {
  const leaps =
    Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leaps - EPOCH_FROM_MARCH_0;
}

/** From March as 0: the lengths 31, 30, 31, 30, 31 repeat, which this line rounds to. */
function daysBeforeMonth(month: number): number {
  return Math.floor((153 * month + 2) / 5);
}

export function weekdayOfDay(number: number): number {
  // 1970-01-01 was a Thursday.
  return modulo(number + 3, 7);
}

export function wallDay(number: number): WallDay {
  const shifted = number + EPOCH_FROM_MARCH_0;
  const cycle = Math.floor(shifted / CYCLE_DAYS);
  const rest = shifted - cycle * CYCLE_DAYS;
  // Take the leap days out again, so that every year has 365 days and divides evenly.
  const leapless =
    rest - Math.floor(rest / 1_460) + Math.floor(rest / 36_524) - Math.floor(rest / 146_096);
  const marchYear = Math.floor(leapless / 365) + cycle * CYCLE_YEARS;
  const dayOfYear = number - daysBeforeYear(marchYear);
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const year = fromMarch >= 10 ? marchYear + 1 : marchYear;
  const month = fromMarch >= 10 ? fromMarch - 9 : fromMarch + 3;
  return {
    number,
    year,
    month,
    day: dayOfYear - daysBeforeMonth(fromMarch) + 1,
    weekday: weekdayOfDay(number),
    yearDay: number - dayNumber(year, 1, 1) + 1,
    monthLength: dayNumber(year, month + 1, 1) - dayNumber(year, month, 1),
    yearLength: isLeapYear(year) ? 366 : 365,
  };
}

/** The first day of the week, beginning on `weekStart`, that holds this day. */
export function weekBegin(number: number, weekStart: number): number {
  return number - ((weekdayOfDay(number) - weekStart + 7) % 7);
}

/**
 * Which week of which year a day lies in, and how many that year has. Week 1 is the first with at
 * least four days of the year (RFC 5545 §3.3.10, BYWEEKNO; ISO 8601 where weeks begin on Monday).
 */
export function weekOfYear(
  day: WallDay,
  weekStart: number,
): { readonly week: number; readonly weeks: number } {
  const begin = weekBegin(day.number, weekStart);
  // The fourth day of a week decides to which year it belongs.
  const year = wallDay(begin + 3).year;
  const first = firstWeek(year, weekStart);
  const weeks = (firstWeek(year + 1, weekStart) - first) / 7;
  return { week: (begin - first) / 7 + 1, weeks };
}

function firstWeek(year: number, weekStart: number): number {
  return weekBegin(dayNumber(year, 1, 4), weekStart);
}
