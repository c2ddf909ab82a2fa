import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";

export async function isDatabaseReachable(reader: Reader): Promise<boolean> {
  try {
    await sql`select 1`.execute(reader);
    return true;
  } catch {
    // The reason is in the pool's own log; health is a yes or no.
    return false;
  }
}

export interface IdempotencyKey {
  readonly subject: SubjectId;
  readonly key: string;
  /** SHA-256 of method, path and body. */
  readonly request: string;
}

export interface KeptAnswer {
  readonly request: string;
  /** Null while the first request is at work, or when it was cut off. */
  readonly status: number | null;
  readonly body: string | null;
}

/** Null when the key is new and now ours; else what is known of its first use. */
export async function claimKey(reader: Reader, key: IdempotencyKey): Promise<KeptAnswer | null> {
  await sql`delete from idempotent_answer where at < now() - interval '1 day'`.execute(reader);
  const claimed = await sql`
    insert into idempotent_answer (subject, key, request)
    values (${key.subject}, ${key.key}, ${key.request}) on conflict do nothing`.execute(reader);
  if (claimed.numAffectedRows === 1n) return null;
  const { rows } = await sql<KeptAnswer>`
    select request, status, body from idempotent_answer
    where subject = ${key.subject} and key = ${key.key}`.execute(reader);
  return rows[0] ?? null;
}

export async function keepAnswer(
  reader: Reader,
  key: IdempotencyKey,
  answer: { readonly status: number; readonly body: string | null },
): Promise<void> {
  await sql`
    update idempotent_answer set status = ${answer.status}, body = ${answer.body}
    where subject = ${key.subject} and key = ${key.key}`.execute(reader);
}

/** After a failure the key may be used again: nothing was done. */
export async function releaseKey(reader: Reader, key: IdempotencyKey): Promise<void> {
  await sql`
    delete from idempotent_answer
    where subject = ${key.subject} and key = ${key.key} and status is null`.execute(reader);
}
