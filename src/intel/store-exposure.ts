import { type RawBuilder, sql } from "kysely";
import { type Digest, sha256 } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import { hostsAt, pointersAt } from "../inventory/store-as-of.ts";
import {
  type CountedHosts,
  countExposure,
  type Exposure,
  type HostGroup,
  isRunningKernel,
  type KnownHosts,
  knownHostsOf,
  type PairGroup,
  type Postings,
  postingsOf,
} from "./exposure.ts";
import { type Knowledge, type Members, pairPresent, presentIn } from "./knowledge.ts";
import { exposedStates, type Finding, type FindingState } from "./model.ts";
import { withFilters } from "./seen-pairs.ts";
import { loadKnowledge, loadMembers } from "./store-knowledge.ts";
import { holdsAt } from "./store-range.ts";
import { arrayText } from "./store-statement.ts";

/** Findings seen from the hosts: pairs joined with who has the packages now. */
export interface ExposureFilter {
  readonly scopes: readonly Selector[];
  readonly ecosystem?: string | undefined;
  readonly source?: string | undefined;
  readonly vulnerability?: string | undefined;
  /** Default: the states that count as exposure. */
  readonly states?: readonly FindingState[] | undefined;
  /** Findings that are set aside are left out unless they are what is asked for. */
  readonly filtered?: "left-out" | "only" | undefined;
  /** The hosts within the scopes, where the caller has looked at them already. */
  readonly hosts?: KnownHosts | undefined;
  /** What was known at a moment in the past; now when absent. */
  readonly asOf?: Instant | undefined;
}

/** Every current finding within the scopes, with the number of hosts it is on. */
export async function exposure(
  reader: Reader,
  filter: ExposureFilter,
): Promise<readonly Exposure[]> {
  return exposuresOf(await loadReach(reader, filter));
}

export function exposuresOf(reach: KnownReach): readonly Exposure[] {
  const counted = exposures.get(reach) ?? countExposure(reach.pairs, reach.postings);
  exposures.set(reach, counted);
  return counted;
}

const exposures = new WeakMap<KnownReach, readonly Exposure[]>();

/** What counting needs: the pairs, who has their packages, and the groups of hosts. */
export interface Reach {
  readonly pairs: readonly PairGroup[];
  readonly postings: Postings;
  readonly groups: readonly HostGroup[];
}

/** The same with what it was made from, for whoever asks more of it. */
export interface KnownReach extends Reach {
  readonly knowledge: Knowledge;
  readonly members: ReadonlyMap<number, Members>;
}

export async function loadReach(reader: Reader, filter: ExposureFilter): Promise<KnownReach> {
  const { hosts, scopes: _, ...asked } = filter;
  const { groups } = hosts ?? (await loadKnownHosts(reader, filter));
  const setIds = [...new Set(groups.map((group) => group.setId))];
  const knowledge = await loadKnowledge(reader, filter.asOf);
  const made = keptFor(reaches, knowledge);
  // The same groups under the same knowledge give the same answer, to whomever.
  const key = sha256(JSON.stringify([asked, groups]));
  const known = made.get(key) ?? (await makeReach(reader, { filter, groups, setIds, knowledge }));
  return keepLast(made, REACHES_KEPT_MAX, [key, known]);
}

const reaches = new WeakMap<Knowledge, Map<string, KnownReach>>();
const REACHES_KEPT_MAX = 16;

async function makeReach(
  reader: Reader,
  of: {
    readonly filter: ExposureFilter;
    readonly groups: readonly HostGroup[];
    readonly setIds: readonly number[];
    readonly knowledge: Knowledge;
  },
): Promise<KnownReach> {
  const { filter, groups, setIds, knowledge } = of;
  const members = await loadMembers(reader, setIds);
  const isPresent = presentIn(members.values());
  const isWanted = pairFilter(filter);
  const pairs = knowledge.seen.flatMap((pair) =>
    isWanted(pair) ? (pairPresent(pair, isPresent) ?? []) : [],
  );
  const counted = withFilters(pairs, knowledge.filters, filter.filtered ?? "left-out");
  const wanted = new Set(counted.flatMap((pair) => pair.packageIds));
  const postings = postingsOf({ wanted, packages: knowledge.packages, members, groups });
  return { pairs: counted, postings, groups, knowledge, members };
}

function pairFilter(filter: ExposureFilter): (pair: PairGroup) => boolean {
  const states = new Set<string>(filter.states ?? exposedStates);
  const { ecosystem, source, vulnerability } = filter;
  return (pair) =>
    states.has(pair.state) &&
    (ecosystem === undefined || pair.ecosystem === ecosystem) &&
    (source === undefined || pair.source === source) &&
    (vulnerability === undefined || pair.vulnerability === vulnerability);
}

export async function loadKnownHosts(
  reader: Reader,
  where: {
    readonly scopes: readonly Selector[];
    readonly hostId?: HostId | undefined;
    readonly asOf?: Instant | undefined;
  },
): Promise<KnownHosts> {
  const { rows } = await sql<CountedHosts>`
    select s.set_id as "setId", h.kernel_running as "kernelRunning", h.filter_marks as marks,
           count(*)::int as "hostCount"
      from ${hostsAt(where.asOf)} h
      left join ${pointersAt("host_set", where.asOf)} s on s.host_num = h.num
       and s.observed_to is null and s.recorded_to is null
     where h.removed_at is null and ${scopeSql(where.scopes, "h.labels")}
       and ${isHost(where.hostId)}
     group by 1, 2, 3 order by 1, 2, 3`.execute(reader);
  return knownHostsOf(rows);
}

/** A condition of its own for one host, so that its index is used. */
function isHost(hostId: HostId | undefined): RawBuilder<boolean> {
  return hostId === undefined ? sql<boolean>`true` : sql<boolean>`h.id = ${hostId}`;
}

export interface ExposedHost {
  readonly id: HostId;
  readonly name: string;
  readonly packageIds: readonly number[];
}

/** Hosts that have one of the packages now or had it then (of kernel images: ran it), by name. */
export async function hostsWithPackages(
  reader: Reader,
  filter: {
    readonly scopes: readonly Selector[];
    readonly packageIds: readonly number[];
    /** Packages that do not count on hosts with these marks. */
    readonly aside?: readonly { readonly packageId: number; readonly marks: string }[];
    readonly afterName?: string | undefined;
    readonly asOf?: Instant | undefined;
    readonly limit: number;
  },
): Promise<readonly ExposedHost[]> {
  // Few sets hold the packages: they are found first, then their hosts, and only those of the page
  // are told in full.
  const aside = filter.aside ?? [];
  const runsIt = sql`(p.release is null or h.kernel_running is null
    or p.release = h.kernel_running) and (p.package_id, h.filter_marks) not in (
      select * from unnest(${arrayText(aside.map((one) => one.packageId))}::integer[],
        ${aside.map((one) => one.marks)}::text[]))`;
  const { rows } = await sql<ExposedHost>`
    with held as materialized (
      select m.set_id, m.package_id, case when k.role = 'kernel-image' then regexp_replace(
               regexp_replace(k.name, '^linux-image-(unsigned-)?', ''), '-unsigned$', '')
             end as release
        from package_set_member m join package_match k on k.package_id = m.package_id
       where m.package_id = any(${arrayText(filter.packageIds)}::integer[])),
    page as materialized (
      select h.id, h.name, h.kernel_running, h.filter_marks, s.set_id
        from ${hostsAt(filter.asOf)} h
        join ${pointersAt("host_set", filter.asOf)} s on s.host_num = h.num
         and s.observed_to is null and s.recorded_to is null
       where h.removed_at is null and ${scopeSql(filter.scopes, "h.labels")}
         and h.name > ${filter.afterName ?? ""}
         and exists (select from held p where p.set_id = s.set_id and ${runsIt})
       order by h.name limit ${filter.limit})
    select h.id, h.name, array_agg(p.package_id order by p.package_id) as "packageIds"
      from page h join held p on p.set_id = h.set_id and ${runsIt}
     group by h.id, h.name order by h.name`.execute(reader);
  return rows;
}

/** Hosts of these groups, in the order of the groups and by name within each. */
export async function loadRankedHosts(
  reader: Reader,
  of: {
    readonly scopes: readonly Selector[];
    readonly groups: readonly Pick<HostGroup, "setId" | "kernelRunning" | "marks">[];
    readonly asOf?: Instant | undefined;
    readonly skip: number;
    readonly limit: number;
  },
): Promise<
  readonly {
    readonly id: HostId;
    readonly name: string;
    readonly setId: number;
    readonly kernelRunning: string | null;
    readonly marks: string;
    /** Of its label `team`, or `owner`; null where it has neither. */
    readonly team: string | null;
  }[]
> {
  const { rows } = await sql<{
    id: HostId;
    name: string;
    setId: number;
    kernelRunning: string | null;
    marks: string;
    team: string | null;
  }>`
    select h.id, h.name, s.set_id as "setId", h.kernel_running as "kernelRunning",
           h.filter_marks as marks, coalesce(h.labels ->> 'team', h.labels ->> 'owner') as team
      from unnest(${arrayText(of.groups.map((group) => group.setId))}::integer[],
                  ${of.groups.map((group) => group.kernelRunning)}::text[],
                  ${of.groups.map((group) => group.marks ?? "")}::text[])
             with ordinality as g (set_id, kernel, marks, place)
      join ${pointersAt("host_set", of.asOf)} s on s.set_id = g.set_id
       and s.observed_to is null and s.recorded_to is null
      join ${hostsAt(of.asOf)} h on h.num = s.host_num
       and h.kernel_running is not distinct from g.kernel
       and h.filter_marks = g.marks
     where h.removed_at is null and ${scopeSql(of.scopes, "h.labels")}
     order by g.place, h.name offset ${of.skip} limit ${of.limit}`.execute(reader);
  return rows;
}

export interface HostFinding extends Finding {
  readonly packageName: string;
  readonly packageVersion: string;
  readonly arch: string;
  readonly ecosystem: string;
  readonly source: string;
  readonly since: Instant;
  /** False for an installed kernel image that is not the running one. */
  readonly isRunning: boolean;
}

interface HostFindingRow {
  vulnerability: string;
  packageId: number;
  state: FindingState;
  fixedVersion: string | null;
  feed: string;
  generation: Digest;
  advisory: string;
  rule: string;
  statementPackage: string;
  installed: string;
  comparedWith: string | null;
  comparison: Finding["because"]["comparison"];
  packageName: string;
  packageVersion: string;
  arch: string;
  ecosystem: string;
  since: number;
  role: string;
  kernelRunning: string | null;
  channel: string;
}

/** The findings of one host now or at a moment, with their reasons; empty also when nothing is known of it. */
export async function loadHostFindings(
  reader: Reader,
  hostId: HostId,
  asOf?: Instant,
): Promise<readonly HostFinding[]> {
  const { rows } = await sql<HostFindingRow>`
    select f.vulnerability, f.package_id as "packageId", f.state,
           f.fixed_version as "fixedVersion", s.feed, s.generation, s.advisory, f.rule,
           f.source as "statementPackage", f.installed, f.compared_with as "comparedWith",
           f.comparison, p.name as "packageName", p.version as "packageVersion", p.arch,
           p.ecosystem, k.role, h.kernel_running as "kernelRunning", f.channel,
           f.since
      from ${hostsAt(asOf)} h
      join ${pointersAt("host_set", asOf)} n on n.host_num = h.num
       and n.observed_to is null and n.recorded_to is null
      join package_set_member m on m.set_id = n.set_id
      join finding_pair f on f.package_id = m.package_id and ${holdsAt(asOf, "f")}
       and (f.channel = '' or '@' || f.channel = any(string_to_array(h.filter_marks, ',')))
      join statement_source s on s.id = f.statement_id
      join package p on p.id = f.package_id
      join package_match k on k.package_id = f.package_id
     where h.id = ${hostId} and h.removed_at is null
     order by f.source collate "C", f.vulnerability collate "C", p.name, p.arch, f.channel`.execute(
    reader,
  );
  // What a channel of the host mends takes the place of what its release alone says.
  const mended = new Set(rows.flatMap((row) => (row.channel === "" ? [] : [keyOf(row)])));
  const told = new Set<string>();
  return rows.flatMap((row) => {
    if (mended.has(keyOf(row)) && (row.channel === "" || told.has(keyOf(row)))) return [];
    told.add(keyOf(row));
    return [hostFindingOf(row)];
  });
}

function keyOf({ packageId, vulnerability }: HostFindingRow): string {
  return `${packageId} ${vulnerability}`;
}

function hostFindingOf(row: HostFindingRow): HostFinding {
  const isOtherKernel =
    row.role === "kernel-image" &&
    row.kernelRunning !== null &&
    !isRunningKernel(row.packageName, row.kernelRunning);
  return {
    vulnerability: row.vulnerability,
    packageId: row.packageId,
    state: row.state,
    fixedVersion: row.fixedVersion,
    because: {
      feed: row.feed,
      generation: row.generation,
      advisory: row.advisory,
      rule: row.rule,
      packageName: row.statementPackage,
      installed: row.installed,
      comparedWith: row.comparedWith,
      comparison: row.comparison,
    },
    packageName: row.packageName,
    packageVersion: row.packageVersion,
    arch: row.arch,
    ecosystem: row.ecosystem,
    source: row.statementPackage,
    since: row.since,
    isRunning: !isOtherKernel,
  };
}
