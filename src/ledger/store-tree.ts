import { sql } from "kysely";
import type { JsonObject } from "../base/json.ts";
import type { Reader, Tx } from "../db/database.ts";
import { sqlJson } from "../db/database.ts";
import type { EventId, Head, LedgerEvent } from "./model.ts";
import { hashesFromBytes, type Tile, type TileName, tileKey } from "./tile.ts";

/** Any constant, as long as all servers on one database take the same. */
const SEQUENCER_LOCK = 5_390_214_771;

/** Held until the transaction ends; false when another server is numbering now. */
export async function tryLockSequencer(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(${SEQUENCER_LOCK}) as locked`.execute(tx);
  return rows[0]?.locked === true;
}

export async function loadHead(reader: Reader): Promise<Head | null> {
  const { rows } = await sql<Head>`select size, root, note from ledger_head`.execute(reader);
  return rows[0] ?? null;
}

/** Events without a place, in order of insertion: never by a watermark, as late commits come low. */
export async function loadQueue(tx: Tx, limit: number): Promise<readonly LedgerEvent[]> {
  const { rows } = await sql<LedgerEvent>`
    select e.id, null as index, (extract(epoch from e.at) * 1000)::bigint as at, e.type, e.actor,
      e.object, e.patch, e.change, e.plan, e.approved, e.facts, e.circumstances
    from event_queue q join event e on e.id = q.event
    order by q.inserted limit ${limit}`.execute(tx);
  return rows;
}

export interface NewEntry {
  readonly index: number;
  readonly event: EventId;
  readonly entry: string;
}

export async function insertEntries(tx: Tx, entries: readonly NewEntry[]): Promise<void> {
  await sql`
    insert into ledger_entry (index, event, entry)
    select index, event, entry
    from jsonb_to_recordset(${sqlJson(entries)}) as r (index bigint, event text, entry text)
    order by index`.execute(tx);
  const done = entries.map((entry) => entry.event);
  await sql`delete from event_queue where event = any(${done}::text[])`.execute(tx);
}

export async function loadEntries(
  reader: Reader,
  range: { readonly from: number; readonly to: number },
): Promise<readonly string[]> {
  const { rows } = await sql<{ entry: string }>`
    select entry from ledger_entry where index >= ${range.from} and index < ${range.to}
    order by index`.execute(reader);
  return rows.map((row) => row.entry);
}

/** What an entry names by its digest: the facts of its event. */
export async function loadFacts(reader: Reader, index: number): Promise<JsonObject> {
  const { rows } = await sql<{ facts: JsonObject }>`
    select e.facts from ledger_entry l join event e on e.id = l.event
     where l.index = ${index}`.execute(reader);
  return rows[0]?.facts ?? {};
}

/** The entries of one change below a size, in the order of the tree. */
export async function loadChangeEntries(
  reader: Reader,
  of: { readonly change: string; readonly size: number; readonly limit: number },
): Promise<readonly { readonly index: number; readonly entry: string }[]> {
  const { rows } = await sql<{ index: number; entry: string }>`
    select l.index, l.entry from event e join ledger_entry l on l.event = e.id
     where e.change = ${of.change} and l.index < ${of.size}
     order by l.index limit ${of.limit}`.execute(reader);
  return rows;
}

/** The place of an event, or null while it waits; dispatch demands `index < size of the head`. */
export async function loadEventIndex(reader: Reader, event: EventId): Promise<number | null> {
  const { rows } = await sql<{ index: number }>`
    select index from ledger_entry where event = ${event}`.execute(reader);
  return rows[0]?.index ?? null;
}

export async function loadTiles(
  reader: Reader,
  names: readonly TileName[],
): Promise<ReadonlyMap<string, Tile>> {
  const { rows } = await sql<{ level: number; position: number; hashes: Buffer }>`
    select t.level, t.position, t.hashes from ledger_tile t
    join (select distinct level, position
      from jsonb_to_recordset(${sqlJson(names)}) as r (level int, position bigint)) wanted
      on wanted.level = t.level and wanted.position = t.position`.execute(reader);
  return new Map(
    rows.map((row) => [
      tileKey(row),
      { level: row.level, position: row.position, hashes: hashesFromBytes(row.hashes) },
    ]),
  );
}

export async function saveTiles(tx: Tx, tiles: readonly Tile[]): Promise<void> {
  const rows = tiles.map((tile) => ({
    level: tile.level,
    position: tile.position,
    hashes: Buffer.concat(tile.hashes).toString("hex"),
  }));
  await sql`
    insert into ledger_tile (level, position, hashes)
    select level, position, decode(hashes, 'hex')
    from jsonb_to_recordset(${sqlJson(rows)}) as r (level int, position bigint, hashes text)
    on conflict (level, position) do update set hashes = excluded.hashes`.execute(tx);
}

/** Moves the head from the one that was read; false when somebody else moved it meanwhile. */
export async function advanceHead(tx: Tx, from: Head | null, to: Head): Promise<boolean> {
  const moved =
    from === null
      ? await sql`
          insert into ledger_head (size, root, note) values (${to.size}, ${to.root}, ${to.note})
          on conflict do nothing`.execute(tx)
      : await sql`
          update ledger_head set size = ${to.size}, root = ${to.root}, note = ${to.note}
          where size = ${from.size} and root = ${from.root}`.execute(tx);
  if (moved.numAffectedRows !== 1n) return false;
  await sql`
    insert into ledger_checkpoint (size, root, note)
    values (${to.size}, ${to.root}, ${to.note})`.execute(tx);
  // Whoever looks at the log can check its newest entries only now that a signed head names them.
  await sql`select hint(array['audit'])`.execute(tx);
  return true;
}

/** Signed heads with `from < size <= to`, smallest first. */
export async function loadCheckpoints(
  reader: Reader,
  range: { readonly from: number; readonly to: number },
): Promise<readonly Head[]> {
  const { rows } = await sql<Head>`
    select size, root, note from ledger_checkpoint
    where size > ${range.from} and size <= ${range.to} order by size`.execute(reader);
  return rows;
}

export async function countCheckpoints(reader: Reader, size: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ledger_checkpoint
    where size > 0 and size <= ${size}`.execute(reader);
  return rows[0]?.count ?? 0;
}

/** Events in the order of the tree, from an index on: what live streams tell. */
export async function loadNumberedEvents(
  reader: Reader,
  page: { readonly from: number; readonly limit: number },
): Promise<readonly LedgerEvent[]> {
  const { rows } = await sql<LedgerEvent>`
    select e.id, l.index, (extract(epoch from e.at) * 1000)::bigint as at, e.type, e.actor,
      e.object, e.patch, e.change, e.plan, e.approved, e.facts, e.circumstances
    from ledger_entry l join event e on e.id = l.event
    where l.index >= ${page.from} order by l.index limit ${page.limit}`.execute(reader);
  return rows;
}

/** Size of the tree and number of events that wait for a place in it. */
export async function loadLedgerSizes(
  reader: Reader,
): Promise<{ readonly size: number; readonly waiting: number }> {
  const { rows } = await sql<{ size: number; waiting: number }>`
    select coalesce((select size from ledger_head), 0) as size,
      (select count(*) from event_queue) as waiting`.execute(reader);
  return rows[0] ?? { size: 0, waiting: 0 };
}

/** Entries below this index were pruned: their hashes are here, their words are not. */
export async function loadMinimum(reader: Reader): Promise<number> {
  const { rows } = await sql<{ minimum: number }>`
    select ledger_minimum() as minimum`.execute(reader);
  return rows[0]?.minimum ?? 0;
}
