import { type RawBuilder, sql } from "kysely";
import type { HostId, Id, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import { scopeSql } from "./scope.ts";

/**
 * Scans: one row for the wish, one for each host. Rows are claimed with a lease and a number, so any
 * server can carry on what a killed one left, and a late one cannot overwrite it.
 */
export type ScanId = Id<"scan">;

export type ScanHostState = "waiting" | "running" | "changed" | "unchanged" | "failed";

export interface Scan {
  readonly id: ScanId;
  readonly requestedBy: SubjectId;
  readonly selector: string;
  readonly isRefresh: boolean;
  readonly hostCount: number;
  readonly createdAt: Instant;
  readonly finishedAt: Instant | null;
}

export interface ScanHost {
  readonly host: HostId;
  readonly name: string;
  readonly state: ScanHostState;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly problemKind: string | null;
  readonly problem: string | null;
}

export async function insertScan(
  tx: Tx,
  scan: Omit<Scan, "finishedAt" | "hostCount"> & { readonly hosts: readonly HostId[] },
): Promise<void> {
  await sql`
    insert into scan (id, requested_by, selector, is_refresh, host_count, created_at, finished_at)
    values (${scan.id}, ${scan.requestedBy}, ${scan.selector}, ${scan.isRefresh},
            ${scan.hosts.length}, ${sqlInstant(scan.createdAt)},
            ${sqlInstant(scan.hosts.length === 0 ? scan.createdAt : null)})`.execute(tx);
  await sql`
    insert into scan_host (scan_id, host_id)
    select ${scan.id}, unnest(${[...scan.hosts]}::text[])`.execute(tx);
}

const scanColumns: RawBuilder<unknown> = sql`
  s.id, s.requested_by as "requestedBy", s.selector, s.is_refresh as "isRefresh",
  s.host_count as "hostCount", s.created_at as "createdAt", s.finished_at as "finishedAt"`;

export async function loadScan(reader: Reader, id: string): Promise<Scan | null> {
  const { rows } = await sql<Scan>`
    select ${scanColumns} from scan s where s.id = ${id}`.execute(reader);
  return rows[0] ?? null;
}

/** The newest scans that somebody asked for. */
export async function loadScansOf(
  reader: Reader,
  subject: SubjectId,
  page: { readonly since: Instant; readonly limit: number },
): Promise<readonly Scan[]> {
  const { rows } = await sql<Scan>`
    select ${scanColumns} from scan s
     where s.requested_by = ${subject} and s.created_at >= ${sqlInstant(page.since)}
     order by s.created_at desc limit ${page.limit}`.execute(reader);
  return rows;
}

/** The hosts of a scan that the reader may see, by name. */
export async function loadScanHosts(
  reader: Reader,
  id: ScanId,
  page: {
    readonly scopes: readonly Selector[];
    readonly state?: ScanHostState | undefined;
    readonly afterName: string;
    readonly limit: number;
  },
): Promise<readonly ScanHost[]> {
  const isAsked = page.state === undefined ? sql`true` : sql`sh.state = ${page.state}`;
  const { rows } = await sql<ScanHost>`
    select sh.host_id as host, h.name, sh.state, sh.started_at as "startedAt",
           sh.finished_at as "finishedAt", sh.problem_kind as "problemKind", sh.problem
      from scan_host sh join host h on h.id = sh.host_id
     where sh.scan_id = ${id} and ${scopeSql(page.scopes, "h.labels")}
       and h.name > ${page.afterName} and ${isAsked}
     order by h.name limit ${page.limit}`.execute(reader);
  return rows;
}

export async function countScanHosts(
  reader: Reader,
  id: ScanId,
  scopes: readonly Selector[],
): Promise<Readonly<Record<ScanHostState, number>>> {
  const { rows } = await sql<{ state: ScanHostState; count: number }>`
    select sh.state, count(*) as count
      from scan_host sh join host h on h.id = sh.host_id
     where sh.scan_id = ${id} and ${scopeSql(scopes, "h.labels")}
     group by sh.state`.execute(reader);
  const none = { waiting: 0, running: 0, changed: 0, unchanged: 0, failed: 0 };
  return { ...none, ...Object.fromEntries(rows.map((row) => [row.state, row.count])) };
}

export interface ScanClaim {
  readonly scan: ScanId;
  readonly host: HostId;
  readonly claim: number;
  readonly isRefresh: boolean;
  readonly requestedBy: SubjectId;
}

/** A host that calls in is looked at when it does; one that never does fails its scan after this long. */
const AGENT_AWAY = sql`interval '10 minutes'`;

/** What the loop may claim by itself: all but the rows of agents, which wait for the agent's poll. */
const isReachedFromHere = sql`not exists (
  select from host h join scan s on s.id = scan_host.scan_id
   where h.id = scan_host.host_id and h.way ->> 'kind' = 'agent'
     and s.created_at > now() - ${AGENT_AWAY})`;

/**
 * Claims open rows, oldest scan first; rows whose lease ran out count as open. Of one host only, when
 * that host has just called in.
 */
export async function claimScanHosts(
  reader: Reader,
  limit: number,
  leaseSeconds: number,
  host: HostId | null = null,
): Promise<readonly ScanClaim[]> {
  const whose = host === null ? isReachedFromHere : sql`host_id = ${host}`;
  const { rows } = await sql<ScanClaim>`
    with picked as (
      select scan_id, host_id from scan_host
       where (state = 'waiting' or (state = 'running' and leased_until < now())) and ${whose}
       order by scan_id, host_id limit ${limit}
       for update skip locked)
    update scan_host sh
       set state = 'running', claim = sh.claim + 1, started_at = coalesce(sh.started_at, now()),
           leased_until = now() + make_interval(secs => ${leaseSeconds})
      from picked join scan s on s.id = picked.scan_id
     where sh.scan_id = picked.scan_id and sh.host_id = picked.host_id
    returning sh.scan_id as scan, sh.host_id as host, sh.claim, s.is_refresh as "isRefresh",
              s.requested_by as "requestedBy"`.execute(reader);
  return rows;
}

export async function renewScanClaims(
  reader: Reader,
  claims: readonly ScanClaim[],
  leaseSeconds: number,
): Promise<void> {
  await sql`
    update scan_host sh set leased_until = now() + make_interval(secs => ${leaseSeconds})
      from unnest(${claims.map((c) => c.scan)}::text[], ${claims.map((c) => c.host)}::text[],
                  ${claims.map((c) => c.claim)}::integer[]) as mine (scan_id, host_id, claim)
     where sh.scan_id = mine.scan_id and sh.host_id = mine.host_id and sh.claim = mine.claim
       and sh.state = 'running'`.execute(reader);
}

/** Writes what became of a claimed row, unless somebody else has it now. True when it was written. */
export async function finishScanHost(
  tx: Tx,
  claim: ScanClaim,
  outcome: {
    readonly state: "changed" | "unchanged" | "failed";
    readonly problemKind: string | null;
    readonly problem: string | null;
  },
): Promise<boolean> {
  const { rows } = await sql`
    update scan_host
       set state = ${outcome.state}, finished_at = now(), leased_until = null,
           problem_kind = ${outcome.problemKind}, problem = ${outcome.problem}
     where scan_id = ${claim.scan} and host_id = ${claim.host} and claim = ${claim.claim}
       and state = 'running'
    returning 1`.execute(tx);
  return rows.length > 0;
}

/** Gives a claimed row back, for a server that stops. */
export async function releaseScanHost(reader: Reader, claim: ScanClaim): Promise<void> {
  await sql`
    update scan_host set state = 'waiting', leased_until = null
     where scan_id = ${claim.scan} and host_id = ${claim.host} and claim = ${claim.claim}
       and state = 'running'`.execute(reader);
}

/**
 * Ends the scan when no row is open. The lock comes first and alone, so that of two servers that end
 * the last two rows at once the later one sees the other's.
 */
export async function finishScan(tx: Tx, id: ScanId): Promise<Scan | null> {
  await sql`select from scan where id = ${id} for update`.execute(tx);
  const { rows } = await sql<Scan>`
    update scan s set finished_at = now()
     where s.id = ${id} and s.finished_at is null
       and not exists (select from scan_host
                        where scan_id = ${id} and state in ('waiting', 'running'))
    returning ${scanColumns}`.execute(tx);
  return rows[0] ?? null;
}
