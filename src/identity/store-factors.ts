import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Reader, Tx } from "../db/database.ts";
import type { ProofWay, Strength } from "./fresh-proof.ts";

// What people prove themselves with, and that they did. "Now" is the database's.

/** With what this person can prove themselves now. */
export async function loadProofWays(
  reader: Reader,
  subject: SubjectId,
): Promise<readonly ProofWay[]> {
  const { rows } = await sql<{ ways: ProofWay[] }>`
    select array_remove(array[
      case when s.password_hash is not null then 'password' end,
      case when exists (select 1 from one_time_code c
        where c.subject = s.id and c.confirmed_at is not null) then 'code' end,
      case when exists (select 1 from passkey p
        where p.subject = s.id and p.removed_at is null) then 'passkey' end
    ], null) as ways from subject s where s.id = ${subject}`.execute(reader);
  return rows[0]?.ways ?? [];
}

/** Notes that whoever holds this session or token has just proved who they are. */
export async function noteProof(
  tx: Tx,
  of: { readonly credentialHash: string; readonly strength: Strength },
): Promise<boolean> {
  const { credentialHash, strength } = of;
  const session = await sql`
    update session set proved_at = now(), strength = ${strength}
    where hash = ${credentialHash}`.execute(tx);
  if (session.numAffectedRows === 1n) return true;
  const token = await sql`
    update api_token set proved_at = now(), strength = ${strength}
    where hash = ${credentialHash} and revoked_at is null and expires_at > now()
      and limits is null`.execute(tx);
  return token.numAffectedRows === 1n;
}

export interface OneTimeCode {
  readonly sealed: string;
  readonly isConfirmed: boolean;
}

/** Puts a secret that is not confirmed yet; false when the person has a confirmed one. */
export async function putOneTimeCode(
  tx: Tx,
  of: { readonly subject: SubjectId; readonly sealed: string },
): Promise<boolean> {
  const put = await sql`
    insert into one_time_code (subject, sealed) values (${of.subject}, ${of.sealed})
    on conflict (subject) do update set sealed = excluded.sealed, last_step = 0, added_at = now()
      where one_time_code.confirmed_at is null`.execute(tx);
  return put.numAffectedRows === 1n;
}

export async function loadOneTimeCode(
  reader: Reader,
  subject: SubjectId,
): Promise<OneTimeCode | null> {
  const { rows } = await sql<OneTimeCode>`
    select sealed, confirmed_at is not null as "isConfirmed" from one_time_code
    where subject = ${subject}`.execute(reader);
  return rows[0] ?? null;
}

/** Uses a time step up, for ever and for all before it; false when that was done already. */
export async function takeStep(
  reader: Reader,
  of: { readonly subject: SubjectId; readonly step: number },
): Promise<boolean> {
  const taken = await sql`
    update one_time_code set last_step = ${of.step}
    where subject = ${of.subject} and last_step < ${of.step}`.execute(reader);
  return taken.numAffectedRows === 1n;
}

export async function confirmOneTimeCode(tx: Tx, subject: SubjectId): Promise<boolean> {
  const confirmed = await sql`
    update one_time_code set confirmed_at = now()
    where subject = ${subject} and confirmed_at is null`.execute(tx);
  return confirmed.numAffectedRows === 1n;
}

/** Takes codes away, the recovery codes with them. */
export async function deleteOneTimeCode(tx: Tx, subject: SubjectId): Promise<boolean> {
  await sql`delete from recovery_code where subject = ${subject}`.execute(tx);
  const deleted = await sql`delete from one_time_code where subject = ${subject}`.execute(tx);
  return deleted.numAffectedRows === 1n;
}

/** Puts new recovery codes in place of all that the person had. */
export async function putRecoveryCodes(
  tx: Tx,
  of: { readonly subject: SubjectId; readonly hashes: readonly string[] },
): Promise<void> {
  await sql`delete from recovery_code where subject = ${of.subject}`.execute(tx);
  await sql`
    insert into recovery_code (hash, subject)
    select hash, ${of.subject} from unnest(${[...of.hashes]}::text[]) hash`.execute(tx);
}

export async function takeRecoveryCode(
  reader: Reader,
  of: { readonly subject: SubjectId; readonly hash: string },
): Promise<boolean> {
  const taken = await sql`
    update recovery_code set used_at = now()
    where hash = ${of.hash} and subject = ${of.subject} and used_at is null`.execute(reader);
  return taken.numAffectedRows === 1n;
}

export async function countRecoveryCodes(reader: Reader, subject: SubjectId): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from recovery_code
    where subject = ${subject} and used_at is null`.execute(reader);
  return rows[0]?.count ?? 0;
}
