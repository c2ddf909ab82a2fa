import {
  type HostCounter,
  type HostGroup,
  hostCounter,
  type PairGroup,
  type Postings,
  withoutLowered,
} from "./exposure.ts";
import type { FindingState, Vulnerability } from "./model.ts";
import { listAt } from "./posting-lists.ts";
import type { Reach } from "./store-exposure.ts";

/**
 * Findings for people: grouped by vulnerability, by source package or by host, what is exploited
 * first. One source fans out to many binaries and one update closes many findings, so a row per
 * (package, vulnerability) is never shown.
 */
export interface FindingRow {
  readonly key: string;
  /** Of a host's row the most urgent only, as one host may have tens of thousands. */
  readonly vulnerabilities: readonly string[];
  readonly vulnerabilityCount: number;
  readonly sources: readonly {
    readonly ecosystem: string;
    readonly source: string;
    readonly fixedVersions: readonly string[];
  }[];
  readonly states: readonly FindingState[];
  readonly hostCount: number;
  /** Hosts on which all of it is lowered by what they run. */
  readonly loweredHostCount: number;
  /** Services whose own components have it. */
  readonly serviceCount: number;
  readonly packageCount: number;
  readonly knownExploitedCount: number;
  /** Highest of the group; null when no score is known. */
  readonly epss: number | null;
  readonly cvss: number | null;
  readonly since: number;
  /** Of a host, where its labels name one. */
  readonly team?: string | null;
}

export type Facts = ReadonlyMap<string, Vulnerability>;

/** What is found in the own components of each service. */
export type PairsOfServices = readonly (readonly PairGroup[])[];

export function rowsByVulnerability(
  reach: Reach,
  facts: Facts,
  services: PairsOfServices = [],
): readonly FindingRow[] {
  return grouped({ reach, services, keyOf: (pair) => pair.vulnerability }, facts);
}

export function rowsBySource(
  reach: Reach,
  facts: Facts,
  services: PairsOfServices = [],
): readonly FindingRow[] {
  const keyOf = (pair: PairGroup): string => `${pair.ecosystem} ${pair.source}`;
  return grouped({ reach, services, keyOf }, facts);
}

/** Of a host's row: the page of the host has them all. */
export const NAMED_OF_HOST_MAX = 100;

/**
 * One row per group of equal hosts, under `<set id> <running kernel>`; its hosts share it. Groups may
 * have tens of thousands of vulnerabilities each, so these are counted by their places in the order.
 */
export function rowsByHostGroup(
  reach: Pick<Reach, "groups" | "postings">,
  { order, parts }: SummedPairs,
): ReadonlyMap<string, FindingRow> {
  const partsOf = new Map<number, GroupPart[]>();
  for (const { pair, summary } of parts) {
    for (const [place, packageIds] of packagesByPlace(pair, reach.postings)) {
      const list = partsOf.get(place);
      if (list === undefined) partsOf.set(place, [{ summary, packageIds }]);
      else list.push({ summary, packageIds });
    }
  }
  const namesOf = firstNames(order);
  return new Map(
    reach.groups.flatMap((group, place) => {
      const own = partsOf.get(place) ?? [];
      if (own.length === 0) return [];
      const key = groupKey(group);
      const packageIds = own.flatMap((part) => part.packageIds);
      const summaries = own.map((part) => part.summary);
      const named = namesOf(summaries);
      const row = rowOf({ key, summaries, packageIds, hostCount: group.hostCount, named });
      return [[key, row] as const];
    }),
  );
}

interface GroupPart {
  readonly summary: PlacedSummary;
  readonly packageIds: readonly number[];
}

type PlacedSummary = Summary & { readonly places: Int32Array };

/** Pairs of the same packages reach the same hosts: they are summed up once, for all hosts and pages. */
export interface SummedPairs {
  readonly order: UrgencyOrder;
  readonly parts: readonly {
    /** One of them, as all have the same packages. */
    readonly pair: PairGroup;
    readonly summary: PlacedSummary;
  }[];
}

export function sumPairs(pairs: readonly PairGroup[], facts: Facts): SummedPairs {
  const order = urgencyOrder(pairs, facts);
  const parts = [...Map.groupBy(pairs, partKey).values()].flatMap((alike) => {
    const [pair] = alike;
    const summary = { ...summarise(alike, facts), places: placesOf(alike, order) };
    return pair === undefined ? [] : [{ pair, summary }];
  });
  return { order, parts };
}

/** Vulnerabilities by urgency, the most urgent first, each with its place. */
interface UrgencyOrder {
  readonly ids: readonly string[];
  readonly placeOf: ReadonlyMap<string, number>;
}

/** Known exploitation, then likelihood of it; the id makes the order complete. */
function urgencyOrder(pairs: readonly PairGroup[], facts: Facts): UrgencyOrder {
  const distinct = [...new Set(pairs.map((pair) => pair.vulnerability))];
  const judged = distinct.map((id) => {
    const fact = facts.get(id);
    return { id, kev: fact?.kev == null ? 0 : 1, epss: fact?.epss?.score ?? -1 };
  });
  judged.sort((a, b) => b.kev - a.kev || b.epss - a.epss || (a.id < b.id ? -1 : 1));
  const ids = judged.map(({ id }) => id);
  return { ids, placeOf: new Map(ids.map((id, place) => [id, place])) };
}

function placesOf(pairs: readonly PairGroup[], { placeOf }: UrgencyOrder): Int32Array {
  const places = new Set(pairs.map((pair) => placeOf.get(pair.vulnerability) ?? 0));
  return Int32Array.from(places);
}

interface Named {
  readonly ids: readonly string[];
  readonly count: number;
}

/** The first names of several summaries together, and how many there are; each is counted once. */
function firstNames({ ids }: UrgencyOrder): (of: readonly PlacedSummary[]) => Named {
  const seen = new Int32Array(ids.length);
  let turn = 0;
  return (summaries) => {
    turn += 1;
    let count = 0;
    for (const { places } of summaries) {
      for (const place of places) {
        if (seen[place] !== turn) count += 1;
        seen[place] = turn;
      }
    }
    const named: string[] = [];
    const wanted = Math.min(count, NAMED_OF_HOST_MAX);
    for (let place = 0; named.length < wanted; place += 1) {
      if (seen[place] === turn) named.push(ids[place] ?? "");
    }
    return { ids: named, count };
  };
}

/** What a filter says is about one vulnerability, so such a pair stands alone. */
function partKey(pair: PairGroup): string {
  const packages = pair.packageIds.join(",");
  return pair.isAside === undefined ? packages : `${packages} ${pair.vulnerability}`;
}

function packagesByPlace(
  pair: PairGroup,
  { lists, groups }: Postings,
): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const id of pair.packageIds) {
    for (const place of listAt(lists, id)) {
      const group = groups[place];
      if (group !== undefined && pair.isAside?.(id, group) === true) continue;
      const ids = found.get(place);
      if (ids === undefined) found.set(place, [id]);
      else ids.push(id);
    }
  }
  return found;
}

export function groupKey(group: Pick<HostGroup, "setId" | "kernelRunning" | "marks">): string {
  return `${group.setId} ${group.kernelRunning ?? ""} ${group.marks ?? ""}`;
}

function grouped(
  {
    reach,
    services,
    keyOf,
  }: {
    readonly reach: Reach;
    readonly services: PairsOfServices;
    readonly keyOf: (pair: PairGroup) => string;
  },
  facts: Facts,
): readonly FindingRow[] {
  const reachOf = hostCounter(reach.postings);
  const present = reach.pairs.flatMap((pair) => {
    const { hostCount, packageIds } = reachOf([pair]);
    return hostCount === 0 ? [] : [{ ...pair, packageIds }];
  });
  const onHosts = Map.groupBy(present, keyOf);
  const inServices = Map.groupBy(
    services.flatMap((pairs, service) => pairs.map((pair) => ({ pair, service }))),
    ({ pair }) => keyOf(pair),
  );
  const keys =
    inServices.size === 0
      ? onHosts.keys()
      : new Set([...onHosts, ...inServices].map(([key]) => key));
  const rows = [...keys].map((key) => {
    const pairs = onHosts.get(key) ?? [];
    const own = inServices.get(key) ?? [];
    // Hosts of several pairs overlap, so their union is counted, not their sum.
    const { hostCount, packageIds } =
      pairs.length === 0 ? { hostCount: 0, packageIds: [] } : reachOf(unionOf(pairs));
    return rowOf({
      key,
      summaries: [summarise([...pairs, ...own.map(({ pair }) => pair)], facts)],
      packageIds: [...packageIds, ...own.flatMap(({ pair }) => pair.packageIds)],
      hostCount,
      loweredHostCount: loweredIn(pairs, hostCount, reachOf),
      serviceCount: new Set(own.map(({ service }) => service)).size,
    });
  });
  return rows.toSorted(byUrgency);
}

function loweredIn(pairs: readonly PairGroup[], hostCount: number, reachOf: HostCounter): number {
  if (pairs.every((pair) => pair.isLowered === undefined)) return 0;
  return hostCount - reachOf(unionOf(pairs.map(withoutLowered))).hostCount;
}

/** Pairs that nothing is set aside of count as one, so that equal unions are counted once. */
function unionOf(pairs: readonly PairGroup[]): Parameters<HostCounter>[0] {
  const plain = pairs.filter((pair) => pair.isAside === undefined);
  const ids = new Set(plain.flatMap((pair) => pair.packageIds));
  const packageIds = [...ids].sort((a, b) => a - b);
  return [{ packageIds }, ...pairs.filter((pair) => pair.isAside !== undefined)];
}

/** What some pairs say together, ready to be joined with others. */
interface Summary {
  readonly vulnerabilities: readonly string[];
  readonly exploited: readonly string[];
  readonly sources: ReadonlyMap<string, FindingRow["sources"][number]>;
  readonly states: readonly FindingState[];
  readonly epss: number | null;
  readonly cvss: number | null;
  readonly since: number;
}

function summarise(pairs: readonly PairGroup[], facts: Facts): Summary {
  const vulnerabilities = [...new Set(pairs.map((pair) => pair.vulnerability))];
  const known = vulnerabilities.flatMap((id) => facts.get(id) ?? []);
  const sources = new Map<string, FindingRow["sources"][number]>();
  for (const { ecosystem, source, fixedVersion } of pairs) {
    const key = `${ecosystem}\n${source}`;
    const fixedVersions = sources.get(key)?.fixedVersions ?? [];
    const isNew = fixedVersion !== null && !fixedVersions.includes(fixedVersion);
    const versions = isNew ? [...fixedVersions, fixedVersion] : fixedVersions;
    sources.set(key, { ecosystem, source, fixedVersions: versions });
  }
  return {
    vulnerabilities,
    exploited: known.filter((v) => v.kev !== null).map((v) => v.id),
    sources,
    states: [...new Set(pairs.map((pair) => pair.state))],
    epss: highest(known.flatMap((v) => v.epss?.score ?? [])),
    cvss: highest(known.flatMap((v) => v.cvss.map((c) => c.score))),
    since: pairs.reduce((min, pair) => Math.min(min, pair.since), Number.POSITIVE_INFINITY),
  };
}

function rowOf(of: {
  readonly key: string;
  readonly summaries: readonly Summary[];
  readonly packageIds: readonly number[];
  readonly hostCount: number;
  readonly loweredHostCount?: number;
  readonly serviceCount?: number;
  /** All of them where absent. */
  readonly named?: Named;
}): FindingRow {
  const { summaries } = of;
  const { ids, count } = of.named ?? allNames(summaries);
  const sources = new Map<string, FindingRow["sources"][number]>();
  for (const [key, source] of summaries.flatMap((part) => [...part.sources])) {
    const other = sources.get(key)?.fixedVersions ?? [];
    const fixedVersions = [...new Set([...other, ...source.fixedVersions])];
    sources.set(key, { ...source, fixedVersions });
  }
  return {
    key: of.key,
    vulnerabilities: ids,
    vulnerabilityCount: count,
    sources: [...sources.values()],
    states: [...new Set(summaries.flatMap((part) => part.states))],
    hostCount: of.hostCount,
    loweredHostCount: of.loweredHostCount ?? 0,
    serviceCount: of.serviceCount ?? 0,
    packageCount: new Set(of.packageIds).size,
    knownExploitedCount: new Set(summaries.flatMap((part) => part.exploited)).size,
    epss: highest(summaries.flatMap((part) => part.epss ?? [])),
    cvss: highest(summaries.flatMap((part) => part.cvss ?? [])),
    since: summaries.reduce((min, part) => Math.min(min, part.since), Number.POSITIVE_INFINITY),
  };
}

function allNames(summaries: readonly Summary[]): Named {
  const ids = [...new Set(summaries.flatMap((part) => part.vulnerabilities))];
  return { ids, count: ids.length };
}

function highest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b));
}

/**
 * Known exploitation, then likelihood of it, then reach; the key makes the order complete. What is
 * lowered wherever it is comes last.
 */
export function byUrgency(a: FindingRow, b: FindingRow): number {
  return (
    Number(isLowered(a)) - Number(isLowered(b)) ||
    b.knownExploitedCount - a.knownExploitedCount ||
    (b.epss ?? -1) - (a.epss ?? -1) ||
    b.hostCount - a.hostCount ||
    b.serviceCount - a.serviceCount ||
    (a.key < b.key ? -1 : 1)
  );
}

function isLowered({ hostCount, loweredHostCount, serviceCount }: FindingRow): boolean {
  return serviceCount === 0 && hostCount > 0 && loweredHostCount === hostCount;
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
