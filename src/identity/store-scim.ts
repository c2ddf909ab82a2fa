import { type RawBuilder, sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import { isUniqueViolation, type Reader, sqlJson, type Tx } from "../db/database.ts";
import {
  attributesSchema,
  type ScimGroup,
  type ScimUser,
  type UserAttributes,
} from "./scim-schemas.ts";
import { millis } from "./store.ts";

// People and groups as a directory says them. Every query names the directory: none sees another's.

type Key = { readonly name: string; readonly value: string } | null;

const userKeys: Readonly<Record<string, (value: string) => RawBuilder<unknown>>> = {
  id: (value) => sql`u.subject = ${value}`,
  username: (value) => sql`lower(u.user_name) = lower(${value})`,
  externalid: (value) => sql`u.external_id = ${value}`,
};

const groupKeys: Readonly<Record<string, (value: string) => RawBuilder<unknown>>> = {
  id: (value) => sql`g.id = ${value}`,
  displayname: (value) => sql`lower(g.display_name) = lower(${value})`,
  externalid: (value) => sql`g.external_id = ${value}`,
};

function only(keys: typeof userKeys, key: Key): RawBuilder<unknown> {
  const find = key === null ? undefined : keys[key.name];
  return find === undefined || key === null ? sql`true` : find(key.value);
}

interface UserRow extends Omit<ScimUser, "attributes"> {
  readonly attributes: unknown;
  readonly isEndedByIt: boolean;
}

export interface KeptUser extends ScimUser {
  readonly isEndedByIt: boolean;
}

/** Those whom the directory keeps now, by the time they came; `key` narrows them in the database. */
export async function loadScimUsers(
  reader: Reader,
  of: {
    readonly directory: SubjectId;
    readonly key: Key;
    readonly page?: { readonly after: number; readonly limit: number };
  },
): Promise<readonly KeptUser[]> {
  const { page } = of;
  const { rows } = await sql<UserRow>`
    select u.subject as id, u.user_name as "userName", u.external_id as "externalId", u.attributes,
      s.disabled_at is null as "isActive", u.is_ended_by_it as "isEndedByIt", u.version,
      ${millis("u.created_at")} as "createdAt", ${millis("u.changed_at")} as "changedAt",
      coalesce((select jsonb_agg(jsonb_build_object('id', g.id, 'name', g.display_name)
          order by g.display_name)
        from scim_member m join scim_group g on g.id = m.group_id
        where m.subject = u.subject), '[]') as groups
    from scim_user u join subject s on s.id = u.subject
    where u.directory = ${of.directory} and u.deleted_at is null and ${only(userKeys, of.key)}
    order by u.created_at, u.subject
    ${page === undefined ? sql`` : sql`limit ${page.limit} offset ${page.after}`}`.execute(reader);
  return rows.map((row) => ({ ...row, attributes: attributesSchema.parse(row.attributes) }));
}

export async function countScimUsers(reader: Reader, directory: SubjectId): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from scim_user
    where directory = ${directory} and deleted_at is null`.execute(reader);
  return rows[0]?.count ?? 0;
}

/** Somebody of that name whom the directory took away earlier, who comes back as the same person. */
export async function findDeleted(
  tx: Tx,
  of: { readonly directory: SubjectId; readonly userName: string },
): Promise<SubjectId | null> {
  const { rows } = await sql<{ subject: SubjectId }>`
    select subject from scim_user where directory = ${of.directory}
      and lower(user_name) = lower(${of.userName}) and deleted_at is not null`.execute(tx);
  return rows[0]?.subject ?? null;
}

export async function isKeptByDirectory(reader: Reader, subject: SubjectId): Promise<boolean> {
  const { rows } = await sql`
    select 1 from scim_user where subject = ${subject}`.execute(reader);
  return rows.length > 0;
}

export interface UserToWrite {
  readonly subject: SubjectId;
  readonly directory: SubjectId;
  readonly userName: string;
  readonly externalId: string | null;
  readonly attributes: UserAttributes;
}

/** False where the directory has that userName or externalId already. */
export async function insertScimUser(tx: Tx, user: UserToWrite): Promise<boolean> {
  return unlessTaken(
    sql`
    insert into scim_user (subject, directory, user_name, external_id, attributes)
    values (${user.subject}, ${user.directory}, ${user.userName}, ${user.externalId},
      ${sqlJson(user.attributes)})`.execute(tx),
  );
}

/** False where the directory has that userName or externalId already. Also brings back who was deleted. */
export async function updateScimUser(
  tx: Tx,
  user: UserToWrite & { readonly isEndedByIt: boolean },
): Promise<boolean> {
  return unlessTaken(
    sql`
    update scim_user set user_name = ${user.userName}, external_id = ${user.externalId},
      attributes = ${sqlJson(user.attributes)}, is_ended_by_it = ${user.isEndedByIt},
      version = version + 1, changed_at = now(), deleted_at = null
    where subject = ${user.subject} and directory = ${user.directory}`.execute(tx),
  );
}

/** Whether it was the directory that disabled the account. */
export async function noteEnded(tx: Tx, subject: SubjectId, isEndedByIt: boolean): Promise<void> {
  await sql`
    update scim_user set is_ended_by_it = ${isEndedByIt} where subject = ${subject}`.execute(tx);
}

export async function markDeleted(tx: Tx, subject: SubjectId): Promise<void> {
  await sql`
    update scim_user set deleted_at = now(), is_ended_by_it = true, version = version + 1,
      attributes = '{}' where subject = ${subject}`.execute(tx);
  await sql`delete from scim_member where subject = ${subject}`.execute(tx);
}

/** Who in a directory has that external id; providers say the same one in a claim. */
export async function findByExternalId(
  reader: Reader,
  of: { readonly directory: string; readonly externalId: string },
): Promise<SubjectId | null> {
  const { rows } = await sql<{ subject: SubjectId }>`
    select u.subject from scim_user u join subject d on d.id = u.directory
    where d.handle = ${of.directory} and u.external_id = ${of.externalId}
      and u.deleted_at is null`.execute(reader);
  return rows[0]?.subject ?? null;
}

export async function loadScimGroups(
  reader: Reader,
  of: {
    readonly directory: SubjectId;
    readonly key: Key;
    readonly hasMembers: boolean;
  },
): Promise<readonly ScimGroup[]> {
  const members = sql`coalesce((select jsonb_agg(jsonb_build_object(
      'id', u.subject, 'name', u.user_name) order by u.subject)
    from scim_member m join scim_user u on u.subject = m.subject
    where m.group_id = g.id), '[]')`;
  const { rows } = await sql<ScimGroup>`
    select g.id, g.display_name as "displayName", g.external_id as "externalId", g.version,
      ${millis("g.created_at")} as "createdAt", ${millis("g.changed_at")} as "changedAt",
      ${of.hasMembers ? members : sql`'[]'::jsonb`} as members
    from scim_group g where g.directory = ${of.directory} and ${only(groupKeys, of.key)}
    order by g.created_at, g.id limit 5000`.execute(reader);
  return rows;
}

export interface GroupToWrite {
  readonly id: string;
  readonly directory: SubjectId;
  readonly displayName: string;
  readonly externalId: string | null;
}

/** False where the directory has a group of that name already. */
export async function insertScimGroup(tx: Tx, group: GroupToWrite): Promise<boolean> {
  return unlessTaken(
    sql`
    insert into scim_group (id, directory, display_name, external_id)
    values (${group.id}, ${group.directory}, ${group.displayName}, ${group.externalId})`.execute(
      tx,
    ),
  );
}

export async function updateScimGroup(tx: Tx, group: GroupToWrite): Promise<boolean> {
  return unlessTaken(
    sql`
    update scim_group set display_name = ${group.displayName}, external_id = ${group.externalId},
      version = version + 1, changed_at = now()
    where id = ${group.id} and directory = ${group.directory}`.execute(tx),
  );
}

export async function deleteScimGroup(tx: Tx, id: string): Promise<void> {
  await sql`delete from scim_group where id = ${id}`.execute(tx);
}

/** Which of these the directory keeps. */
export async function knownMembers(
  tx: Tx,
  of: { readonly directory: SubjectId; readonly ids: readonly string[] },
): Promise<readonly SubjectId[]> {
  const { rows } = await sql<{ subject: SubjectId }>`
    select subject from scim_user where directory = ${of.directory} and deleted_at is null
      and subject = any(${[...of.ids]}::text[])`.execute(tx);
  return rows.map(({ subject }) => subject);
}

export async function changeMembers(
  tx: Tx,
  of: {
    readonly group: string;
    readonly added: readonly string[];
    readonly removed: readonly string[];
  },
): Promise<void> {
  await sql`
    insert into scim_member (group_id, subject)
    select ${of.group}, unnest(${[...of.added]}::text[]) on conflict do nothing`.execute(tx);
  await sql`
    delete from scim_member where group_id = ${of.group}
      and subject = any(${[...of.removed]}::text[])`.execute(tx);
}

/** Whoever gets false throws: the transaction is over by then. */
async function unlessTaken(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (cause) {
    if (isUniqueViolation(cause)) return false;
    throw cause;
  }
}
