import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { RoleName } from "../base/permission.ts";
import { isUniqueViolation, type Reader, type Tx } from "../db/database.ts";
import { millis } from "./store.ts";

// Directories that keep people here by SCIM, and what their groups may do.

export interface Directory {
  readonly id: SubjectId;
  readonly handle: string;
  readonly title: string;
  readonly madeAt: Instant;
  readonly disabledAt: Instant | null;
  readonly users: number;
  readonly groups: number;
  /** When a token of it was last used. */
  readonly usedAt: Instant | null;
  /** When its last live token ends; null: it has none. */
  readonly endsAt: Instant | null;
}

export async function insertDirectory(
  tx: Tx,
  of: { readonly subject: SubjectId; readonly title: string },
): Promise<void> {
  await sql`insert into directory (subject, title) values (${of.subject}, ${of.title})`.execute(tx);
}

export async function loadDirectories(reader: Reader, ref?: string): Promise<readonly Directory[]> {
  const { rows } = await sql<Directory>`
    select d.subject as id, s.handle, d.title, ${millis("d.made_at")} as "madeAt",
      ${millis("s.disabled_at")} as "disabledAt",
      (select count(*) from scim_user u where u.directory = d.subject and u.deleted_at is null)::int
        as users,
      (select count(*) from scim_group g where g.directory = d.subject)::int as groups,
      (select floor(extract(epoch from max(t.used_at)) * 1000)::bigint from api_token t
        where t.subject = d.subject and t.purpose = 'scim') as "usedAt",
      (select floor(extract(epoch from max(t.expires_at)) * 1000)::bigint from api_token t
        where t.subject = d.subject and t.purpose = 'scim' and t.revoked_at is null
          and t.expires_at > now()) as "endsAt"
    from directory d join subject s on s.id = d.subject
    where ${ref === undefined ? sql`true` : sql`(d.subject = ${ref} or s.handle = ${ref})`}
    order by s.handle limit 100`.execute(reader);
  return rows;
}

export interface GroupRule {
  readonly id: string;
  readonly directory: SubjectId;
  readonly group: string;
  readonly role: RoleName;
  readonly scope: string;
}

export async function loadGroupRules(
  reader: Reader,
  directory?: SubjectId,
): Promise<readonly GroupRule[]> {
  const { rows } = await sql<GroupRule>`
    select id, directory, group_name as "group", role, scope from group_rule
    where ${directory === undefined ? sql`true` : sql`directory = ${directory}`}
    order by directory, group_name, role, scope limit 1000`.execute(reader);
  return rows;
}

/** False where the rule is there already. */
export async function insertGroupRule(
  tx: Tx,
  rule: GroupRule & { readonly madeBy: SubjectId },
): Promise<boolean> {
  try {
    await sql`
      insert into group_rule (id, directory, group_name, role, scope, made_by)
      values (${rule.id}, ${rule.directory}, ${rule.group}, ${rule.role}, ${rule.scope},
        ${rule.madeBy})`.execute(tx);
    return true;
  } catch (cause) {
    if (isUniqueViolation(cause)) return false;
    throw cause;
  }
}

export async function deleteGroupRule(
  tx: Tx,
  of: { readonly id: string; readonly directory: SubjectId },
): Promise<GroupRule | null> {
  const { rows } = await sql<GroupRule>`
    delete from group_rule where id = ${of.id} and directory = ${of.directory}
    returning id, directory, group_name as "group", role, scope`.execute(tx);
  return rows[0] ?? null;
}

/** Live members of a directory's group of that name. */
export async function loadMembersOf(
  reader: Reader,
  of: { readonly directory: SubjectId; readonly group: string },
): Promise<readonly SubjectId[]> {
  const { rows } = await sql<{ subject: SubjectId }>`
    select m.subject from scim_member m join scim_group g on g.id = m.group_id
    where g.directory = ${of.directory} and lower(g.display_name) = lower(${of.group})
    order by m.subject`.execute(reader);
  return rows.map(({ subject }) => subject);
}

export interface SaidGroups {
  readonly directory: SubjectId;
  readonly groups: readonly string[];
}

/** The groups that its directory says somebody is in; null for whom no directory keeps. */
export async function loadSaidGroups(
  reader: Reader,
  subject: SubjectId,
): Promise<SaidGroups | null> {
  const { rows } = await sql<SaidGroups>`
    select u.directory, coalesce((select jsonb_agg(g.display_name order by g.display_name)
      from scim_member m join scim_group g on g.id = m.group_id
      where m.subject = u.subject), '[]') as groups
    from scim_user u where u.subject = ${subject} and u.deleted_at is null`.execute(reader);
  return rows[0] ?? null;
}

/** Every token of the subject ends for good; those made with them too, as they are its own. */
export async function revokeTokensOf(tx: Tx, subject: SubjectId): Promise<number> {
  const revoked = await sql`
    update api_token set revoked_at = now()
    where subject = ${subject} and revoked_at is null`.execute(tx);
  return Number(revoked.numAffectedRows ?? 0n);
}
