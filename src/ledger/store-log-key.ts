import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { placeOnce } from "../base/secret-file.ts";
import type { World } from "../db/world.ts";
import { type LogKey, logKey, openCheckpoint } from "./checkpoint.ts";
import { loadHead } from "./store-tree.ts";

export function ledgerFolder(world: World): string {
  return join(world.paths.state, "ledger");
}

/**
 * The key that signs tree heads, and nothing else. It is made once, while the ledger has no head: a
 * server that finds a head but not its key must not start a second history.
 */
export async function openLogKey(world: World): Promise<LogKey> {
  const path = join(ledgerFolder(world), "log.key");
  const head = await loadHead(world.db);
  let pem = await readIfThere(path);
  if (pem === null) {
    if (head !== null) throw keyIsLost(path);
    pem = await makeKey(world, path);
  }
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new Failure(
      "blocked",
      `The ledger key ${path} can be read by others. Run: chmod 600 ${path}`,
    );
  }
  const key = logKey(`${world.config.deployment}/fettle-ledger`, createPrivateKey(pem));
  if (head !== null && openCheckpoint(key, head.note)?.size !== head.size) {
    throw new Failure(
      "blocked",
      `The newest head of the ledger was not signed by ${path} for the deployment "${world.config.deployment}". Put back the key and the deployment name that belong to this database.`,
    );
  }
  return key;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Failure("unavailable", `The ledger key ${path} cannot be read.`, { cause });
  }
}

async function makeKey(world: World, path: string): Promise<string> {
  await mkdir(ledgerFolder(world), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  placeOnce(path, privateKey.export({ type: "pkcs8", format: "pem" }) as string);
  return await readFile(path, "utf8");
}

function keyIsLost(path: string): Failure {
  return new Failure(
    "blocked",
    `The ledger of this database has a signed head, but its key ${path} is missing. Put the key back from a backup of the state folder; a new key would start a second history.`,
  );
}
