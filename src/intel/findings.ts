import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { channelMatches, ofReleases } from "./channel-match.ts";
import { type CoverageReason, coverageGap } from "./coverage.ts";
import {
  countExposure,
  groupsReached,
  type HostGroup,
  type KnownHosts,
  type PairGroup,
  postingsOf,
} from "./exposure.ts";
import { type Filter, type FilterOf, setAsideOf } from "./filter.ts";
import { type CoverageCount, coverageKinds } from "./group-risk.ts";
import type { Knowledge } from "./knowledge.ts";
import { judgeAll, type Match } from "./match.ts";
import { exposedStates, type Finding, type Vulnerability } from "./model.ts";
import { byChannel, withFilters } from "./seen-pairs.ts";
import {
  type ExposedHost,
  type HostFinding,
  hostsWithPackages,
  loadHostFindings,
  loadKnownHosts,
} from "./store-exposure.ts";
import { loadFeeds } from "./store-feed.ts";
import { loadPackagesJudgedAs } from "./store-finding.ts";
import { loadKnowledge, loadMembers } from "./store-knowledge.ts";
import { loadFirstKnown, loadPastMatches } from "./store-past.ts";
import { loadStatementsOn } from "./store-said.ts";
import { loadRejected, loadVulnerabilities } from "./store-vulnerability.ts";

/** What people and other contexts ask about findings. */
export interface Coverage {
  /** Null of a past moment: how fresh feeds were then is not kept. */
  readonly coveredCount: number | null;
  /** Packages about which the absence of findings means nothing, by reason. */
  readonly unknown: readonly {
    readonly ecosystem: string;
    readonly reason: CoverageReason;
    readonly packageCount: number;
  }[];
  readonly hostCount: number;
  /** Hosts that were never inspected. */
  readonly unknownHostCount: number;
}

/** Of the past only how many hosts there were; which feeds spoke for what is known of now only. */
export function pastCoverage(hosts: KnownHosts): Coverage {
  return { coveredCount: null, unknown: [], ...hostCounts(hosts) };
}

function hostCounts({ groups, unknownCount }: KnownHosts) {
  const known = groups.reduce((sum, group) => sum + group.hostCount, 0);
  return { hostCount: known + unknownCount, unknownHostCount: unknownCount };
}

export async function coverage(reader: Reader, hosts: KnownHosts, now: Instant): Promise<Coverage> {
  const feeds = await loadFeeds(reader);
  const counts = await coverageCounts(reader, hosts.groups);
  let coveredCount = 0;
  const gaps = new Map<string, Coverage["unknown"][number]>();
  for (const count of counts) {
    const reason = coverageGap(count, feeds, now);
    if (reason === null) {
      coveredCount += count.packageCount;
      continue;
    }
    const key = `${count.ecosystem}\n${reason}`;
    const packageCount = (gaps.get(key)?.packageCount ?? 0) + count.packageCount;
    gaps.set(key, { ecosystem: count.ecosystem, reason, packageCount });
  }
  return { coveredCount, unknown: [...gaps.values()], ...hostCounts(hosts) };
}

/** How packages were matched holds as long as the knowledge; sets never change. */
const countsMade = new WeakMap<Knowledge, Map<string, readonly CoverageCount[]>>();
const COUNTS_KEPT_MAX = 16;

/** How the packages of these hosts were matched: kinds with counts, each package once. */
async function coverageCounts(
  reader: Reader,
  groups: readonly HostGroup[],
): Promise<readonly CoverageCount[]> {
  const knowledge = await loadKnowledge(reader);
  const setIds = [...new Set(groups.map((group) => group.setId))].sort((a, b) => a - b);
  const made = keptFor(countsMade, knowledge);
  const key = setIds.join(",");
  const counts = made.get(key) ?? (await countKinds(reader, knowledge, setIds));
  return keepLast(made, COUNTS_KEPT_MAX, [key, counts]);
}

async function countKinds(
  reader: Reader,
  { packages }: Knowledge,
  setIds: readonly number[],
): Promise<readonly CoverageCount[]> {
  const members = await loadMembers(reader, setIds);
  const ids = new Set<number>();
  for (const own of members.values()) for (const id of own) ids.add(id);
  return coverageKinds(packages, ids);
}

/** A finding of a host, with what sets it aside there or speaks of it. */
export interface FilteredFinding extends HostFinding {
  readonly filter: Filter | null;
}

export interface HostFindings {
  readonly findings: readonly FilteredFinding[];
  readonly coverage: Coverage;
}

/** One host's findings with reasons, and what is not known. The caller has checked the scope. */
export async function hostFindings(
  reader: Reader,
  hostId: HostId,
  now: Instant,
  asOf?: Instant,
): Promise<HostFindings> {
  const findings = await loadHostFindings(reader, hostId, asOf);
  const hosts = await loadKnownHosts(reader, { scopes: [[]], hostId, asOf });
  const { filters } = await loadKnowledge(reader, asOf);
  const [group] = hosts.groups;
  return {
    findings: findings.map((finding) => {
      const filterOf = filters.get(finding.vulnerability);
      return { ...finding, filter: filterOf?.(finding.packageId, group ?? {}) ?? null };
    }),
    coverage: asOf === undefined ? await coverage(reader, hosts, now) : pastCoverage(hosts),
  };
}

export interface ExplainedFinding {
  readonly vulnerability: Vulnerability;
  /** One entry per (package, verdict) that is on a host; of now the good verdicts too. */
  readonly packages: readonly {
    readonly package: StoredPackage;
    readonly finding: Finding;
    readonly hostCount: number;
    /** Hosts that have the package too, where the finding is set aside. */
    readonly filteredHostCount: number;
  }[];
  /** What is said about it on some hosts, whether it sets the finding aside or not. */
  readonly filters: readonly FilterOnHosts[];
  /** Hosts whose running system was not asked, as too many are unlike others. */
  readonly runtimeLeftOutCount: number;
  readonly hosts: readonly ExposedHost[];
  readonly hasMoreHosts: boolean;
}

export interface FilterOnHosts {
  readonly filter: Filter;
  readonly hostCount: number;
}

/** Hosts named in one answer; `hostsWithPackages` pages through all. */
const HOSTS_MAX = 200;

/** Everything that decides about one vulnerability on the hosts within the scopes, or decided then. */
export async function explainFinding(
  reader: Reader,
  input: {
    readonly vulnerability: string;
    readonly scopes: readonly Selector[];
    readonly asOf?: Instant | undefined;
  },
): Promise<ExplainedFinding | null> {
  const { vulnerability: id, asOf } = input;
  const vulnerability = (await loadVulnerabilities(reader, [id], asOf)).get(id);
  const judged =
    asOf === undefined ? await judgedNow(reader, id) : await judgedThen(reader, id, asOf);
  if (vulnerability === undefined || (!judged.isSpokenOf && isBare(vulnerability))) return null;
  const { packages, matches } = judged;
  const { groups } = await loadKnownHosts(reader, input);
  const knowledge = await loadKnowledge(reader, asOf);
  const present = await presentOnly(reader, knowledge, { matches, groups });
  const filterOf = knowledge.filters.get(id);
  const byId = new Map(packages.map((p) => [p.id, p]));
  const exposedIds = present
    .filter(({ match }) => (exposedStates as readonly string[]).includes(match.state))
    .map(({ match }) => match.packageId);
  const hosts = await hostsWithPackages(reader, {
    scopes: input.scopes,
    packageIds: exposedIds,
    aside: asideOf(filterOf, exposedIds, groups),
    asOf,
    limit: HOSTS_MAX + 1,
  });
  return {
    vulnerability,
    packages: present.flatMap(({ match, ...counts }) => {
      const p = byId.get(match.packageId);
      return p === undefined ? [] : [{ package: p, finding: match, ...counts }];
    }),
    filters: await filtersOnHosts(reader, knowledge, { id, ids: exposedIds, groups }),
    runtimeLeftOutCount: 0,
    hosts: hosts.slice(0, HOSTS_MAX),
    hasMoreHosts: hosts.length > HOSTS_MAX,
  };
}

interface JudgedPackages {
  readonly packages: readonly StoredPackage[];
  readonly matches: readonly Match[];
  /** True where any source spoke of it. */
  readonly isSpokenOf: boolean;
}

async function judgedNow(reader: Reader, id: string): Promise<JudgedPackages> {
  const statements = await loadStatementsOn(reader, id);
  const names = statements.map((s) => ({ ecosystem: s.ecosystem, name: s.packageName }));
  const packages = names.length === 0 ? [] : await loadPackagesJudgedAs(reader, ofReleases(names));
  const judged = { packages, statements, rejected: await loadRejected(reader, [id]) };
  const { matches: own } = judgeAll(judged);
  const matches = [...own, ...channelMatches(judged, own)];
  return { packages, matches, isSpokenOf: statements.length > 0 };
}

/** As it was judged then: verdicts are not made again by rules of now. */
async function judgedThen(reader: Reader, id: string, asOf: Instant): Promise<JudgedPackages> {
  const { packages, matches } = await loadPastMatches(reader, id, asOf);
  return { packages, matches, isSpokenOf: (await loadFirstKnown(reader, id)) !== null };
}

function isBare(v: Vulnerability): boolean {
  return (
    v.title === "" && v.cvss.length === 0 && v.kev === null && v.epss === null && v.ssvc === null
  );
}

interface Present {
  readonly match: Match;
  readonly hostCount: number;
  readonly filteredHostCount: number;
}

/** Where filters set packages aside: by package and by the marks of the hosts. */
function asideOf(
  filterOf: FilterOf | undefined,
  packageIds: readonly number[],
  groups: readonly HostGroup[],
): readonly { readonly packageId: number; readonly marks: string }[] {
  const isAside = setAsideOf(filterOf);
  if (isAside === undefined) return [];
  const marks = [...new Set(groups.map((group) => group.marks ?? ""))];
  return packageIds.flatMap((packageId) =>
    marks
      .filter((each) => isAside(packageId, { marks: each }))
      .map((each) => ({
        packageId,
        marks: each,
      })),
  );
}

/** Each filter with the hosts that have a package it speaks of. */
async function filtersOnHosts(
  reader: Reader,
  knowledge: Knowledge,
  of: {
    readonly id: string;
    readonly ids: readonly number[];
    readonly groups: readonly HostGroup[];
  },
): Promise<readonly FilterOnHosts[]> {
  const { id: vulnerability, ids, groups } = of;
  const filterOf = knowledge.filters.get(vulnerability);
  if (filterOf === undefined) return [];
  const members = await loadMembers(reader, [...new Set(groups.map((group) => group.setId))]);
  const found = new Map<string, { filter: Filter; hosts: Map<number, number> }>();
  const { packages } = knowledge;
  const postings = postingsOf({ wanted: ids, packages, members, groups });
  for (const id of ids) {
    for (const place of groupsReached(postings, [id])) {
      const group = groups[place];
      const filter = group === undefined ? null : filterOf(id, group);
      if (group === undefined || filter === null) continue;
      const key = `${filter.source} ${filter.says} ${filter.isSetAside} ${filter.isLowered ?? false}`;
      const own = found.get(key) ?? { filter, hosts: new Map<number, number>() };
      own.hosts.set(place, group.hostCount);
      found.set(key, own);
    }
  }
  return [...found.values()].map(({ filter, hosts }) => ({
    filter,
    hostCount: [...hosts.values()].reduce((sum, count) => sum + count, 0),
  }));
}

/** Verdicts on packages that hosts have, each with the number of its hosts. */
async function presentOnly(
  reader: Reader,
  knowledge: Knowledge,
  of: { readonly matches: readonly Match[]; readonly groups: readonly HostGroup[] },
): Promise<readonly Present[]> {
  const { matches, groups } = of;
  const setIds = [...new Set(groups.map((group) => group.setId))];
  const ids = [...new Set(matches.map((match) => match.packageId))];
  const members = await loadMembers(reader, setIds);
  const { packages } = knowledge;
  const postings = postingsOf({ wanted: ids, packages, members, groups });
  const one = { ecosystem: "", source: "", fixedVersion: null, since: 0 };
  const pairs = byChannel(
    matches.map((match) => ({ ...one, ...match, packageIds: [match.packageId], match })),
  );
  const count = (pair: PairGroup | undefined): number =>
    pair === undefined ? 0 : (countExposure([pair], postings)[0]?.hostCount ?? 0);
  return pairs.flatMap(({ match, ...pair }) => {
    const all = count(pair);
    const [left] = withFilters([pair], knowledge.filters, "left-out");
    const hostCount = count(left);
    return all === 0 ? [] : [{ match, hostCount, filteredHostCount: all - hostCount }];
  });
}
