import { sql } from "kysely";
import type { Id, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { isUniqueViolation, type Reader, type Tx } from "../db/database.ts";
import { millis } from "./store.ts";

export type PasskeyId = Id<"passkey">;

/** A WebAuthn credential with which a person signs in; `signed` approvals may be made of it too. */
export interface Passkey {
  readonly id: PasskeyId;
  readonly subject: SubjectId;
  /** Credential id, base64url. */
  readonly credential: string;
  /** COSE public key (RFC 9052 §7), base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  /** Whether it may be copied to other devices of its owner, and whether it was. */
  readonly isBackupEligible: boolean;
  readonly isBackedUp: boolean;
  readonly rpId: string;
  readonly title: string;
  readonly addedAt: Instant;
  readonly usedAt: Instant | null;
}

const columns = sql`id, subject, credential, public_key as "publicKey", counter, transports,
  is_backup_eligible as "isBackupEligible", is_backed_up as "isBackedUp", rp_id as "rpId", title,
  ${millis("added_at")} as "addedAt", ${millis("used_at")} as "usedAt"`;

/** The passkeys that a person has now, oldest first. */
export async function listPasskeys(reader: Reader, person: SubjectId): Promise<readonly Passkey[]> {
  const { rows } = await sql<Passkey>`
    select ${columns} from passkey where subject = ${person} and removed_at is null
    order by added_at, id`.execute(reader);
  return rows;
}

export async function findPasskey(reader: Reader, credential: string): Promise<Passkey | null> {
  const { rows } = await sql<Passkey>`
    select ${columns} from passkey
    where credential = ${credential} and removed_at is null`.execute(reader);
  return rows[0] ?? null;
}

/** False when the credential is known already, also as a removed one or another person's. */
export async function insertPasskey(
  tx: Tx,
  key: Omit<Passkey, "addedAt" | "usedAt">,
): Promise<boolean> {
  try {
    await sql`
      insert into passkey (id, subject, credential, public_key, counter, transports,
        is_backup_eligible, is_backed_up, rp_id, title)
      values (${key.id}, ${key.subject}, ${key.credential}, ${key.publicKey}, ${key.counter},
        ${[...key.transports]}::text[], ${key.isBackupEligible}, ${key.isBackedUp}, ${key.rpId},
        ${key.title})`.execute(tx);
    return true;
  } catch (cause) {
    if (isUniqueViolation(cause)) return false;
    throw cause;
  }
}

/** Notes a use; false when the counter did not grow though it counts (a copied authenticator). */
export async function notePasskeyUse(
  tx: Tx,
  of: { readonly id: PasskeyId; readonly counter: number; readonly isBackedUp: boolean },
): Promise<boolean> {
  const updated = await sql`
    update passkey set counter = ${of.counter}, is_backed_up = ${of.isBackedUp}, used_at = now()
    where id = ${of.id} and removed_at is null
      and (counter < ${of.counter} or (counter = 0 and ${of.counter} = 0))`.execute(tx);
  return updated.numAffectedRows === 1n;
}

export async function removePasskey(
  tx: Tx,
  of: { readonly id: string; readonly subject: SubjectId },
): Promise<boolean> {
  const removed = await sql`
    update passkey set removed_at = now()
    where id = ${of.id} and subject = ${of.subject} and removed_at is null`.execute(tx);
  return removed.numAffectedRows === 1n;
}
