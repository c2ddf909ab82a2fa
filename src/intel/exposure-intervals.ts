import type { Segment } from "./host-story.ts";

/**
 * From when to when a host was exposed to a vulnerability, from histories: it had a package while that
 * was known to have the vulnerability and nothing trusted set it aside. Several packages count
 * together. Works on days and on milliseconds alike.
 */
export const intervalEnds = ["changed", "not-said", "set-aside", "host-gone"] as const;
export type IntervalEnd = (typeof intervalEnds)[number];
export type IntervalState = IntervalEnd | "lasts";

export interface ExposureInterval {
  readonly from: number;
  /** Null while it lasts. */
  readonly to: number | null;
  /** Why it ended; null while it lasts. */
  readonly ended: IntervalEnd | null;
}

/** When something was known of packages that one segment has; in any order, overlapping or not. */
export interface KnownTime {
  readonly from: number;
  readonly to: number;
  readonly isThenAside?: boolean | undefined;
}

export interface StoryTimes<S extends Segment> {
  readonly segments: readonly S[];
  /** What was known of the packages of a segment, joined by `joinedTimes`. */
  readonly timesIn: (segment: S) => readonly KnownTime[];
  /**
   * Packages that are new on a host are judged a moment after they were seen. A pause up to this
   * long, right behind a change of the host, is no end.
   */
  readonly pauseMax: number;
}

export function exposureIntervals<S extends Segment>(
  of: StoryTimes<S>,
): readonly ExposureInterval[] {
  const { segments, pauseMax } = of;
  const found: { from: number; to: number; ended: IntervalEnd }[] = [];
  segments.forEach((segment, at) => {
    const next = segments[at + 1];
    for (const time of of.timesIn(segment)) {
      const from = Math.max(time.from, segment.from);
      const to = Math.min(time.to, segment.to);
      if (from >= to) continue;
      const ended = endOf(time, segment, next);
      const before = found.at(-1);
      if (before !== undefined && isSameExposure(before, from, { segment, pauseMax })) {
        before.to = to;
        before.ended = ended;
      } else found.push({ from, to, ended });
    }
  });
  return found.map(({ from, to, ended }) =>
    to === Number.POSITIVE_INFINITY ? { from, to: null, ended: null } : { from, to, ended },
  );
}

function isSameExposure(
  before: { readonly to: number; readonly ended: IntervalEnd },
  from: number,
  of: { readonly segment: Segment; readonly pauseMax: number },
): boolean {
  if (before.to === from) return true;
  const isAtChange = before.ended === "changed" && before.to === of.segment.from;
  return isAtChange && from - before.to <= of.pauseMax;
}

function endOf(time: KnownTime, segment: Segment, next: Segment | undefined): IntervalEnd {
  if (time.to < segment.to) return time.isThenAside === true ? "set-aside" : "not-said";
  return next?.from === segment.to ? "changed" : "host-gone";
}

/** One behind the other, none of them touching the next. */
export function joinedTimes(times: readonly KnownTime[]): readonly KnownTime[] {
  const found: KnownTime[] = [];
  for (const time of times.toSorted((a, b) => a.from - b.from)) {
    const before = found.at(-1);
    if (before === undefined || time.from > before.to) found.push(time);
    else if (time.to >= before.to) {
      found[found.length - 1] = { ...time, from: before.from };
    }
  }
  return found;
}
