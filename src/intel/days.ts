import { DAY_MS, type Instant, instantToText } from "../base/instant.ts";

/**
 * A row of days, the last one today. A day is told as it stood at its end in UTC, the last one as it
 * stands now: the same moments that a question about a past day means.
 */
export interface Days {
  /** The last millisecond of the oldest day. */
  readonly first: Instant;
  readonly count: number;
  readonly now: Instant;
}

export function daysUntil(now: Instant, count: number): Days {
  const tomorrow = (Math.floor(now / DAY_MS) + 1) * DAY_MS;
  return { first: tomorrow - (count - 1) * DAY_MS - 1, count, now };
}

/** The first day at whose end the moment was past; `count` for what is still to come. */
export function dayOf(days: Days, moment: Instant | null): number {
  return Math.max(0, dayBeforeToo(days, moment));
}

/** The same, with days before the oldest one below zero. */
export function dayBeforeToo(days: Days, moment: Instant | null): number {
  if (moment === null || moment > days.now) return days.count;
  return Math.min(days.count, Math.ceil((moment - days.first) / DAY_MS));
}

/** `2026-11-22`, in UTC. */
export function dayName(days: Days, day: number): string {
  return instantToText(Math.min(days.now, days.first + day * DAY_MS)).slice(0, 10);
}
