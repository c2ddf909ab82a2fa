import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { CoverageInput } from "./coverage.ts";
import {
  countExposure,
  type Exposure,
  type HostGroup,
  isRunningKernel,
  type PairGroup,
  type Posting,
} from "./exposure.ts";
import { exposedStates, type Finding, type FindingState } from "./model.ts";
import { arrayText } from "./store-statement.ts";

/** Findings seen from the hosts: pairs joined with who has the packages now. */
export interface ExposureFilter {
  readonly scopes: readonly Selector[];
  readonly ecosystem?: string | undefined;
  readonly source?: string | undefined;
  readonly vulnerability?: string | undefined;
  /** Default: the states that count as exposure. */
  readonly states?: readonly FindingState[] | undefined;
}

/** Every current finding within the scopes, with the number of hosts it is on. */
export async function exposure(
  reader: Reader,
  filter: ExposureFilter,
): Promise<readonly Exposure[]> {
  const { pairs, postings, groups } = await loadReach(reader, filter);
  return countExposure(pairs, postings, groups);
}

/** What counting needs: the pairs, who has their packages, and the groups of hosts. */
export interface Reach {
  readonly pairs: readonly PairGroup[];
  readonly postings: readonly Posting[];
  readonly groups: readonly HostGroup[];
}

export async function loadReach(reader: Reader, filter: ExposureFilter): Promise<Reach> {
  const groups = await loadHostGroups(reader, filter.scopes);
  const setIds = [...new Set(groups.map((group) => group.setId))];
  const pairs = await loadPairGroups(reader, filter, setIds);
  const packageIds = [...new Set(pairs.flatMap((pair) => pair.packageIds))];
  return { pairs, postings: await loadPostings(reader, packageIds, setIds), groups };
}

export async function loadHostGroups(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<readonly HostGroup[]> {
  const { rows } = await sql<Omit<HostGroup, "id">>`
    select n.package_set_id as "setId", nullif(h.facts ->> 'kernelRunning', '') as "kernelRunning",
           count(*)::int as "hostCount"
      from host_now n join host h on h.id = n.id
     where n.package_set_id is not null and ${scopeSql(scopes, "h.labels")}
     group by 1, 2 order by 1, 2`.execute(reader);
  return rows.map((row, id) => ({ ...row, id }));
}

async function loadPairGroups(
  reader: Reader,
  filter: ExposureFilter,
  setIds: readonly number[],
): Promise<readonly PairGroup[]> {
  const conditions = [sql`f.valid_to is null`];
  conditions.push(sql`f.state = any(${[...(filter.states ?? exposedStates)]}::text[])`);
  if (filter.ecosystem !== undefined) conditions.push(sql`f.ecosystem = ${filter.ecosystem}`);
  if (filter.source !== undefined) conditions.push(sql`f.source = ${filter.source}`);
  if (filter.vulnerability !== undefined) {
    conditions.push(sql`f.vulnerability = ${filter.vulnerability}`);
  }
  const { rows } = await sql<PairGroup>`
    with present as materialized (
      select distinct package_id from package_set_member
       where set_id = any(${arrayText(setIds)}::integer[])
    )
    select f.ecosystem, f.source, f.vulnerability, f.state, f.fixed_version as "fixedVersion",
           array_agg(f.package_id order by f.package_id) as "packageIds",
           min(f.valid_from) as since
      from finding_pair f join present p on p.package_id = f.package_id
     where ${sql.join(conditions, sql` and `)}
     group by 1, 2, 3, 4, 5
     order by f.source collate "C", f.vulnerability collate "C", f.ecosystem, f.state`.execute(
    reader,
  );
  return rows;
}

export async function loadPostings(
  reader: Reader,
  packageIds: readonly number[],
  setIds: readonly number[],
): Promise<readonly Posting[]> {
  const { rows } = await sql<Posting>`
    select m.package_id as "packageId", k.name as "packageName",
           k.role = 'kernel-image' as "isKernelImage", array_agg(m.set_id) as "setIds"
      from package_set_member m join package_match k on k.package_id = m.package_id
     where m.package_id = any(${arrayText(packageIds)}::integer[])
       and m.set_id = any(${arrayText(setIds)}::integer[])
     group by 1, 2, 3 order by 1`.execute(reader);
  return rows;
}

export interface ExposedHost {
  readonly id: HostId;
  readonly name: string;
  readonly packageIds: readonly number[];
}

/** Hosts that have one of the packages now (of kernel images: that run it), by name. */
export async function hostsWithPackages(
  reader: Reader,
  filter: {
    readonly scopes: readonly Selector[];
    readonly packageIds: readonly number[];
    readonly afterName?: string | undefined;
    readonly limit: number;
  },
): Promise<readonly ExposedHost[]> {
  const runsIt = sql`(k.role <> 'kernel-image' or h.facts ->> 'kernelRunning' is null
    or regexp_replace(regexp_replace(k.name, '^linux-image-(unsigned-)?', ''), '-unsigned$', '')
       = h.facts ->> 'kernelRunning')`;
  const { rows } = await sql<ExposedHost>`
    select h.id, h.name, array_agg(m.package_id order by m.package_id) as "packageIds"
      from host_now n
      join host h on h.id = n.id
      join package_set_member m on m.set_id = n.package_set_id
      join package_match k on k.package_id = m.package_id
     where m.package_id = any(${arrayText(filter.packageIds)}::integer[]) and ${runsIt}
       and ${scopeSql(filter.scopes, "h.labels")}
       and h.name collate "C" > ${filter.afterName ?? ""}
     group by h.id, h.name order by h.name collate "C" limit ${filter.limit}`.execute(reader);
  return rows;
}

/** Hosts with the group each belongs to, by name. */
export async function loadGroupedHosts(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<
  readonly {
    readonly id: HostId;
    readonly name: string;
    readonly setId: number;
    readonly kernelRunning: string | null;
  }[]
> {
  const { rows } = await sql<{
    id: HostId;
    name: string;
    setId: number;
    kernelRunning: string | null;
  }>`
    select h.id, h.name, n.package_set_id as "setId",
           nullif(h.facts ->> 'kernelRunning', '') as "kernelRunning"
      from host_now n join host h on h.id = n.id
     where n.package_set_id is not null and ${scopeSql(scopes, "h.labels")}
     order by h.name collate "C"`.execute(reader);
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
}

/** The current findings of one host, with their reasons; empty also when nothing is known of it. */
export async function loadHostFindings(
  reader: Reader,
  hostId: HostId,
): Promise<readonly HostFinding[]> {
  const { rows } = await sql<HostFindingRow>`
    select f.vulnerability, f.package_id as "packageId", f.state,
           f.fixed_version as "fixedVersion", s.feed, s.generation, s.advisory, f.rule,
           s.package_name as "statementPackage", f.installed, f.compared_with as "comparedWith",
           f.comparison, p.name as "packageName", p.version as "packageVersion", p.arch,
           p.ecosystem, k.role, h.facts ->> 'kernelRunning' as "kernelRunning",
           f.valid_from as since
      from host_now n
      join host h on h.id = n.id
      join package_set_member m on m.set_id = n.package_set_id
      join finding_pair f on f.package_id = m.package_id and f.valid_to is null
      join statement s on s.id = f.statement_id
      join package p on p.id = f.package_id
      join package_match k on k.package_id = f.package_id
     where n.id = ${hostId}
     order by f.source collate "C", f.vulnerability collate "C", p.name, p.arch`.execute(reader);
  return rows.map(hostFindingOf);
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

export interface CoverageCount extends CoverageInput {
  readonly packageCount: number;
}

/** How the packages of these hosts were matched: kinds with counts, never a row per package. */
export async function loadCoverageCounts(
  reader: Reader,
  where: { readonly scopes: readonly Selector[]; readonly hostId?: HostId | undefined },
): Promise<readonly CoverageCount[]> {
  const { rows } = await sql<CoverageCount>`
    select p.ecosystem, k.blind_spot as "blindSpot", coalesce(k.is_named, false) as "isNamed",
           k.package_id is not null as "isMatched", count(*)::int as "packageCount"
      from package p left join package_match k on k.package_id = p.id
     where p.id in (
       select m.package_id from host_now n join package_set_member m on m.set_id = n.package_set_id
        where ${scopeSql(where.scopes, "n.labels")}
          and (${where.hostId ?? null}::text is null or n.id = ${where.hostId ?? null}))
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`.execute(reader);
  return rows;
}

/** Live hosts, and how many of them have no package set: nothing at all is known about those. */
export async function countKnownHosts(
  reader: Reader,
  where: { readonly scopes: readonly Selector[]; readonly hostId?: HostId | undefined },
): Promise<{ readonly hostCount: number; readonly unknownCount: number }> {
  const { rows } = await sql<{ hostCount: number; unknownCount: number }>`
    select count(*)::int as "hostCount",
           (count(*) filter (where package_set_id is null))::int as "unknownCount"
      from host_now n where ${scopeSql(where.scopes, "n.labels")}
       and (${where.hostId ?? null}::text is null or n.id = ${where.hostId ?? null})`.execute(
    reader,
  );
  return rows[0] ?? { hostCount: 0, unknownCount: 0 };
}
