import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Reader, Tx } from "../db/database.ts";
import type { ApproverKey, KeyId } from "./model.ts";
import { millis } from "./store.ts";

const columns = sql`k.id, k.subject, k.class, k.type, k.base64, k.fingerprint, k.credential,
  k.title, ${millis("k.added_at")} as "addedAt", ${millis("k.removed_at")} as "removedAt"`;

export async function loadKeys(
  reader: Reader,
  filter: {
    readonly subject?: SubjectId;
    readonly id?: string;
    readonly base64?: string;
    readonly fingerprint?: string;
  },
): Promise<readonly ApproverKey[]> {
  const { rows } = await sql<ApproverKey>`
    select ${columns} from approver_key k
    where ${filter.subject === undefined ? sql`true` : sql`k.subject = ${filter.subject}`}
      and ${filter.id === undefined ? sql`true` : sql`k.id = ${filter.id}`}
      and ${filter.base64 === undefined ? sql`true` : sql`k.base64 = ${filter.base64}`}
      and ${filter.fingerprint === undefined ? sql`true` : sql`k.fingerprint = ${filter.fingerprint}`}
    order by k.added_at, k.id limit 1000`.execute(reader);
  return rows;
}

export interface ApproverKeyOwner extends ApproverKey {
  readonly handle: string;
}

/** Keys that may approve now, with the handle of the enabled person each belongs to. */
export async function loadLiveKeys(reader: Reader): Promise<readonly ApproverKeyOwner[]> {
  const { rows } = await sql<ApproverKeyOwner>`
    select ${columns}, s.handle from approver_key k join subject s on s.id = k.subject
    where k.removed_at is null and s.disabled_at is null and s.kind = 'person'
    order by s.handle, k.base64`.execute(reader);
  return rows;
}

/**
 * Adds a key, or puts back one that the same person removed. Null when the key is another person's,
 * or was once, as a key never changes hands, and when a root revoked it.
 */
export async function insertKey(
  tx: Tx,
  key: Omit<ApproverKey, "addedAt" | "removedAt" | "credential"> & { credential?: string | null },
): Promise<KeyId | null> {
  const { rows } = await sql<{ id: KeyId }>`
    insert into approver_key (id, subject, class, type, base64, fingerprint, credential, title)
    values (${key.id}, ${key.subject}, ${key.class}, ${key.type}, ${key.base64},
      ${key.fingerprint}, ${key.credential ?? null}, ${key.title})
    on conflict (base64) do update
      set removed_at = null, added_at = now(), title = excluded.title,
          credential = excluded.credential
      where approver_key.subject = excluded.subject and approver_key.revoked_at is null
    returning id`.execute(tx);
  return rows[0]?.id ?? null;
}

/** For ever: hosts that heard of it believe the key in no later policy either. */
export async function markRevoked(tx: Tx, id: KeyId): Promise<void> {
  await sql`update approver_key set revoked_at = coalesce(revoked_at, now())
             where id = ${id}`.execute(tx);
}

export async function removeKey(tx: Tx, id: KeyId): Promise<boolean> {
  const removed = await sql`
    update approver_key set removed_at = now()
    where id = ${id} and removed_at is null`.execute(tx);
  return removed.numAffectedRows === 1n;
}

/** Notes what a browser was asked, and forgets what is over. */
export async function insertChallenge(
  tx: Tx,
  asked: { readonly hash: Digest; readonly subject: SubjectId; readonly lifeSeconds: number },
): Promise<void> {
  await sql`delete from passkey_challenge where expires_at <= now()`.execute(tx);
  await sql`
    insert into passkey_challenge (hash, subject, expires_at)
    values (${asked.hash}, ${asked.subject},
      now() + make_interval(secs => ${asked.lifeSeconds}))`.execute(tx);
}

/** Whether this person was asked that and has not answered yet; it does not count again. */
export async function takeChallenge(
  tx: Tx,
  given: { readonly hash: Digest; readonly subject: SubjectId },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from passkey_challenge
    where hash = ${given.hash} and subject = ${given.subject} and expires_at > now()`.execute(tx);
  return numAffectedRows === 1n;
}
