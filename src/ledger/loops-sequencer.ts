import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { type Checkpoint, type LogKey, openCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { entryText, factsText } from "./entry.ts";
import { payloadOf } from "./export-line.ts";
import type { Head } from "./model.ts";
import { writeDurably } from "./store-files.ts";
import { ledgerFolder } from "./store-log-key.ts";
import {
  advanceHead,
  insertEntries,
  loadEntries,
  loadFacts,
  loadHead,
  loadMinimum,
  loadQueue,
  loadTiles,
  saveTiles,
  tryLockSequencer,
} from "./store-tree.ts";
import {
  appendLeaves,
  edgeTiles,
  entryBundle,
  factsPath,
  hashesOnLevel,
  nodesIn,
  TILE_WIDTH,
  type TileName,
  tileKey,
  tileOf,
  tilePath,
} from "./tile.ts";
import { EMPTY_ROOT, type Hash, leafHash, nodesOf, rootHash } from "./tree.ts";

/** Entries numbered in one transaction, so also the most between two signed heads. */
const BATCH_ENTRIES_MAX = 1_000;

/**
 * Gives waiting events their places and signs the new head. The order is what makes it safe: tiles
 * are on disk before the head is committed, and the head's note is handed out only after. A crash
 * in between leaves tiles of a tree that no head ever named; the next turn overwrites them.
 *
 * Returns true when more events may be waiting.
 */
export async function sequence(world: World, key: LogKey): Promise<boolean> {
  const folder = ledgerFolder(world);
  const done = await inTransaction(world.db, async (tx) => {
    if (!(await tryLockSequencer(tx))) return null;
    const head = await loadHead(tx);
    if (head !== null && openCheckpoint(key, head.note) === null) throw foreignHead();
    const onDisk = await readFileHead(folder, key);
    await refuseChanged(tx, head);
    await refuseFork(tx, head, onDisk);
    const added = await append(tx, head?.size ?? 0, tenantOf(key));
    const size = (head?.size ?? 0) + added;
    if (head !== null && added === 0 && onDisk?.size === size) return null;
    await writeTiles(tx, folder, { from: onDisk?.size ?? 0, to: size });
    const next = head !== null && added === 0 ? head : await nextHead(tx, key, size);
    if (next !== head && !(await advanceHead(tx, head, next))) throw foreignHead();
    return { next, added };
  });
  if (done === null) return false;
  await writeDurably(folder, [{ path: "checkpoint", bytes: Buffer.from(done.next.note) }]);
  return done.added === BATCH_ENTRIES_MAX;
}

/** The signed head over the first `size` entries; handed out only once it is committed. */
export async function nextHead(tx: Tx, key: LogKey, size: number): Promise<Head> {
  const root = await rootOf(tx, size);
  return { size, root: root.toString("base64"), note: signCheckpoint(key, size, root) };
}

/** Gives waiting events their places behind the first `size`; returns how many. */
export async function append(tx: Tx, size: number, tenant: string): Promise<number> {
  const events = await loadQueue(tx, BATCH_ENTRIES_MAX);
  if (events.length === 0) return 0;
  const entries = events.map((event, i) => ({
    index: size + i,
    event: event.id,
    entry: entryText(event, tenant),
  }));
  await insertEntries(tx, entries);
  const edge = await loadTiles(tx, edgeTiles(size));
  const leaves = entries.map((entry) => leafHash(entry.entry));
  await saveTiles(tx, appendLeaves({ size, edge, leaves }));
  // Work waits until its approval has its place in the log: it may go on as soon as this commits.
  if (events.some((event) => event.approved !== null)) await notify(tx, "change");
  return events.length;
}

/** The deployment's name, as the origin of its log begins with it. */
function tenantOf(key: LogKey): string {
  return key.origin.slice(0, key.origin.lastIndexOf("/"));
}

/** Root over the first `size` entries. */
export async function rootOf(reader: Reader, size: number): Promise<Hash> {
  if (size === 0) return EMPTY_ROOT;
  const tiles = await loadTiles(reader, nodesOf({ from: 0, to: size }).map(tileOf));
  return rootHash(size, nodesIn(tiles));
}

async function readFileHead(folder: string, key: LogKey): Promise<Checkpoint | null> {
  let note: string;
  try {
    note = await readFile(join(folder, "checkpoint"), "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
  const checkpoint = openCheckpoint(key, note);
  if (checkpoint !== null) return checkpoint;
  throw new Failure(
    "blocked",
    `The file ${join(folder, "checkpoint")} is not a head signed by this server's ledger key. Restore the folder from a backup.`,
  );
}

/** The tree in the database must extend the head that was last written outside it. */
async function refuseFork(tx: Tx, head: Head | null, onDisk: Checkpoint | null): Promise<void> {
  if (onDisk === null) return;
  const isOlder = (head?.size ?? 0) < onDisk.size;
  if (!isOlder && (await rootOf(tx, onDisk.size)).equals(onDisk.root)) return;
  throw new Failure(
    "blocked",
    isOlder
      ? `The database holds ${head?.size ?? 0} ledger entries, but a head over ${onDisk.size} was already signed: the database is older than the ledger files. Nothing is signed until the newer database is back.`
      : `The ledger in the database differs from the head over ${onDisk.size} entries that was already signed. Nothing is signed; compare an export with the files of the ledger folder.`,
  );
}

/** What is added to must be what was signed: a changed tile would make the next head a fork. */
async function refuseChanged(tx: Tx, head: Head | null): Promise<void> {
  if (head === null || (await rootOf(tx, head.size)).toString("base64") === head.root) return;
  throw new Failure(
    "blocked",
    `The tree in the database is not the one that its own head over ${head.size} entries signs: tiles were changed. Nothing is signed; compare an export with the files of the ledger folder.`,
  );
}

function foreignHead(): Failure {
  return new Failure("blocked", "The ledger's head was written by another server or key.");
}

/** Written together, so that a folder is synced once for all of them; at most 1 MiB or so. */
const TILES_AT_ONCE = 16;

/** Writes every tile and bundle that a head of size `to` needs and a head of size `from` did not. */
async function writeTiles(
  tx: Tx,
  folder: string,
  range: { readonly from: number; readonly to: number },
): Promise<void> {
  const names = namesBetween(range);
  const minimum = await loadMinimum(tx);
  for (let at = 0; at < names.length; at += TILES_AT_ONCE) {
    const some = names.slice(at, at + TILES_AT_ONCE);
    const tiles = await loadTiles(tx, some);
    const files: { path: string; bytes: Buffer }[] = [];
    for (const name of some) {
      const tile = tiles.get(tileKey(name));
      if (tile === undefined) throw new Failure("blocked", "A tile of the ledger is missing.");
      const held = hashesOnLevel(name.level, range.to) - name.position * TILE_WIDTH;
      const width = Math.min(TILE_WIDTH, held);
      files.push({
        path: tilePath(name.level, name.position, width),
        bytes: Buffer.concat(tile.hashes),
      });
      if (name.level > 0) continue;
      const from = name.position * TILE_WIDTH;
      // Its words were pruned; its hashes stay.
      if (from < minimum) continue;
      const entries = await loadEntries(tx, { from, to: from + width });
      const bytes = entryBundle(entries);
      files.push({ path: tilePath("entries", name.position, width), bytes });
      files.push(...(await factsFiles(tx, { entries, from, known: range.from })));
    }
    await writeDurably(folder, files);
    await removePartials(folder, files);
  }
}

/** Facts that stand apart from their entries: a restore has nothing but files to take them from. */
async function factsFiles(
  tx: Tx,
  of: { readonly entries: readonly string[]; readonly from: number; readonly known: number },
): Promise<readonly { readonly path: string; readonly bytes: Buffer }[]> {
  const files: { path: string; bytes: Buffer }[] = [];
  for (const [i, entry] of of.entries.entries()) {
    const index = of.from + i;
    const payload = index < of.known ? null : payloadOf(entry);
    if (payload === null) continue;
    const facts = factsText(await loadFacts(tx, index));
    files.push({ path: factsPath(payload), bytes: Buffer.from(facts) });
  }
  return files;
}

/** A whole tile says all that its partial forms said. */
async function removePartials(
  folder: string,
  files: readonly { readonly path: string }[],
): Promise<void> {
  for (const { path } of files) {
    if (!path.includes(".p/"))
      await rm(join(folder, `${path}.p`), { recursive: true, force: true });
  }
}

function namesBetween(range: { readonly from: number; readonly to: number }): readonly TileName[] {
  const names: TileName[] = [];
  for (let level = 0; hashesOnLevel(level, range.to) > 0; level += 1) {
    const [held, wanted] = [hashesOnLevel(level, range.from), hashesOnLevel(level, range.to)];
    if (held === wanted) continue;
    const first = Math.floor(held / TILE_WIDTH);
    for (let position = first; position * TILE_WIDTH < wanted; position += 1) {
      names.push({ level, position });
    }
  }
  return names;
}
