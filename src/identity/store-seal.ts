import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { placeOnce } from "../base/secret-file.ts";
import type { World } from "../db/world.ts";

/**
 * Secrets that the server must read again (those of one-time codes) are sealed with AES-256-GCM by a
 * key in the state folder, so that neither a stolen database nor its backup has them. What is sealed
 * is bound to what it is for: moved to another row it does not open.
 */
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function sealKeyPath(world: World): string {
  return join(world.paths.state, "seal.key");
}

export async function seal(world: World, of: { text: string; purpose: string }): Promise<string> {
  const key = (await readKey(world)) ?? (await makeKey(world));
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(of.purpose));
  const sealed = Buffer.concat([cipher.update(of.text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
}

export async function unseal(
  world: World,
  of: { readonly sealed: string; readonly purpose: string },
): Promise<string> {
  const key = await readKey(world);
  const bytes = Buffer.from(of.sealed, "base64url");
  try {
    if (key === null) throw new Error("the key is missing");
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(of.purpose));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new Failure(
      "blocked",
      `What was sealed with ${sealKeyPath(world)} cannot be opened. Put back the key that belongs to this database.`,
      { cause },
    );
  }
}

async function readKey(world: World): Promise<Buffer | null> {
  const path = sealKeyPath(world);
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new Failure("blocked", `The key ${path} can be read by others. Run: chmod 600 ${path}`);
    }
    const key = Buffer.from((await readFile(path, "utf8")).trim(), "base64url");
    if (key.length === KEY_BYTES) return key;
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Failure("blocked", `The key ${path} cannot be read.`, { cause });
  }
  throw new Failure("blocked", `The key ${path} is damaged. Put it back from a backup.`);
}

async function makeKey(world: World): Promise<Buffer> {
  const path = sealKeyPath(world);
  placeOnce(path, `${randomBytes(KEY_BYTES).toString("base64url")}\n`);
  const key = await readKey(world);
  if (key === null) throw new Failure("unavailable", `The key ${path} could not be made.`);
  return key;
}
