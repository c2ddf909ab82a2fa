import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "../db/world.ts";
import { readKnownHeads } from "./store-known-heads.ts";
import { ledgerFolder } from "./store-log-key.ts";
import { loadHead } from "./store-tree.ts";

export const BEHIND =
  "The database is older than the newest signed head in the ledger folder, or empty: it was restored from an earlier copy. This server answers questions and changes nothing. Put back a copy of the database that knows its people (docs/restore.md).";

/** While a restore is open; what is missing, and who has signed, `fettle restore status` says. */
export const RESTORING =
  "An older copy of the database was put back, so this server answers questions and changes nothing until two approvers have signed from where its log goes on. See: fettle restore status (docs/restore.md).";

/**
 * Whether the database knows less than the head in the ledger folder, which is always written after
 * the database's own, or than one that people handed in: it was restored from an older copy, or
 * emptied. Then nothing that works only once may work again.
 */
export async function isDatabaseBehind(world: World): Promise<boolean> {
  const head = await loadHead(world.db);
  const known = await readKnownHeads(world);
  if (known.some(({ size }) => size > (head?.size ?? 0))) return true;
  try {
    const note = await readFile(join(ledgerFolder(world), "checkpoint"), "utf8");
    return Number(note.split("\n")[1]) > (head?.size ?? 0);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
}
