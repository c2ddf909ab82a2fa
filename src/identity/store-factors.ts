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
