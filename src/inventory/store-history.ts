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
  const known = await knownOf(tx, table, now.hostNum);
  if (known.setId === now.setId) return false;
  // Moved behind all that is known of the host: a clock that was set back must not make a range end
  // before it begins, or two ranges overlap.
  const observedAt = sqlInstant(Math.max(now.observedAt, (known.observed ?? 0) + 1));
  const recordedAt = sqlInstant(Math.max(now.recordedAt, (known.recorded ?? 0) + 1));
  const name = sql.table(table);
  // The open range is closed before its rows are read, and so before another takes its place.
  await sql`
    with closed as (
      update ${name} set recorded_to = ${recordedAt}
       where host_num = ${now.hostNum} and observed_to is null and recorded_to is null
      returning set_id, observed_from
    )
    insert into ${name} (host_num, set_id, observed_from, observed_to, recorded_from)
    select ${now.hostNum}::int, set_id, observed_from, ${observedAt}, ${recordedAt} from closed
     union all
    select ${now.hostNum}::int, ${now.setId}::int, ${observedAt}, null, ${recordedAt}
     where ${now.setId}::int is not null`.execute(tx);
  return true;
}

interface Known {
  readonly setId: number | null;
  /** The newest times of what is believed of the host. */
  readonly observed: Instant | null;
  readonly recorded: Instant | null;
}

async function knownOf(tx: Tx, table: HistoryTable, hostNum: number): Promise<Known> {
  const { rows } = await sql<Known>`
    select max(set_id) filter (where observed_to is null) as "setId",
           max(coalesce(observed_to, observed_from)) as observed, max(recorded_from) as recorded
      from ${sql.table(table)}
     where host_num = ${hostNum} and recorded_to is null`.execute(tx);
  return rows[0] ?? { setId: null, observed: null, recorded: null };
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
