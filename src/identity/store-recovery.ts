import { randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import { type Instant, MINUTE_MS } from "../base/instant.ts";
import type { Reader, Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { millis } from "./store.ts";
import { secretHash } from "./store-secret.ts";

export interface RecoveryHolder {
  readonly subject: SubjectId;
  readonly handle: string;
  readonly appointedAt: Instant;
  /** When they took their code; null: not yet, so they cannot help. */
  readonly takenAt: Instant | null;
}

export async function loadHolders(reader: Reader): Promise<readonly RecoveryHolder[]> {
  const { rows } = await sql<RecoveryHolder>`
    select r.subject, s.handle, ${millis("r.appointed_at")} as "appointedAt",
      ${millis("r.taken_at")} as "takenAt"
    from recovery_share r join subject s on s.id = r.subject
    where s.disabled_at is null order by s.handle`.execute(reader);
  return rows;
}

export async function insertHolder(
  tx: Tx,
  of: { readonly subject: SubjectId; readonly by: SubjectId },
): Promise<boolean> {
  const inserted = await sql`
    insert into recovery_share (subject, appointed_by) values (${of.subject}, ${of.by})
    on conflict do nothing`.execute(tx);
  return inserted.numAffectedRows === 1n;
}

export async function deleteHolder(tx: Tx, subject: SubjectId): Promise<boolean> {
  const deleted = await sql`delete from recovery_share where subject = ${subject}`.execute(tx);
  return deleted.numAffectedRows === 1n;
}

/** 160 random bits in groups that can be copied from paper. */
export function newShareCode(): string {
  const letters = randomBytes(20).toString("hex");
  return letters.replace(/(.{5})(?!$)/g, "$1-");
}

export function shareHash(code: string): string {
  return secretHash(`recovery-share ${code.toLowerCase().replace(/[^0-9a-f]/g, "")}`);
}

/** False for somebody who was not appointed. A code that was taken before stops counting. */
export async function putShare(
  tx: Tx,
  of: { readonly subject: SubjectId; readonly hash: string },
): Promise<boolean> {
  const put = await sql`
    update recovery_share set hash = ${of.hash}, taken_at = now()
    where subject = ${of.subject}`.execute(tx);
  return put.numAffectedRows === 1n;
}

/** Uses codes up; the enabled people whose they were. One person's code given twice is one. */
export async function takeShares(tx: Tx, hashes: readonly string[]): Promise<readonly SubjectId[]> {
  const { rows } = await sql<{ subject: SubjectId }>`
    update recovery_share r set hash = null, taken_at = null from subject s
    where r.hash = any(${[...hashes]}::text[]) and s.id = r.subject
      and s.disabled_at is null and s.kind = 'person'
    returning r.subject`.execute(tx);
  return rows.map(({ subject }) => subject);
}

/** Everything that somebody could still sign in with ends: it may be in other hands. */
export async function forgetSignIn(tx: Tx, subject: SubjectId): Promise<void> {
  await sql`delete from session where subject = ${subject}`.execute(tx);
  await sql`delete from recovery_code where subject = ${subject}`.execute(tx);
  await sql`delete from one_time_code where subject = ${subject}`.execute(tx);
  await sql`
    update passkey set removed_at = now()
    where subject = ${subject} and removed_at is null`.execute(tx);
  await sql`
    update api_token set revoked_at = now()
    where subject = ${subject} and revoked_at is null`.execute(tx);
  await sql`
    update subject set password_hash = null, disabled_at = null, version = version + 1
    where id = ${subject}`.execute(tx);
}

const REQUEST_LIFE_MS = 15 * MINUTE_MS;

/** Written by `fettle recover`: who asks can write in the server's state folder. */
export function recoveryRequestPath(state: string): string {
  return join(state, "recovery-request");
}

/**
 * Whether the secret is the one in the file that somebody has just put there as the server's user or
 * root. The file is gone afterwards, so each try needs the machine anew.
 */
export async function takeRecoveryRequest(world: World, secret: string): Promise<boolean> {
  const path = recoveryRequestPath(world.paths.state);
  try {
    const { uid, mode, mtimeMs } = await stat(path);
    const text = (await readFile(path, "utf8")).trim();
    const isOwned = uid === 0 || uid === process.getuid?.();
    const isFresh = Date.now() - mtimeMs < REQUEST_LIFE_MS;
    const isRight = timingSafeEqual(Buffer.from(secretHash(text)), Buffer.from(secretHash(secret)));
    return isOwned && isFresh && (mode & 0o077) === 0 && text.length >= 43 && isRight;
  } catch (cause) {
    // Not there, or put there by somebody whose files this server cannot read: then it is refused.
    if (["ENOENT", "EACCES"].includes((cause as NodeJS.ErrnoException).code ?? "")) return false;
    throw cause;
  } finally {
    await rm(path, { force: true });
  }
}
