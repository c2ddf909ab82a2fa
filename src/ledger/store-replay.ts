import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import { sha256 } from "../base/digest.ts";
import type { JsonObject } from "../base/json.ts";
import { sqlJson, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { payloadOf } from "./export-line.ts";
import { rootOf } from "./loops-sequencer.ts";
import type { EventId, LedgerEvent } from "./model.ts";
import { entriesIn, eventOf } from "./replayed.ts";
import { ledgerFolder } from "./store-log-key.ts";
import { advanceHead, insertEntries, loadHead, loadTiles, saveTiles } from "./store-tree.ts";
import { appendLeaves, edgeTiles, factsPath, TILE_WIDTH, tilePath } from "./tile.ts";
import { leafHash } from "./tree.ts";

/** What of the missing entries cannot be had, in words for people. */
export class NotReplayable extends Error {}

/**
 * Writes the entries that the database lacks back from the files, up to a head that this log's key
 * signed. All or nothing: unless the tree comes to the very root of that head, it throws
 * `NotReplayable` and the transaction must not commit. `heard` gets each event, in order.
 */
export async function replayLog(
  world: World,
  tx: Tx,
  of: {
    readonly checkpoint: Checkpoint;
    readonly note: string;
    readonly heard: (event: Omit<LedgerEvent, "index">, index: number) => void;
  },
): Promise<void> {
  const { checkpoint, note, heard } = of;
  const folder = ledgerFolder(world);
  const head = await loadHead(tx);
  const start = head?.size ?? 0;
  if (head !== null && (await rootOf(tx, start)).toString("base64") !== head.root) {
    throw new NotReplayable("the tree in the database is not the one that its own head signs");
  }
  for (let size = start; size < checkpoint.size; ) {
    const position = Math.floor(size / TILE_WIDTH);
    const to = Math.min((position + 1) * TILE_WIDTH, checkpoint.size);
    const bundle = await readBundle(folder, { position, to });
    const entries = bundle.slice(size - position * TILE_WIDTH);
    await insertReplayed(tx, { folder, from: size, entries, heard });
    size = to;
  }
  if (!(await rootOf(tx, checkpoint.size)).equals(checkpoint.root)) {
    throw new NotReplayable(
      `the entries in the files do not lead from the database's head over ${start} to the signed head over ${checkpoint.size}`,
    );
  }
  const next = { size: checkpoint.size, root: checkpoint.root.toString("base64"), note };
  if (!(await advanceHead(tx, head, next))) throw new NotReplayable("the head moved meanwhile");
}

async function readBundle(
  folder: string,
  { position, to }: { readonly position: number; readonly to: number },
): Promise<readonly string[]> {
  const width = to - position * TILE_WIDTH;
  const path = tilePath("entries", position, width);
  const bytes = await readFile(join(folder, path)).catch((cause: NodeJS.ErrnoException) => {
    throw new NotReplayable(`the file ${path} of the ledger folder: ${cause.code ?? "unreadable"}`);
  });
  const entries = entriesIn(bytes);
  if (entries?.length === width) return entries;
  throw new NotReplayable(`the file ${path} of the ledger folder is not whole`);
}

async function insertReplayed(
  tx: Tx,
  of: {
    readonly folder: string;
    readonly from: number;
    readonly entries: readonly string[];
    readonly heard: (event: Omit<LedgerEvent, "index">, index: number) => void;
  },
): Promise<void> {
  const { from, entries } = of;
  const events: Omit<LedgerEvent, "index">[] = [];
  for (const entry of entries) {
    const facts = await readFacts(of.folder, payloadOf(entry));
    const event = readEvent(entry);
    events.push(facts === null ? event : { ...event, facts });
  }
  await insertEvents(tx, events);
  await insertEntries(
    tx,
    entries.map((entry, i) => ({
      index: from + i,
      event: events[i]?.id ?? ("" as EventId),
      entry,
    })),
  );
  const edge = await loadTiles(tx, edgeTiles(from));
  const leaves = entries.map((entry) => leafHash(entry));
  await saveTiles(tx, appendLeaves({ size: from, edge, leaves }));
  for (const [i, event] of events.entries()) of.heard(event, from + i);
}

/** Facts that stood apart; null where none did, or an older program kept them in the database alone. */
async function readFacts(folder: string, payload: string | null): Promise<JsonObject | null> {
  if (payload === null || !/^[0-9a-f]{64}$/.test(payload)) return null;
  const text = await readFile(join(folder, factsPath(payload)), "utf8").catch(() => null);
  if (text === null) return null;
  if (sha256(text) === payload) return JSON.parse(text) as JsonObject;
  throw new NotReplayable(`the file ${factsPath(payload)} of the ledger folder was changed`);
}

function readEvent(entry: string): Omit<LedgerEvent, "index"> {
  try {
    const event = eventOf(entry);
    if (event.id !== "" && event.type !== "" && !Number.isNaN(event.at)) return event;
  } catch {
    // Said below: a file that is not what this server wrote.
  }
  throw new NotReplayable("a file of the ledger folder holds what is no entry of this log");
}

/** An event may be here already, when it waited for its place in the log as the copy was made. */
async function insertEvents(tx: Tx, events: readonly Omit<LedgerEvent, "index">[]): Promise<void> {
  await sql`
    insert into event (id, at, type, actor, object, patch, change, plan, approved, facts,
      circumstances)
    select e.id, to_timestamp(e.at / 1000.0), e.type, e.actor, e.object, e.patch, e.change, e.plan,
      e.approved, e.facts, e.circumstances
    from rows from (jsonb_to_recordset(${sqlJson(events)}) as (
      id text, at bigint, type text, actor text, object text, patch text, change text, plan text,
      approved text, facts jsonb, circumstances jsonb)) with ordinality
      as e (id, at, type, actor, object, patch, change, plan, approved, facts, circumstances, place)
    order by e.place
    on conflict (id) do nothing`.execute(tx);
}
