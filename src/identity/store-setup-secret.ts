import { timingSafeEqual } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "../db/world.ts";
import { isDatabaseBehind } from "../ledger/store-behind.ts";
import { isSetupOver } from "./store-access.ts";
import { newSecret, secretHash } from "./store-secret.ts";

/**
 * The setup secret proves that whoever sets up can read the server's state folder. It is a file of
 * mode 0600 that exists only while there is no administrator.
 */
export function setupSecretPath(world: World): string {
  return join(world.paths.state, "setup-secret");
}

/**
 * Setup is over once there was an administrator: also when the database was put back to a time
 * before, which the signed head in the ledger folder betrays.
 */
export async function isSetupClosed(world: World): Promise<boolean> {
  if (await isSetupOver(world.db)) return true;
  if (!(await isDatabaseBehind(world))) return false;
  world.log.error(
    "The database is older than the ledger folder, so setup stays closed. Restore the newer database; or, to begin anew on purpose, move the ledger folder away.",
  );
  return true;
}

/** Run when the server starts: the file's path while setup is open, else null and no file. */
export async function ensureSetupSecret(world: World): Promise<string | null> {
  const path = setupSecretPath(world);
  if (await isSetupClosed(world)) {
    await removeSetupSecret(world);
    return null;
  }
  if ((await readSecret(path)) !== null) return path;
  const beside = `${path}.new`;
  await rm(beside, { force: true });
  const handle = await open(beside, "wx", 0o600);
  try {
    await handle.writeFile(`${newSecret()}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, path);
  return path;
}

export async function isSetupSecret(world: World, presented: string): Promise<boolean> {
  const secret = await readSecret(setupSecretPath(world));
  if (secret === null) return false;
  return timingSafeEqual(Buffer.from(secretHash(secret)), Buffer.from(secretHash(presented)));
}

export async function removeSetupSecret(world: World): Promise<void> {
  await rm(setupSecretPath(world), { force: true });
}

/** A file that somebody emptied or cut is no secret. */
async function readSecret(path: string): Promise<string | null> {
  try {
    const text = (await readFile(path, "utf8")).trim();
    return text.length >= 43 ? text : null;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
}
