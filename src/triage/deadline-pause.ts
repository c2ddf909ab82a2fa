import type { Instant } from "../base/instant.ts";
import { periodEnd } from "./deadline-date.ts";
import type { Due } from "./deadline-preset.ts";

/**
 * Clocks that stand still. A wait is a time in which nothing could be done, such as while no source
 * offered a fix. What was overdue before the wait began stays overdue: a pause heals nothing.
 */
export interface Wait {
  readonly from: Instant;
  /** Null while it lasts. */
  readonly to: Instant | null;
}

export interface PausedDate {
  /** Null where the row has no date, and while the clock stands. */
  readonly at: Instant | null;
  /** Since when the clock stands; null where it runs. */
  readonly pausedSince: Instant | null;
  /** How long it stood before, all waits together. */
  readonly pausedMs: number;
}

/** The date of a period that began at `start`; `waits` in order and apart from each other. */
export function pausedDate(
  of: { readonly start: Instant; readonly due: Due; readonly mode: "resume" | "restart" },
  waits: readonly Wait[],
): PausedDate {
  const { start, due, mode } = of;
  if (typeof due === "string") return { at: null, pausedSince: null, pausedMs: 0 };
  let end = periodEnd(start, due);
  let pausedMs = 0;
  for (const wait of waits) {
    const from = Math.max(start, wait.from);
    if (wait.to !== null && wait.to <= start) continue;
    if (from >= end) break;
    if (wait.to === null) return { at: null, pausedSince: from, pausedMs };
    pausedMs += wait.to - from;
    end = mode === "restart" ? periodEnd(wait.to, due) : end + (wait.to - from);
  }
  return { at: end, pausedSince: null, pausedMs };
}

/** The times from `since` on in which none of these lasted: the waits for one of them. */
export function waitsBetween(since: Instant, offered: readonly Wait[]): readonly Wait[] {
  const waits: Wait[] = [];
  let from: Instant | null = since;
  for (const range of offered.toSorted((a, b) => a.from - b.from)) {
    if (from === null) break;
    if (range.from > from) waits.push({ from, to: range.from });
    from = range.to === null ? null : Math.max(from, range.to);
  }
  return from === null ? waits : [...waits, { from, to: null }];
}
