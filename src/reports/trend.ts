import type { Members } from "../intel/knowledge.ts";

/**
 * How exposure moved over the last days, from histories: which hosts had which package set at the end
 * of each day, and what was known of its packages then. Each day is one bit, so that thousands of sets
 * and packages are joined by a few operations each.
 */
export const TREND_DAYS = 30;

/** Hosts that had a set over the days `from` (0 is the oldest) up to, not including, `to`. */
export interface SetDays {
  readonly setId: number;
  readonly from: number;
  readonly to: number;
  readonly hosts: number;
}

/** One vulnerability of a package over the days on which it was known. */
export interface PairDays {
  readonly packageId: number;
  readonly vulnerability: string;
  readonly from: number;
  readonly to: number;
}

export interface KevDays {
  readonly vulnerability: string;
  readonly from: number;
  readonly to: number;
}

export interface TrendDay {
  readonly exploited: number | null;
  readonly findings: number | null;
  readonly hosts: number | null;
}

export interface TrendInput {
  readonly sets: readonly SetDays[];
  readonly members: ReadonlyMap<number, Members>;
  readonly pairs: readonly PairDays[];
  readonly kev: readonly KevDays[];
  /** The first day on which anything was matched; days before it are not known. */
  readonly knownFrom: number;
}

export function trendOf(input: TrendInput): readonly TrendDay[] {
  const present = packageDays(input);
  const kev = new Map<string, number>();
  for (const { vulnerability, from, to } of input.kev) {
    kev.set(vulnerability, (kev.get(vulnerability) ?? 0) | days(from, to));
  }
  const found = new Map<string, number>();
  const exploitedPackages = new Map<number, number>();
  for (const { packageId, vulnerability, from, to } of input.pairs) {
    const on = days(from, to) & (present.get(packageId) ?? 0);
    if (on === 0) continue;
    found.set(vulnerability, (found.get(vulnerability) ?? 0) | on);
    const exploited = on & (kev.get(vulnerability) ?? 0);
    if (exploited === 0) continue;
    exploitedPackages.set(packageId, (exploitedPackages.get(packageId) ?? 0) | exploited);
  }
  const hosts = exposedHosts(input, exploitedPackages);
  const inUse = input.sets.reduce((mask, set) => mask | days(set.from, set.to), 0);
  return Array.from({ length: TREND_DAYS }, (_, day) => {
    const bit = 1 << day;
    if (day < input.knownFrom || (inUse & bit) === 0) {
      return { exploited: null, findings: null, hosts: null };
    }
    let [findings, exploited] = [0, 0];
    for (const [vulnerability, on] of found) {
      if ((on & bit) === 0) continue;
      findings += 1;
      if (((kev.get(vulnerability) ?? 0) & bit) !== 0) exploited += 1;
    }
    return { exploited, findings, hosts: hosts[day] ?? 0 };
  });
}

function packageDays({ sets, members }: TrendInput): ReadonlyMap<number, number> {
  const bySet = new Map<number, number>();
  for (const { setId, from, to } of sets) {
    bySet.set(setId, (bySet.get(setId) ?? 0) | days(from, to));
  }
  const found = new Map<number, number>();
  for (const [setId, on] of bySet) {
    for (const id of members.get(setId) ?? []) found.set(id, (found.get(id) ?? 0) | on);
  }
  return found;
}

function exposedHosts(
  { sets, members }: TrendInput,
  exploited: ReadonlyMap<number, number>,
): readonly number[] {
  const counts = new Array<number>(TREND_DAYS).fill(0);
  const bySet = new Map<number, number>();
  for (const { setId, from, to, hosts } of sets) {
    let on = bySet.get(setId);
    if (on === undefined) {
      on = 0;
      for (const id of members.get(setId) ?? []) on |= exploited.get(id) ?? 0;
      bySet.set(setId, on);
    }
    const mask = on & days(from, to);
    for (let day = 0; mask !== 0 && day < TREND_DAYS; day += 1) {
      if ((mask & (1 << day)) !== 0) counts[day] = (counts[day] ?? 0) + hosts;
    }
  }
  return counts;
}

/** The bits of the days from `from` up to, not including, `to`. */
function days(from: number, to: number): number {
  const first = Math.max(0, from);
  const end = Math.min(TREND_DAYS, to);
  return end <= first ? 0 : (2 ** end - 2 ** first) | 0;
}
