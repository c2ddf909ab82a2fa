import { sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import type { Reader } from "../db/database.ts";

/** What a check of the deployment asks the database: itself, and work that waits too long. */
export interface DatabaseHealth {
  readonly version: string;
  readonly bytes: number;
  readonly mayChangeLog: boolean;
  /** Settings that are off though an acknowledged write may be lost without them. */
  readonly unsafe: readonly string[];
  readonly migrations: readonly string[];
  /** The database's clock. */
  readonly now: Instant;
}

export async function loadDatabaseHealth(reader: Reader): Promise<DatabaseHealth> {
  const { rows } = await sql<DatabaseHealth>`
    select current_setting('server_version') as version,
           pg_database_size(current_database()) as bytes,
           has_table_privilege('event', 'update, delete, truncate') as "mayChangeLog",
           array(select name from pg_settings
                  where name in ('fsync', 'full_page_writes', 'synchronous_commit')
                    and setting = 'off' order by name) as unsafe,
           (select array_agg(id order by id) from migration) as migrations,
           (extract(epoch from now()) * 1000)::bigint as now`.execute(reader);
  return (
    rows[0] ?? { version: "", bytes: 0, mayChangeLog: true, unsafe: [], migrations: [], now: 0 }
  );
}

/** Since when the oldest piece of work waits that a background loop should have taken; null: none. */
export interface WaitingWork {
  readonly ledger: Instant | null;
  readonly scans: Instant | null;
  readonly rollouts: Instant | null;
}

export async function loadWaitingWork(reader: Reader): Promise<WaitingWork> {
  const millis = (column: ReturnType<typeof sql>) =>
    sql`(extract(epoch from ${column}) * 1000)::bigint`;
  const { rows } = await sql<WaitingWork>`
    select (select ${millis(sql`min(e.at)`)} from event_queue q join event e on e.id = q.event)
             as ledger,
           (select ${millis(sql`min(s.created_at)`)} from scan s
             where s.finished_at is null and not exists (
               select from scan_host h where h.scan_id = s.id and h.leased_until > now()))
             as scans,
           (select ${millis(sql`min(r.look_at)`)} from rollout r
             where r.state = 'running' and r.look_at < now()
               and (r.owner_until is null or r.owner_until < now())) as rollouts`.execute(reader);
  return rows[0] ?? { ledger: null, scans: null, rollouts: null };
}

/** Enrolled hosts, and those whose policy is older than the newest one given to their ring. */
export async function loadEnrolmentHealth(
  reader: Reader,
): Promise<{ readonly enrolled: number; readonly behind: readonly string[] }> {
  const { rows } = await sql<{ name: string; isBehind: boolean }>`
    with newest as (
      select distinct on (e.host) e.host, h.name, e.ring, e.policy_version, e.way
        from host_enrolment e join host h on h.id = e.host and h.removed_at is null
       where h.signing_key is not null
       order by e.host, e.enrolled_at desc, e.policy_version desc)
    select name, policy_version < max(policy_version) over (partition by ring, way) as "isBehind"
      from newest order by name`.execute(reader);
  return {
    enrolled: rows.length,
    behind: rows.filter((row) => row.isBehind).map((row) => row.name),
  };
}

/** Sources whose keys are pinned, as `ADDRESS SUITE`: those that failed, and those that do not answer. */
export async function loadSourceHealth(reader: Reader): Promise<{
  readonly pinned: number;
  readonly refused: readonly string[];
  readonly unreached: readonly string[];
}> {
  const { rows } = await sql<{ name: string; state: string | null }>`
    select uri || ' ' || suite as name, state from package_source_key order by 1`.execute(reader);
  const of = (state: string): readonly string[] =>
    rows.filter((row) => row.state === state).map(({ name }) => name);
  return { pinned: rows.length, refused: of("refused"), unreached: of("unreached") };
}
