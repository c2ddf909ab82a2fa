import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { parseSelector, selectorToText } from "../base/labels.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { Freeze } from "./freeze.ts";

/** Freezes as rows; a freeze is never deleted, so that a past day can be explained. */
type FreezeRow = Omit<Freeze, "hosts"> & { readonly hosts: string };

const columns = sql`
  f.id, f.number, f.name, f.hosts, f.reason, f.starts_at as "startsAt", f.ends_at as "endsAt",
  f.passes_emergency as "passesEmergency", f.set_by as "setBy", f.set_at as "setAt",
  f.lifted_by as "liftedBy", f.lifted_at as "liftedAt", f.lifted_reason as "liftedReason"`;

function fromRow(row: FreezeRow): Freeze {
  return { ...row, hosts: parseSelector(row.hosts) };
}

export async function insertFreeze(
  tx: Tx,
  freeze: Omit<Freeze, "number" | "liftedBy" | "liftedAt" | "liftedReason">,
): Promise<Freeze> {
  const { rows } = await sql<FreezeRow>`
    insert into calendar_freeze as f (id, name, hosts, reason, starts_at, ends_at,
      passes_emergency, set_by, set_at)
    values (${freeze.id}, ${freeze.name}, ${selectorToText(freeze.hosts)}, ${freeze.reason},
      ${sqlInstant(freeze.startsAt)}, ${sqlInstant(freeze.endsAt)}, ${freeze.passesEmergency},
      ${freeze.setBy}, ${sqlInstant(freeze.setAt)})
    returning ${columns}`.execute(tx);
  return fromRow(rows[0] as FreezeRow);
}

/** Null when it was lifted already. */
export async function liftFreezeRow(
  tx: Tx,
  lift: {
    readonly id: string;
    readonly by: SubjectId;
    readonly at: Instant;
    readonly reason: string;
  },
): Promise<Freeze | null> {
  const { rows } = await sql<FreezeRow>`
    update calendar_freeze f
       set lifted_by = ${lift.by}, lifted_at = ${sqlInstant(lift.at)},
           lifted_reason = ${lift.reason}
     where f.id = ${lift.id} and f.lifted_at is null
    returning ${columns}`.execute(tx);
  return rows[0] === undefined ? null : fromRow(rows[0]);
}

/** By id or number. */
export async function loadFreeze(reader: Reader, ref: string | number): Promise<Freeze | null> {
  const match = typeof ref === "number" ? sql`f.number = ${ref}` : sql`f.id = ${ref}`;
  const { rows } =
    await sql<FreezeRow>`select ${columns} from calendar_freeze f where ${match}`.execute(reader);
  return rows[0] === undefined ? null : fromRow(rows[0]);
}

const FREEZES_MAX = 500;

/** Newest first; those that are neither lifted nor over, or all. */
export async function loadFreezes(
  reader: Reader,
  of: { readonly liveAt: Instant | null },
): Promise<readonly Freeze[]> {
  const isLive =
    of.liveAt === null
      ? sql`true`
      : sql`f.lifted_at is null and f.ends_at > ${sqlInstant(of.liveAt)}`;
  const { rows } = await sql<FreezeRow>`
    select ${columns} from calendar_freeze f where ${isLive}
     order by f.number desc limit ${FREEZES_MAX}`.execute(reader);
  return rows.map(fromRow);
}

/** The database's time, and every freeze that holds at it: read after the lock of a start. */
export async function loadFreezesNow(
  reader: Reader,
): Promise<{ readonly now: Instant; readonly freezes: readonly Freeze[] }> {
  const { rows } = await sql<FreezeRow & { now: Instant }>`
    select statement_timestamp() as now, ${columns}
      from (select 1) as always
      left join calendar_freeze f on f.lifted_at is null and f.ends_at > statement_timestamp()
       and f.starts_at <= statement_timestamp()`.execute(reader);
  const freezes = rows.flatMap(({ now: _now, ...row }) => (row.id === null ? [] : [fromRow(row)]));
  return { now: rows[0]?.now ?? 0, freezes };
}

export interface ZoneKey {
  readonly key: string;
  readonly tz: string;
  readonly zone: string | null;
}

/** Every zone there is among live hosts, by steps through the index: a few, of a million rows. */
export async function loadZoneKeys(reader: Reader): Promise<readonly ZoneKey[]> {
  const { rows } = await sql<{ key: string }>`
    with recursive step as (
      (select zone_key from host where removed_at is null order by zone_key limit 1)
      union all
      select (select h.zone_key from host h
               where h.removed_at is null and h.zone_key > s.zone_key
               order by h.zone_key limit 1)
        from step s where s.zone_key is not null)
    select zone_key as key from step where zone_key is not null`.execute(reader);
  return rows.map(({ key }) => {
    const [tz = "", zone = ""] = key.split(" ");
    return { key, tz, zone: zone === "" ? null : zone };
  });
}
