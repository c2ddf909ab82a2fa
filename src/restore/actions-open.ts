import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemActor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { lockForTaking } from "../change/actions.ts";
import { endRevoked } from "../change/actions-end.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { lockStarts } from "../db/start-lock.ts";
import type { World } from "../db/world.ts";
import { type Checkpoint, type LogKey, openCheckpoint } from "../ledger/checkpoint.ts";
import { rootOf } from "../ledger/loops-sequencer.ts";
import type { Head, LedgerEvent } from "../ledger/model.ts";
import { recordEvent } from "../ledger/record.ts";
import { isDatabaseBehind } from "../ledger/store-behind.ts";
import { readKnownHeads } from "../ledger/store-known-heads.ts";
import { ledgerFolder, openLogKey } from "../ledger/store-log-key.ts";
import { NotReplayable, replayLog } from "../ledger/store-replay.ts";
import { loadHead } from "../ledger/store-tree.ts";
import { EMPTY_ROOT } from "../ledger/tree.ts";
import type { LogHead, Replayed, Restore, RestoreId } from "./model.ts";
import { type MissingEvent, type Narrowing, narrowingOf } from "./narrowing.ts";
import {
  insertRestore,
  loadOpenRestore,
  lockOpenRestore,
  orNothing,
  writeNewest,
  writeReplayed,
} from "./store.ts";
import { holdEverything, narrow, REPLAYED_WORDS } from "./store-narrow.ts";

/**
 * Run when the server starts, before anything works. Finds out whether an older database was put
 * back; then it opens the restore, holds everything and replays what the files still have. Null: the
 * database is as new as its log, and nothing is open from before.
 */
export async function openIfBehind(world: World): Promise<Restore | null> {
  await refuseOtherHistory(world);
  const open = await loadOpenRestore(world.db);
  if (!(await isDatabaseBehind(world))) return open;
  // An empty database knows nobody who could sign; only a copy of it can come back.
  if ((await loadHead(world.db)) === null) return open;
  const newest = await newestHead(world);
  await inTransaction(world.db, async (tx) => {
    await lockStarts(tx);
    const head = await loadHead(tx);
    // Another server on this database may have been first.
    if (head === null || head.size >= newest.checkpoint.size) return;
    await openAndReplay(world, tx, { head, ...newest });
  });
  return loadOpenRestore(world.db);
}

interface Newest {
  readonly checkpoint: Checkpoint;
  readonly note: string;
  /** `files`, or the file that people handed in. */
  readonly from: string;
}

/** Of the ledger folder, which may be lost, and of what people handed in. */
async function newestHead(world: World): Promise<Newest> {
  const key = await openLogKey(world);
  const path = join(ledgerFolder(world), "checkpoint");
  const note = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return null;
    throw cause;
  });
  const known = await readKnownHeads(world);
  const given = known.map(({ file, note: text }) => signedHead(key, file, text));
  const own = note === null ? [] : [{ ...signedHead(key, path, note), from: "files" }];
  const newest = [...own, ...given].reduce((a, b) =>
    b.checkpoint.size > a.checkpoint.size ? b : a,
  );
  return newest;
}

function signedHead(key: LogKey, from: string, note: string): Newest {
  const checkpoint = openCheckpoint(key, note);
  if (checkpoint !== null) return { checkpoint, note, from: from.slice(0, 200) };
  throw new Failure(
    "blocked",
    `The file ${from} is not a head signed by this server's ledger key. Restore the ledger folder from a backup, or take away a head of another log.`,
  );
}

/**
 * A head that people handed in must be one of this very log: where the database has as many entries and
 * another tree, somebody signed two histories, and nothing that it says may be gone on with.
 */
async function refuseOtherHistory(world: World): Promise<void> {
  const known = await readKnownHeads(world);
  if (known.length === 0) return;
  const key = await openLogKey(world);
  const size = (await loadHead(world.db))?.size ?? 0;
  for (const { file, note } of known) {
    const { checkpoint } = signedHead(key, file, note);
    if (checkpoint.size > size) continue;
    if ((await rootOf(world.db, checkpoint.size)).equals(checkpoint.root)) continue;
    throw new Failure(
      "blocked",
      `The head over ${checkpoint.size} entries in ${file} is signed by this log's key, and this database has other entries: there are two histories. Keep both and find out who signed the other one (docs/restore.md).`,
    );
  }
}

export function logHead({ size, root }: Pick<Head, "size" | "root">): LogHead {
  return { size, root: Buffer.from(root, "base64").toString("hex") };
}

export const emptyHead: LogHead = { size: 0, root: EMPTY_ROOT.toString("hex") };

interface Behind extends Newest {
  readonly head: Head;
}

async function openAndReplay(world: World, tx: Tx, behind: Behind): Promise<void> {
  const { head, checkpoint } = behind;
  const newest = { size: checkpoint.size, root: checkpoint.root.toString("hex") };
  const old = logHead(head);
  const before = await lockOpenRestore(tx);
  const id = before?.id ?? newId<RestoreId>(world.clock());
  if (before === null) await insertRestore(tx, { id, old, newest, newestFrom: behind.from });
  else if (before.newest.size < newest.size) {
    await writeNewest(tx, { id, newest, newestFrom: behind.from });
  }
  const held = await holdEverything(tx);
  const done = await replayOrNot(world, tx, behind);
  const replayed = { ...done.replayed, ...held };
  await writeReplayed(tx, { id, replayed, problem: done.problem });
  await recordEvent(tx, {
    type: before === null ? "restore.opened" : "restore.replayed",
    actor: systemActor.subject,
    object: `restore:${id}`,
    facts: { old: { ...old }, newest, replayed, isReplayed: done.problem === null },
  });
}

interface Done {
  readonly replayed: Replayed;
  readonly problem: string | null;
}

/** A replay that does not come to the signed head leaves nothing behind. */
function replayOrNot(world: World, tx: Tx, behind: Behind): Promise<Done> {
  return orNothing(
    tx,
    () => replay(world, tx, behind),
    (cause) => {
      if (!(cause instanceof NotReplayable)) throw cause;
      return { replayed: { entries: 0 }, problem: cause.message };
    },
  );
}

async function replay(world: World, tx: Tx, behind: Behind): Promise<Done> {
  const missing: MissingEvent[] = [];
  const heard = (event: Omit<LedgerEvent, "index">, index: number): void => {
    const { type, actor, object, change, facts } = event;
    missing.push({ index, type, actor, object, change, facts });
  };
  await replayLog(world, tx, { ...behind, heard });
  const narrowing = narrowingOf(missing);
  const counts = await narrow(tx, narrowing, world.clock());
  const changes = await endChanges(world, tx, narrowing);
  return {
    replayed: { entries: missing.length, ...counts, "changes ended": changes },
    problem: null,
  };
}

/** In the order of their ids, as everybody locks them. */
async function endChanges(world: World, tx: Tx, of: Narrowing): Promise<number> {
  let ended = 0;
  const how = { actor: systemActor, at: world.clock(), reason: REPLAYED_WORDS };
  for (const id of [...of.changesEnded].sort()) {
    const change = await lockForTaking(tx, id);
    if (change === null) continue;
    const now = await endRevoked(tx, change, how);
    if (now.state !== change.state) ended += 1;
  }
  return ended;
}
