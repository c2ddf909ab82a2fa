import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { numberOf, type PatchId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import {
  type Audience,
  audiences,
  type KnownIssue,
  type KnownIssueId,
  type KnownIssueState,
  knownIssueStates,
  type Revision,
} from "./known-issue.ts";

/** Known issues and their revisions as rows. */

const revisionFields = {
  revision: z.number(),
  title: z.string(),
  ecosystem: z.string().nullable(),
  subject: z.string(),
  affected: z.string(),
  workaround: z.string(),
  audience: z.enum(audiences),
  vulnerabilities: z.array(z.string()),
  patch: z
    .string()
    .transform((id) => id as PatchId)
    .nullable(),
  writtenBy: z.string().transform((id) => id as SubjectId),
  writtenAt: z.number(),
};
const revisionSchema = z.object(revisionFields);
const rowSchema = z
  .object({
    id: z.string().transform((id) => id as KnownIssueId),
    number: z.number(),
    state: z.enum(knownIssueStates),
    newest: z.number(),
    publishedRevision: z.number().nullable(),
    publishedAt: z.number().nullable(),
    createdAt: z.number(),
    movedAt: z.number(),
    ...revisionFields,
  })
  .transform((row): KnownIssue => {
    const { id, number, state, newest, publishedRevision, publishedAt, createdAt, movedAt } = row;
    const whole = { id, number, state, publishedRevision, publishedAt, createdAt, movedAt };
    return { ...whole, revision: newest, shown: revisionSchema.parse(row) };
  });

const revisionColumns = sql`
  r.revision, r.title, r.ecosystem, r.subject, r.affected, r.workaround, r.audience,
  r.vulnerabilities, r.patch, r.written_by as "writtenBy", r.written_at as "writtenAt"`;

const columns = sql`
  k.id, k.number, k.state, k.revision as newest, k.published_revision as "publishedRevision",
  k.published_at as "publishedAt", k.created_at as "createdAt", k.moved_at as "movedAt",
  ${revisionColumns}`;

export interface KnownIssueFilter {
  /** Writers see the newest revision of all; readers the published one of what is published. */
  readonly isWriter: boolean;
  readonly audiences: readonly Audience[];
  readonly state?: KnownIssueState | undefined;
  readonly text?: string | undefined;
  readonly vulnerability?: string | undefined;
  readonly subject?: string | undefined;
  readonly patch?: PatchId | undefined;
}

function shownRevision(isWriter: boolean): RawBuilder<unknown> {
  return isWriter ? sql`k.revision` : sql`k.published_revision`;
}

function isSeen(filter: Pick<KnownIssueFilter, "isWriter" | "audiences">): RawBuilder<boolean> {
  if (filter.isWriter) return sql<boolean>`true`;
  return sql<boolean>`(k.state = 'published' and r.audience = any(${[...filter.audiences]}::text[]))`;
}

/** One by id or by `K-7`; null when there is none that may be seen. */
export async function loadKnownIssue(
  reader: Reader,
  ref: string,
  who: Pick<KnownIssueFilter, "isWriter" | "audiences">,
): Promise<KnownIssue | null> {
  const { rows } = await sql`
    select ${columns} from known_issue k join known_issue_revision r
        on r.known_issue = k.id and r.revision = ${shownRevision(who.isWriter)}
     where (k.id = ${ref} or k.number = ${numberOf("K", ref)}::integer) and ${isSeen(who)}
    `.execute(reader);
  return rows[0] === undefined ? null : rowSchema.parse(rows[0]);
}

/** The newest state, and nobody else changes it until this transaction ends. */
export async function lockKnownIssue(tx: Tx, id: KnownIssueId): Promise<KnownIssue | null> {
  await sql`select from known_issue where id = ${id} for update`.execute(tx);
  return loadKnownIssue(tx, id, { isWriter: true, audiences });
}

export async function loadKnownIssues(
  reader: Reader,
  filter: KnownIssueFilter & { readonly skip: number; readonly limit: number },
): Promise<readonly KnownIssue[]> {
  const { rows } = await sql`
    select ${columns} from known_issue k join known_issue_revision r
        on r.known_issue = k.id and r.revision = ${shownRevision(filter.isWriter)}
     where ${isAsked(filter)}
     order by k.number desc offset ${filter.skip} limit ${filter.limit}`.execute(reader);
  return rows.map((row) => rowSchema.parse(row));
}

export async function countKnownIssues(reader: Reader, filter: KnownIssueFilter): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*)::int as total from known_issue k join known_issue_revision r
        on r.known_issue = k.id and r.revision = ${shownRevision(filter.isWriter)}
     where ${isAsked(filter)}`.execute(reader);
  return rows[0]?.total ?? 0;
}

function isAsked(filter: KnownIssueFilter): RawBuilder<boolean> {
  const { state, vulnerability, subject, patch } = filter;
  const text = (filter.text ?? "").toLowerCase();
  const parts: RawBuilder<unknown>[] = [isSeen(filter)];
  if (state !== undefined) parts.push(sql`k.state = ${state}`);
  if (vulnerability !== undefined) parts.push(sql`r.vulnerabilities @> ${[vulnerability]}::text[]`);
  if (subject !== undefined) parts.push(sql`r.subject = ${subject}`);
  if (patch !== undefined) parts.push(sql`r.patch = ${patch}`);
  if (text !== "") {
    parts.push(sql`(position(${text} in lower(r.title)) > 0
      or position(${text} in lower(r.subject)) > 0
      or position(${text} in lower(array_to_string(r.vulnerabilities, ' '))) > 0)`);
  }
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

export async function loadRevisions(
  reader: Reader,
  id: KnownIssueId,
): Promise<readonly Revision[]> {
  const { rows } = await sql`
    select ${revisionColumns} from known_issue_revision r where r.known_issue = ${id}
     order by r.revision desc`.execute(reader);
  return rows.map((row) => revisionSchema.parse(row));
}

export async function insertKnownIssue(
  tx: Tx,
  issue: { readonly id: KnownIssueId; readonly at: Instant },
): Promise<number> {
  const at = sqlInstant(issue.at);
  const { rows } = await sql<{ number: number }>`
    insert into known_issue (id, state, revision, created_at, moved_at)
    values (${issue.id}, 'draft', 1, ${at}, ${at}) returning number`.execute(tx);
  return rows[0]?.number ?? 0;
}

/** Adds a revision to a locked issue, as its newest. */
export async function insertRevision(tx: Tx, id: KnownIssueId, revision: Revision): Promise<void> {
  const at = sqlInstant(revision.writtenAt);
  await sql`
    insert into known_issue_revision (known_issue, revision, title, ecosystem, subject, affected,
      workaround, audience, vulnerabilities, patch, written_by, written_at)
    values (${id}, ${revision.revision}, ${revision.title}, ${revision.ecosystem},
      ${revision.subject}, ${revision.affected}, ${revision.workaround}, ${revision.audience},
      ${[...revision.vulnerabilities]}::text[], ${revision.patch}, ${revision.writtenBy},
      ${at})`.execute(tx);
  await sql`
    update known_issue set revision = ${revision.revision}, moved_at = ${at}
     where id = ${id}`.execute(tx);
}

/** Moves a locked issue; publishing shows its newest revision to readers. */
export async function moveKnownIssue(
  tx: Tx,
  move: { readonly id: KnownIssueId; readonly to: KnownIssueState; readonly at: Instant },
): Promise<void> {
  const isPublished = move.to === "published";
  await sql`
    update known_issue set state = ${move.to}, moved_at = ${sqlInstant(move.at)},
      published_revision = case when ${isPublished} then revision else published_revision end,
      published_at = case when ${isPublished} then ${sqlInstant(move.at)} else published_at end
     where id = ${move.id}`.execute(tx);
}
