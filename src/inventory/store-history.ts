import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";

/**
 * Which set a host pointed to, when it was so (observed) and when this server believed it (recorded).
 * A change closes the belief "this is so from A on" and records two: "it was so from A to B" and "the
 * other is so from B on". All these tables have the same shape.
 */
export type HistoryTable = "host_set" | "host_offer" | "host_runtime";

const setTables = {
  host_set: "package_set",
  host_offer: "offer_set",
  host_runtime: "runtime_set",
} as const;

/** Points the host to a set, or to none (unknown). Returns true when that is a change. */
export async function pointHostTo(
  tx: Tx,
  table: HistoryTable,
  now: {
    readonly hostNum: number;
    readonly setId: number | null;
    readonly observedAt: Instant;
    readonly recordedAt: Instant;
  },
): Promise<boolean> {
  const name = sql.table(table);
  const { rows } = await sql<{ setId: number; observedFrom: Instant }>`
    select set_id as "setId", observed_from as "observedFrom" from ${name}
     where host_num = ${now.hostNum} and observed_to is null and recorded_to is null`.execute(tx);
  const current = rows[0];
  if ((current?.setId ?? null) === now.setId) return false;
  const { observedAt, recordedAt } = await laterThanKnown(tx, table, now);
  if (current !== undefined) {
    await sql`
      update ${name} set recorded_to = ${sqlInstant(recordedAt)}
       where host_num = ${now.hostNum} and observed_to is null and recorded_to is null`.execute(tx);
    await sql`
      insert into ${name} (host_num, set_id, observed_from, observed_to, recorded_from)
      values (${now.hostNum}, ${current.setId}, ${sqlInstant(current.observedFrom)},
              ${sqlInstant(observedAt)}, ${sqlInstant(recordedAt)})`.execute(tx);
  }
  if (now.setId !== null) {
    await sql`
      insert into ${name} (host_num, set_id, observed_from, recorded_from)
      values (${now.hostNum}, ${now.setId}, ${sqlInstant(observedAt)},
              ${sqlInstant(recordedAt)})`.execute(tx);
  }
  return true;
}

/**
 * The times of a change, moved behind all that is known of the host: a clock that was set back must
 * not make a range end before it begins, or two ranges overlap.
 */
async function laterThanKnown(
  tx: Tx,
  table: HistoryTable,
  now: { readonly hostNum: number; readonly observedAt: Instant; readonly recordedAt: Instant },
): Promise<{ readonly observedAt: Instant; readonly recordedAt: Instant }> {
  const { rows } = await sql<{ observed: Instant | null; recorded: Instant | null }>`
    select max(coalesce(observed_to, observed_from)) as observed, max(recorded_from) as recorded
      from ${sql.table(table)}
     where host_num = ${now.hostNum} and recorded_to is null`.execute(tx);
  return {
    observedAt: Math.max(now.observedAt, (rows[0]?.observed ?? 0) + 1),
    recordedAt: Math.max(now.recordedAt, (rows[0]?.recorded ?? 0) + 1),
  };
}

export interface HistoryEntry {
  readonly set: Digest;
  readonly observedFrom: Instant;
  readonly observedTo: Instant | null;
}

/** What a host pointed to over time, oldest first, as it was known at `knownAt`. */
export async function loadHistory(
  reader: Reader,
  table: HistoryTable,
  of: { readonly hostId: string; readonly knownAt: Instant },
): Promise<readonly HistoryEntry[]> {
  const { rows } = await sql<HistoryEntry>`
    select s.digest as "set", t.observed_from as "observedFrom", t.observed_to as "observedTo"
      from ${sql.table(table)} t
      join host h on h.num = t.host_num
      join ${sql.table(setTables[table])} s on s.id = t.set_id
     where h.id = ${of.hostId} and t.recorded_from <= ${sqlInstant(of.knownAt)}
       and (t.recorded_to is null or t.recorded_to > ${sqlInstant(of.knownAt)})
     order by t.observed_from`.execute(reader);
  return rows;
}
