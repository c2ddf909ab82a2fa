import { countExposure, type Exposure, groupsByPackage, type PairGroup } from "./exposure.ts";
import type { FindingState, Vulnerability } from "./model.ts";
import type { Reach } from "./store-exposure.ts";

/**
 * Findings for people: grouped by vulnerability, by source package or by host, what is exploited
 * first. One source fans out to many binaries and one update closes many findings, so a row per
 * (package, vulnerability) is never shown.
 */
export interface FindingRow {
  readonly key: string;
  readonly vulnerabilities: readonly string[];
  readonly sources: readonly {
    readonly ecosystem: string;
    readonly source: string;
    readonly fixedVersions: readonly string[];
  }[];
  readonly states: readonly FindingState[];
  readonly hostCount: number;
  readonly packageCount: number;
  readonly knownExploitedCount: number;
  /** Highest of the group; null when no score is known. */
  readonly epss: number | null;
  readonly cvss: number | null;
  readonly since: number;
}

export type Facts = ReadonlyMap<string, Vulnerability>;

export function rowsByVulnerability(reach: Reach, facts: Facts): readonly FindingRow[] {
  return grouped(reach, facts, (pair) => pair.vulnerability);
}

export function rowsBySource(reach: Reach, facts: Facts): readonly FindingRow[] {
  return grouped(reach, facts, (pair) => `${pair.ecosystem} ${pair.source}`);
}

/** One row per group of equal hosts, under `<set id> <running kernel>`; its hosts share it. */
export function rowsByHostGroup(reach: Reach, facts: Facts): ReadonlyMap<string, FindingRow> {
  const groupsOf = groupsByPackage(reach.postings, reach.groups);
  const pairsOf = new Map<number, Exposure[]>(reach.groups.map((group) => [group.id, []]));
  // Most vulnerabilities of a source touch the same packages: their hosts are worked out once.
  const known = new Map<string, ReadonlyMap<number, readonly number[]>>();
  for (const pair of reach.pairs) {
    const key = pair.packageIds.join(",");
    const packagesOf = known.get(key) ?? packagesByGroup(pair.packageIds, groupsOf);
    known.set(key, packagesOf);
    for (const [group, packageIds] of packagesOf) {
      pairsOf.get(group)?.push({ ...pair, packageIds, hostCount: 1 });
    }
  }
  const rows = new Map<string, FindingRow>();
  for (const group of reach.groups) {
    const pairs = pairsOf.get(group.id) ?? [];
    const key = groupKey(group);
    if (pairs.length > 0) rows.set(key, rowOf(key, pairs, group.hostCount, facts));
  }
  return rows;
}

function packagesByGroup(
  packageIds: readonly number[],
  groupsOf: ReadonlyMap<number, readonly number[]>,
): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const id of packageIds) {
    for (const group of groupsOf.get(id) ?? []) {
      const ids = found.get(group);
      if (ids === undefined) found.set(group, [id]);
      else ids.push(id);
    }
  }
  return found;
}

export function groupKey(group: { setId: number; kernelRunning: string | null }): string {
  return `${group.setId} ${group.kernelRunning ?? ""}`;
}

function grouped(
  reach: Reach,
  facts: Facts,
  keyOf: (pair: PairGroup) => string,
): readonly FindingRow[] {
  const present = countExposure(reach.pairs, reach.postings, reach.groups);
  const rows = [...Map.groupBy(present, keyOf)].map(([key, pairs]) => {
    const [first] = pairs;
    const packageIds = [...new Set(pairs.flatMap((p) => p.packageIds))].sort((a, b) => a - b);
    // Hosts of several pairs overlap, so the union is counted anew, not added up.
    const counted =
      first === undefined || pairs.length === 1
        ? first
        : countExposure([{ ...first, packageIds }], reach.postings, reach.groups)[0];
    return rowOf(key, pairs, counted?.hostCount ?? 0, facts);
  });
  return rows.toSorted(byUrgency);
}

function rowOf(
  key: string,
  pairs: readonly Exposure[],
  hostCount: number,
  facts: Facts,
): FindingRow {
  const vulnerabilities = [...new Set(pairs.map((pair) => pair.vulnerability))];
  const known = vulnerabilities.flatMap((id) => facts.get(id) ?? []);
  const bySource = Map.groupBy(pairs, (pair) => `${pair.ecosystem}\n${pair.source}`);
  return {
    key,
    vulnerabilities,
    sources: [...bySource.values()].flatMap(([first, ...rest]) =>
      first === undefined
        ? []
        : [
            {
              ecosystem: first.ecosystem,
              source: first.source,
              fixedVersions: [
                ...new Set([first, ...rest].flatMap((pair) => pair.fixedVersion ?? [])),
              ],
            },
          ],
    ),
    states: [...new Set(pairs.map((pair) => pair.state))],
    hostCount,
    packageCount: new Set(pairs.flatMap((pair) => pair.packageIds)).size,
    knownExploitedCount: known.filter((v) => v.kev !== null).length,
    epss: highest(known.flatMap((v) => v.epss?.score ?? [])),
    cvss: highest(known.flatMap((v) => v.cvss.map((c) => c.score))),
    since: Math.min(...pairs.map((pair) => pair.since)),
  };
}

function highest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b));
}

/** Known exploitation, then likelihood of it, then reach; the key makes the order complete. */
export function byUrgency(a: FindingRow, b: FindingRow): number {
  return (
    b.knownExploitedCount - a.knownExploitedCount ||
    (b.epss ?? -1) - (a.epss ?? -1) ||
    b.hostCount - a.hostCount ||
    (a.key < b.key ? -1 : 1)
  );
}

/** Keeps pairs whose vulnerability or source the text names, and known exploited ones if asked. */
export function filterPairs(
  pairs: readonly PairGroup[],
  facts: Facts,
  filter: { readonly isKev?: boolean | undefined; readonly search?: string | undefined },
): readonly PairGroup[] {
  const search = filter.search?.toLowerCase() ?? "";
  return pairs.filter((pair) => {
    const fact = facts.get(pair.vulnerability);
    if (filter.isKev !== undefined && (fact?.kev != null) !== filter.isKev) return false;
    const texts = [pair.vulnerability, pair.source, fact?.title ?? ""];
    return search === "" || texts.some((text) => text.toLowerCase().includes(search));
  });
}
