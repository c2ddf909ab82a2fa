import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { SubjectId } from "../base/ids.ts";
import { roleNames } from "../base/permission.ts";
import { isUniqueViolation, type Reader, type Tx } from "../db/database.ts";
import type { GrantId, RoleGrant, Subject, SubjectKind } from "./model.ts";

/** A `timestamptz` column as whole milliseconds. */
export function millis(column: string): RawBuilder<number> {
  return sql<number>`floor(extract(epoch from ${sql.ref(column)}) * 1000)::bigint`;
}

const grantSchema = z.strictObject({
  id: z.string().transform((id) => id as GrantId),
  role: z.enum(roleNames),
  scope: z.string(),
});

interface SubjectRow extends Omit<Subject, "grants"> {
  readonly grants: unknown;
}

const grantsOf = sql`coalesce((select jsonb_agg(jsonb_build_object(
    'id', g.id, 'role', g.role, 'scope', g.scope) order by g.role, g.scope)
  from role_grant g where g.subject = s.id), '[]'::jsonb)`;

const subjectColumns = sql`s.id, s.kind, s.handle, s.name, s.owner, s.version,
  s.password_hash is not null as "hasPassword", ${millis("s.created_at")} as "createdAt",
  ${millis("s.disabled_at")} as "disabledAt", ${grantsOf} as grants`;

/** By id or handle. */
export async function loadSubject(reader: Reader, ref: string): Promise<Subject | null> {
  const { rows } = await sql<SubjectRow>`
    select ${subjectColumns} from subject s where s.id = ${ref} or s.handle = ${ref}`.execute(
    reader,
  );
  return rows[0] === undefined ? null : asSubject(rows[0]);
}

export async function loadSubjects(
  reader: Reader,
  page: { readonly after: string; readonly limit: number },
): Promise<readonly Subject[]> {
  const { rows } = await sql<SubjectRow>`
    select ${subjectColumns} from subject s where s.handle > ${page.after}
    order by s.handle limit ${page.limit}`.execute(reader);
  return rows.map(asSubject);
}

function asSubject(row: SubjectRow): Subject {
  return { ...row, grants: z.array(grantSchema).parse(row.grants) };
}

export interface SubjectName {
  readonly id: SubjectId;
  readonly kind: SubjectKind;
  readonly handle: string;
  readonly owner: SubjectId | null;
}

/** Handles to show in place of subject ids; all of them when `ids` is absent. */
export async function loadSubjectNames(
  reader: Reader,
  ids?: readonly SubjectId[],
): Promise<readonly SubjectName[]> {
  const { rows } = await sql<SubjectName>`
    select id, kind, handle, owner from subject
    where ${ids === undefined ? sql`true` : sql`id = any(${[...ids]}::text[])`}
    order by handle limit 10000`.execute(reader);
  return rows;
}

/** The person who answers for a subject: itself, or the owner of a service. */
export async function personBehind(reader: Reader, subject: SubjectId): Promise<SubjectId> {
  const [found] = await loadSubjectNames(reader, [subject]);
  return found?.owner ?? subject;
}

/** False when the handle is taken. */
export async function insertSubject(
  tx: Tx,
  subject: Pick<Subject, "id" | "kind" | "handle" | "name" | "owner">,
): Promise<boolean> {
  try {
    await sql`
      insert into subject (id, kind, handle, name, owner)
      values (${subject.id}, ${subject.kind}, ${subject.handle}, ${subject.name},
        ${subject.owner})`.execute(tx);
    return true;
  } catch (cause) {
    if (isUniqueViolation(cause, "subject_handle_key")) return false;
    throw cause;
  }
}

/** False when somebody edited it meanwhile. */
export async function updateSubject(
  tx: Tx,
  subject: Subject,
  to: { readonly name: string; readonly isDisabled: boolean },
): Promise<boolean> {
  const updated = await sql`
    update subject set name = ${to.name}, version = version + 1,
      disabled_at = case when ${to.isDisabled} then coalesce(disabled_at, now()) end
    where id = ${subject.id} and version = ${subject.version}`.execute(tx);
  return updated.numAffectedRows === 1n;
}

export async function savePassword(tx: Tx, subject: SubjectId, hash: string): Promise<void> {
  await sql`
    update subject set password_hash = ${hash}, version = version + 1
    where id = ${subject}`.execute(tx);
}

export async function loadPasswordHash(
  reader: Reader,
  handle: string,
): Promise<{ readonly id: SubjectId; readonly hash: string | null } | null> {
  const { rows } = await sql<{ id: SubjectId; hash: string | null }>`
    select id, password_hash as hash from subject
    where handle = ${handle} and disabled_at is null and kind = 'person'`.execute(reader);
  return rows[0] ?? null;
}

/** False when the subject has that grant already. */
export async function insertGrant(
  tx: Tx,
  grant: RoleGrant & { readonly subject: SubjectId; readonly grantedBy: SubjectId },
): Promise<boolean> {
  const inserted = await sql`
    insert into role_grant (id, subject, role, scope, granted_by)
    values (${grant.id}, ${grant.subject}, ${grant.role}, ${grant.scope}, ${grant.grantedBy})
    on conflict (subject, role, scope) do nothing`.execute(tx);
  return inserted.numAffectedRows === 1n;
}

export async function deleteGrant(tx: Tx, subject: SubjectId, grant: GrantId): Promise<boolean> {
  const deleted = await sql`
    delete from role_grant where id = ${grant} and subject = ${subject}`.execute(tx);
  return deleted.numAffectedRows === 1n;
}

const ADMINS_LOCK = 5_390_214_772;

/** Taken before anything that could take away an administrator, so that two cannot race. */
export async function lockAdmins(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${ADMINS_LOCK})`.execute(tx);
}

/** Enabled people who administer without a label limit. */
export async function countAdmins(tx: Tx): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct s.id) as count from subject s
    join role_grant g on g.subject = s.id
    where g.role = 'admin' and g.scope = '' and s.disabled_at is null
      and s.kind = 'person'`.execute(tx);
  return rows[0]?.count ?? 0;
}
