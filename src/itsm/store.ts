import { type RawBuilder, sql } from "kysely";
import type { ChangeId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { ItsmKind, Link } from "./model.ts";
import type { Settings } from "./settings.ts";

/** Systems and how far each is; each change's record in them. */
export interface SystemGiven {
  readonly name: string;
  readonly kind: ItsmKind;
  readonly url: string;
  readonly secretFile: string;
  /** Key of what the system reports by itself; null where it reports nothing. */
  readonly reportFile: string | null;
  readonly authority: string | null;
  readonly settings: Settings;
  readonly freshSeconds: number | null;
  readonly changedBy: SubjectId;
  readonly changedAt: Instant;
}

export interface System extends SystemGiven {
  readonly next: number;
  readonly problem: string | null;
  readonly problemSince: Instant | null;
}

/** A server that mirrors keeps the system this long beyond its last word. */
const OWNED_SECONDS = 120;

const columns = sql`name, kind, url, secret_file as "secretFile", report_file as "reportFile",
  authority, settings, fresh_seconds as "freshSeconds", next, problem,
  problem_since as "problemSince", changed_by as "changedBy", changed_at as "changedAt"`;

export async function loadSystems(reader: Reader): Promise<readonly System[]> {
  const { rows } = await sql<System>`
    select ${columns} from itsm_system order by name collate "C"`.execute(reader);
  return rows;
}

export async function loadSystem(reader: Reader, name: string): Promise<System | null> {
  const { rows } = await sql<System>`
    select ${columns} from itsm_system where name = ${name}`.execute(reader);
  return rows[0] ?? null;
}

/** A new one begins with what happens from now on; one that is set again goes on where it was. */
export async function saveSystem(tx: Tx, system: SystemGiven): Promise<void> {
  await sql`
    insert into itsm_system (name, kind, url, secret_file, report_file, authority, settings,
                             fresh_seconds, next, changed_by, changed_at)
    values (${system.name}, ${system.kind}, ${system.url}, ${system.secretFile},
            ${system.reportFile}, ${system.authority}, ${sqlJson(system.settings)},
            ${system.freshSeconds}, coalesce((select size from ledger_head), 0),
            ${system.changedBy}, ${sqlInstant(system.changedAt)})
    on conflict (name) do update set url = excluded.url, secret_file = excluded.secret_file,
      report_file = excluded.report_file, authority = excluded.authority,
      settings = excluded.settings, fresh_seconds = excluded.fresh_seconds,
      changed_by = excluded.changed_by, changed_at = excluded.changed_at,
      problem = null, problem_since = null`.execute(tx);
}

export async function removeSystem(tx: Tx, name: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from itsm_system where name = ${name}`.execute(tx);
  return numAffectedRows === 1n;
}

/** False while another server mirrors to it. */
export async function takeSystem(reader: Reader, name: string, server: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update itsm_system
       set owner = ${server}, owner_until = now() + make_interval(secs => ${OWNED_SECONDS})
     where name = ${name}
       and (owner = ${server} or owner_until is null or owner_until < now())`.execute(reader);
  return numAffectedRows === 1n;
}

export async function leaveSystems(reader: Reader, server: string): Promise<void> {
  await sql`update itsm_system set owner = null, owner_until = null
             where owner = ${server}`.execute(reader);
}

export async function sayProblem(
  reader: Reader,
  of: { readonly name: string; readonly problem: string | null; readonly at: Instant },
): Promise<void> {
  await sql`
    update itsm_system
       set problem = ${of.problem}::text,
           problem_since = case when ${of.problem}::text is null then null
                           else coalesce(problem_since, ${sqlInstant(of.at)}) end
     where name = ${of.name} and problem is distinct from ${of.problem}::text`.execute(reader);
}

/** Notes which changes have news, and moves the cursor, in one; nothing when the cursor was moved. */
export async function followLedger(
  tx: Tx,
  of: {
    readonly name: string;
    readonly from: number;
    readonly next: number;
    readonly news: readonly { readonly change: ChangeId; readonly wanted: number }[];
  },
): Promise<void> {
  const { numAffectedRows } = await sql`
    update itsm_system set next = ${of.next}
     where name = ${of.name} and next = ${of.from}`.execute(tx);
  if (numAffectedRows !== 1n || of.news.length === 0) return;
  await sql`
    insert into itsm_link as l (system, change, wanted)
    select ${of.name}, n.change, n.wanted
      from jsonb_to_recordset(${sqlJson(of.news)}) as n (change text, wanted bigint)
      join change c on c.id = n.change
     order by n.change
    on conflict (system, change)
    do update set wanted = greatest(l.wanted, excluded.wanted)`.execute(tx);
}

const linkColumns = sql`system, change, wanted, told, outside_id as "outsideId",
  outside_key as "outsideKey", outside_url as "outsideUrl", outside_state as "outsideState",
  is_holding as "isHolding", checked_at as "checkedAt", said_at as "saidAt", said_id as "saidId",
  written, conflict, unsure_at as "unsureAt", attempts, next_at as "nextAt", problem,
  problem_since as "problemSince", dead_at as "deadAt"`;

/** Records that are behind what happened, the one that waits longest first. */
export async function loadDueLinks(
  reader: Reader,
  of: { readonly system: string; readonly now: Instant; readonly limit: number },
): Promise<readonly Link[]> {
  const { rows } = await sql<Link>`
    select ${linkColumns} from itsm_link
     where system = ${of.system} and told < wanted and dead_at is null
       and (next_at is null or next_at <= ${sqlInstant(of.now)})
     order by wanted, change limit ${of.limit}`.execute(reader);
  return rows;
}

/** Records whose state was not read for a while; those of changes that are over only seldom. */
export async function loadUnread(
  reader: Reader,
  of: { readonly system: string; readonly before: Instant; readonly limit: number },
): Promise<readonly Link[]> {
  const { rows } = await sql<Link>`
    select ${linkColumns} from itsm_link
     where system = ${of.system} and outside_id is not null and dead_at is null
       and (checked_at is null or checked_at <= ${sqlInstant(of.before)})
       and exists (select from change c where c.id = change
                      and c.state in ('requested', 'approved', 'running'))
     order by checked_at nulls first, change limit ${of.limit}`.execute(reader);
  return rows;
}

const which = (of: Pick<Link, "system" | "change">): RawBuilder<boolean> =>
  sql<boolean>`system = ${of.system} and change = ${of.change}`;

export async function loadLink(
  reader: Reader,
  of: Pick<Link, "system" | "change">,
): Promise<Link | null> {
  const { rows } = await sql<Link>`
    select ${linkColumns} from itsm_link where ${which(of)}`.execute(reader);
  return rows[0] ?? null;
}

/** The same, and nobody else writes it until this transaction ends. */
export async function lockLink(tx: Tx, of: Pick<Link, "system" | "change">): Promise<Link | null> {
  const { rows } = await sql<Link>`
    select ${linkColumns} from itsm_link where ${which(of)} for update`.execute(tx);
  return rows[0] ?? null;
}

export async function loadLinks(reader: Reader, change: ChangeId): Promise<readonly Link[]> {
  const { rows } = await sql<Link>`
    select ${linkColumns} from itsm_link where change = ${change} order by system`.execute(reader);
  return rows;
}

/** Of each system: records in all, behind, given up, edited there. */
export interface LinkCounts {
  readonly system: string;
  readonly records: number;
  readonly behind: number;
  readonly dead: number;
  readonly conflicts: number;
}

export async function countLinks(reader: Reader): Promise<readonly LinkCounts[]> {
  const { rows } = await sql<LinkCounts>`
    select system, count(*) as records,
           count(*) filter (where told < wanted and dead_at is null) as behind,
           count(*) filter (where dead_at is not null) as dead,
           count(*) filter (where conflict is not null) as conflicts
      from itsm_link group by system`.execute(reader);
  return rows;
}

/** Events of a change that its record does not tell yet, in the ledger's order. */
export async function loadUntold(
  reader: Reader,
  of: { readonly change: ChangeId; readonly told: number; readonly wanted: number },
  limit: number,
): Promise<readonly { readonly index: number; readonly entry: string }[]> {
  const { rows } = await sql<{ index: number; entry: string }>`
    select l.index, l.entry from ledger_entry l join event e on e.id = l.event
     where e.change = ${of.change} and l.index > ${of.told} and l.index <= ${of.wanted}
     order by l.index limit ${limit}`.execute(reader);
  return rows;
}

type Saved = Partial<Omit<Link, "system" | "change" | "wanted">>;

const names: Readonly<Record<keyof Required<Saved>, string>> = {
  told: "told",
  outsideId: "outside_id",
  outsideKey: "outside_key",
  outsideUrl: "outside_url",
  outsideState: "outside_state",
  isHolding: "is_holding",
  checkedAt: "checked_at",
  saidAt: "said_at",
  saidId: "said_id",
  written: "written",
  conflict: "conflict",
  unsureAt: "unsure_at",
  attempts: "attempts",
  nextAt: "next_at",
  problem: "problem",
  problemSince: "problem_since",
  deadAt: "dead_at",
};
const instants = ["checkedAt", "saidAt", "unsureAt", "nextAt", "problemSince", "deadAt"];

export async function saveLink(
  reader: Reader,
  of: Pick<Link, "system" | "change">,
  saved: Saved,
): Promise<void> {
  const sets = Object.entries(saved).map(([key, value]) => {
    const column = sql.ref(names[key as keyof Saved]);
    if (value !== null && instants.includes(key)) {
      return sql`${column} = ${sqlInstant(value as Instant)}`;
    }
    if (key === "written" && value !== null) return sql`${column} = ${sqlJson(value)}`;
    return sql`${column} = ${value}`;
  });
  if (sets.length === 0) return;
  await sql`update itsm_link set ${sql.join(sets)} where ${which(of)}`.execute(reader);
}

/** Adds the row where the change had none; what it had is made anew for another record. */
export async function pointLink(
  tx: Tx,
  of: Pick<Link, "system" | "change"> & {
    readonly outside: { readonly id: string; readonly key: string; readonly url: string | null };
  },
): Promise<void> {
  await sql`
    insert into itsm_link (system, change, wanted, outside_id, outside_key, outside_url)
    values (${of.system}, ${of.change}, coalesce((select size - 1 from ledger_head), 0),
            ${of.outside.id}, ${of.outside.key}, ${of.outside.url})
    on conflict (system, change) do update set outside_id = excluded.outside_id,
      outside_key = excluded.outside_key, outside_url = excluded.outside_url, told = -1,
      wanted = greatest(itsm_link.wanted, excluded.wanted), outside_state = null,
      checked_at = null, written = null, conflict = null, attempts = 0, next_at = null,
      problem = null, problem_since = null, dead_at = null, unsure_at = null`.execute(tx);
}
