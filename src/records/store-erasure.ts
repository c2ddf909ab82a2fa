import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";
import type { Reader, Tx } from "../db/database.ts";
import { millis } from "../identity/store.ts";
import { forgetSignIn } from "../identity/store-recovery.ts";
import { FORGOTTEN } from "../ledger/store-seal.ts";
import { lockHolds } from "./store.ts";

export interface Erasure {
  readonly subject: SubjectId;
  readonly reason: string;
  readonly askedBy: SubjectId;
  readonly askedAt: Instant;
  readonly doneBy: SubjectId | null;
  readonly doneAt: Instant | null;
  readonly withdrawnAt: Instant | null;
}

const columns = sql`subject, reason, asked_by as "askedBy", ${millis("asked_at")} as "askedAt",
  done_by as "doneBy", ${millis("done_at")} as "doneAt",
  ${millis("withdrawn_at")} as "withdrawnAt"`;

/** What was asked for and neither done nor taken back, the oldest first; with the hold against it. */
export async function loadAskedErasures(
  reader: Reader,
): Promise<readonly (Erasure & { readonly handle: string; readonly hold: number | null })[]> {
  const { rows } = await sql<Erasure & { readonly handle: string; readonly hold: number | null }>`
    select ${columns}, (select handle from subject s where s.id = subject) as handle,
           hold_over_subject(subject) as hold
      from subject_erasure where done_at is null and withdrawn_at is null
     order by asked_at limit 1000`.execute(reader);
  return rows;
}

export async function withdrawErasure(tx: Tx, subject: SubjectId): Promise<void> {
  await sql`
    update subject_erasure set withdrawn_at = now() where subject = ${subject}`.execute(tx);
}

export async function loadErasure(reader: Reader, subject: SubjectId): Promise<Erasure | null> {
  const { rows } = await sql<Erasure>`
    select ${columns} from subject_erasure where subject = ${subject}`.execute(reader);
  return rows[0] ?? null;
}

/** Under a lock until the transaction ends, with the person themselves. */
export async function lockErasure(tx: Tx, subject: SubjectId): Promise<Erasure | null> {
  await sql`select from subject where id = ${subject} for update`.execute(tx);
  await lockHolds(tx);
  return loadErasure(tx, subject);
}

export async function askErasure(
  tx: Tx,
  of: { readonly subject: SubjectId; readonly by: SubjectId; readonly reason: string },
): Promise<void> {
  await sql`
    insert into subject_erasure (subject, asked_by, reason)
    values (${of.subject}, ${of.by}, ${of.reason})
    on conflict (subject) do update
       set asked_by = excluded.asked_by, reason = excluded.reason, asked_at = now(),
           withdrawn_at = null`.execute(tx);
}

/** The number of the legal hold in force that keeps what is held on a person; null: none. */
export async function loadHoldOver(reader: Reader, subject: SubjectId): Promise<number | null> {
  const { rows } = await sql<{ hold: number | null }>`
    select hold_over_subject(${subject}) as hold`.execute(reader);
  return rows[0]?.hold ?? null;
}

/**
 * Everything that says who the subject is goes; ids, and public keys that signed something, stay. The
 * handle is replaced, and by its digest never given again.
 */
export async function eraseSubject(
  tx: Tx,
  of: { readonly subject: SubjectId; readonly by: SubjectId },
): Promise<void> {
  const { subject, by } = of;
  await sql`
    update subject_erasure set done_by = ${by}, done_at = now(),
      handle_digest = (select sha256(convert_to(handle, 'UTF8')) from subject where id = ${subject})
    where subject = ${subject}`.execute(tx);
  await forgetSignIn(tx, subject);
  for (const gone of [
    sql`delete from role_grant where subject = ${subject}`,
    sql`delete from recovery_share where subject = ${subject}`,
    sql`delete from provider_identity where subject = ${subject}`,
    sql`delete from passkey where subject = ${subject}`,
    sql`delete from one_time_secret where subject = ${subject}`,
    sql`delete from challenge where subject = ${subject}`,
    sql`delete from scim_member where subject = ${subject}`,
    sql`update scim_user set user_name = ${`erased-${subject}`}, external_id = null,
          attributes = '{}', deleted_at = coalesce(deleted_at, now()), version = version + 1
        where subject = ${subject}`,
    sql`update api_token set title = ${FORGOTTEN} where subject = ${subject}`,
    sql`update approver_key set title = ${FORGOTTEN}, removed_at = coalesce(removed_at, now())
        where subject = ${subject}`,
    sql`update subject set name = ${FORGOTTEN}, handle = ${newHandle()}, version = version + 1,
          disabled_at = coalesce(disabled_at, now())
        where id = ${subject}`,
  ]) {
    await gone.execute(tx);
  }
}

/** Random, so that it tells nothing of the person or their id. */
function newHandle(): string {
  return `erased-${randomBytes(6).toString("hex")}`;
}

/** What the tables about people hold on a subject; no secret, no digest of one. */
export async function loadHeldOn(reader: Reader, subject: SubjectId): Promise<JsonObject> {
  const { rows } = await sql<{ held: JsonObject }>`
    select jsonb_build_object(
      'subject', (select to_jsonb(s) - 'password_hash' from subject s where s.id = ${subject}),
      'grants', ${listOf(sql`select role, scope, granted_at from role_grant where subject = ${subject}`)},
      'sessions', ${listOf(sql`select created_at, seen_at, provider from session where subject = ${subject}`)},
      'tokens', ${listOf(sql`select id, title, created_at, expires_at, revoked_at, used_at
        from api_token where subject = ${subject}`)},
      'passkeys', ${listOf(sql`select id, title, credential, public_key, added_at, used_at,
        removed_at from passkey where subject = ${subject}`)},
      'keys', ${listOf(sql`select id, class, type, fingerprint, title, added_at, removed_at
        from approver_key where subject = ${subject}`)},
      'providers', ${listOf(sql`select provider, provider_subject, linked_at
        from provider_identity where subject = ${subject}`)},
      'directory', ${listOf(sql`select user_name, external_id, attributes, created_at, deleted_at
        from scim_user where subject = ${subject}`)},
      'oneTimeCode', ${listOf(sql`select added_at, confirmed_at from one_time_code
        where subject = ${subject}`)}
    ) as held`.execute(reader);
  return rows[0]?.held ?? {};
}

function listOf(query: ReturnType<typeof sql>) {
  return sql`(select coalesce(jsonb_agg(to_jsonb(q)), '[]'::jsonb) from (${query}) q)`;
}
