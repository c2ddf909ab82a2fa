import { assert } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { Window } from "./wave.ts";

/**
 * When the hosts of one wave would be done, if each took the same time: as many at once as the wave
 * allows, each beginning only while it is open, as the engine starts them.
 */
export interface HostGroup {
  readonly hosts: number;
  /** Within which they may start; none: at any time. */
  readonly windows: readonly Window[];
}

export interface Work {
  readonly from: Instant;
  readonly atOnce: number;
  readonly jobMs: number;
  /** Hosts at work already; they are on average half way. */
  readonly atWork: number;
  readonly groups: readonly HostGroup[];
  /** Hosts that are done after this are counted as late; null: none is. */
  readonly dueAt: Instant | null;
}

export interface Scheduled {
  /** When the last host is done that can begin at all; null where nobody has anything to do. */
  readonly endsAt: Instant | null;
  /** Hosts for which no window is left. */
  readonly stranded: number;
  /** Of each group, how many are done in time: the first ones in the order of the plan. */
  readonly inTime: readonly number[];
}

/** One pass over the hosts: with equal times, whoever began first is done first. */
export function scheduleWork(work: Work): Scheduled {
  const { from, atOnce, jobMs, groups, dueAt } = work;
  assert(atOnce >= 1, "a wave works on one host at once at least");
  const queue = new Queue(groups);
  const inTime = groups.map(() => 0);
  const halfDone = from + jobMs / 2;
  // Ends of the newest jobs in a ring: a place is free when the job that began `atOnce` ago is done.
  const places = Math.min(atOnce, queue.left + work.atWork);
  const ends = new Float64Array(Math.max(1, places)).fill(from);
  ends.fill(halfDone, Math.max(0, places - work.atWork));
  let endsAt: Instant | null = work.atWork > 0 ? halfDone : null;
  for (let place = 0; queue.left > 0; place = (place + 1) % places) {
    const begun = queue.begin(Math.max(from, ends[place] ?? from));
    if (begun === null) break;
    const end = begun.at + jobMs;
    ends[place] = end;
    endsAt = Math.max(endsAt ?? end, end);
    if (dueAt === null || end <= dueAt) inTime[begun.group] = (inTime[begun.group] ?? 0) + 1;
  }
  return { endsAt, stranded: queue.left, inTime };
}

interface Waiting {
  readonly group: number;
  readonly hosts: number;
  readonly windows: readonly Window[];
  left: number;
}

/** Hosts that wait; a plan mixes its hosts, so of open groups the one with most left comes first. */
class Queue {
  left: number;
  #groups: Waiting[];

  constructor(groups: readonly HostGroup[]) {
    this.#groups = groups
      .map(({ hosts, windows }, group) => ({
        ...{ group, hosts, left: hosts },
        windows: windows.toSorted((a, b) => a.from - b.from),
      }))
      .filter(({ hosts }) => hosts > 0);
    this.left = this.#groups.reduce((sum, { hosts }) => sum + hosts, 0);
  }

  /** The next host and when it begins, from `at` on; null where none may begin any more. */
  begin(at: Instant): { readonly group: number; readonly at: Instant } | null {
    let best: Waiting | null = null;
    let bestAt = Number.POSITIVE_INFINITY;
    for (const one of this.#groups) {
      const opens = openFrom(one.windows, at) ?? Number.POSITIVE_INFINITY;
      const isNext = opens === bestAt && best !== null && shareLeft(one) > shareLeft(best);
      if (opens < bestAt || isNext) [best, bestAt] = [one, opens];
    }
    if (best === null) return null;
    best.left -= 1;
    this.left -= 1;
    if (best.left === 0) this.#groups = this.#groups.filter(({ left }) => left > 0);
    return { group: best.group, at: bestAt };
  }
}

function shareLeft({ left, hosts }: Waiting): number {
  return left / hosts;
}

/** The first moment from `at` on within the windows, which are in order; null after the last. */
function openFrom(windows: readonly Window[], at: Instant): Instant | null {
  if (windows.length === 0) return at;
  const next = windows.find(({ to }) => to > at);
  return next === undefined ? null : Math.max(at, next.from);
}
