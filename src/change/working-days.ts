import { DAY_MS, type Instant } from "../base/instant.ts";
import { zoneClock } from "../calendar/zone-time.ts";
import { type WorkingDays, weekdays } from "../policy/change-control.ts";

/** A year of holidays in a row would be a mistake in the file, not a calendar. */
const LOOK_DAYS = 400;

/**
 * The end of the so-manieth working day after a moment, on the wall clock of the policy's zone: what
 * begins on a Monday and has two working days is due when Wednesday ends.
 */
export function workingDaysAfter(rule: WorkingDays, from: Instant, days: number): Instant {
  const clock = zoneClock(rule.zone);
  const today = Math.floor((clock.wallTime(Math.floor(from / 1000)) * 1000) / DAY_MS);
  let day = today;
  for (let left = days; left > 0 && day < today + LOOK_DAYS; ) {
    day += 1;
    if (isWorkingDay(rule, day)) left -= 1;
  }
  return clock.worldTime(((day + 1) * DAY_MS) / 1000).instant * 1000;
}

function isWorkingDay({ days, holidays }: WorkingDays, day: number): boolean {
  const date = new Date(day * DAY_MS);
  const weekday = weekdays[date.getUTCDay()];
  const text = date.toISOString().slice(0, 10);
  return weekday !== undefined && days.includes(weekday) && !holidays.includes(text);
}
