import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import { isUniqueViolation, type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { GrantId, RoleGrant } from "./model.ts";

export interface ProviderPerson {
  readonly provider: string;
  /** `sub`: what the provider calls the person, for ever. */
  readonly providerSubject: string;
}

export async function findLinked(reader: Reader, of: ProviderPerson): Promise<SubjectId | null> {
  const { rows } = await sql<{ subject: SubjectId }>`
    select subject from provider_identity
    where provider = ${of.provider} and provider_subject = ${of.providerSubject}`.execute(reader);
  return rows[0]?.subject ?? null;
}

/** False when either side of it is linked already. */
export async function insertLink(
  tx: Tx,
  of: ProviderPerson & { readonly subject: SubjectId },
): Promise<boolean> {
  try {
    await sql`
      insert into provider_identity (provider, provider_subject, subject)
      values (${of.provider}, ${of.providerSubject}, ${of.subject})`.execute(tx);
    return true;
  } catch (cause) {
    if (isUniqueViolation(cause)) return false;
    throw cause;
  }
}

/** True where a directory made the account and nobody ever came into it in any way. */
export async function isUntouched(reader: Reader, subject: SubjectId): Promise<boolean> {
  const { rows } = await sql`
    select 1 from subject s where s.id = ${subject} and s.source = 'scim'
      and s.password_hash is null
      and not exists (select from passkey where subject = s.id)
      and not exists (select from one_time_code where subject = s.id)
      and not exists (select from provider_identity where subject = s.id)
      and not exists (select from session where subject = s.id)
      and not exists (select from api_token where subject = s.id)`.execute(reader);
  return rows.length > 0;
}

/** False where the account was not linked to it. */
export async function deleteLink(
  tx: Tx,
  of: { readonly provider: string; readonly subject: SubjectId },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from provider_identity
    where provider = ${of.provider} and subject = ${of.subject}`.execute(tx);
  return numAffectedRows === 1n;
}

export async function noteSource(
  tx: Tx,
  of: { readonly subject: SubjectId; readonly source: "provider" | "scim" },
): Promise<void> {
  await sql`update subject set source = ${of.source} where id = ${of.subject}`.execute(tx);
}

export async function loadGroupGrants(
  reader: Reader,
  subject: SubjectId,
): Promise<readonly RoleGrant[]> {
  const { rows } = await sql<RoleGrant>`
    select id, role, scope from role_grant
    where subject = ${subject} and is_of_group order by id`.execute(reader);
  return rows;
}

/** Nothing happens where people gave the same role already. */
export async function insertGroupGrant(
  tx: Tx,
  of: RoleGrant & { readonly subject: SubjectId; readonly grantedBy: SubjectId },
): Promise<boolean> {
  const inserted = await sql`
    insert into role_grant (id, subject, role, scope, granted_by, is_of_group)
    values (${of.id}, ${of.subject}, ${of.role}, ${of.scope}, ${of.grantedBy}, true)
    on conflict (subject, role, scope) do nothing`.execute(tx);
  return inserted.numAffectedRows === 1n;
}

export async function deleteGroupGrant(tx: Tx, grant: GrantId): Promise<void> {
  await sql`delete from role_grant where id = ${grant} and is_of_group`.execute(tx);
}

/** Ends the sessions that a provider vouches for; of one person, of one session there, or of both at once. */
export async function deleteProviderSessions(
  tx: Tx,
  of: {
    readonly provider: string;
    readonly providerSubject: string | null;
    readonly providerSession: string | null;
  },
): Promise<readonly SubjectId[]> {
  const { provider, providerSubject, providerSession } = of;
  const { rows } = await sql<{ subject: SubjectId }>`
    delete from session where provider = ${provider}
      and ${providerSession === null ? sql`true` : sql`provider_session = ${providerSession}`}
      and ${
        providerSubject === null
          ? sql`true`
          : sql`subject in (select subject from provider_identity
              where provider = ${provider} and provider_subject = ${providerSubject})`
      }
      and ${providerSubject !== null || providerSession !== null}
    returning subject`.execute(tx);
  return rows.map(({ subject }) => subject);
}

/** False where this logout token was used before. */
export async function useLogoutToken(
  tx: Tx,
  of: { readonly hash: string; readonly expiresAt: number },
): Promise<boolean> {
  await sql`delete from logout_token_used where expires_at < now()`.execute(tx);
  const used = await sql`
    insert into logout_token_used (hash, expires_at)
    values (${of.hash}, ${sqlInstant(of.expiresAt)})
    on conflict do nothing`.execute(tx);
  return used.numAffectedRows === 1n;
}
