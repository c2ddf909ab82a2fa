import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { numberOf, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { sourceInScope } from "./scope.ts";
import {
  doings,
  type FrozenItem,
  type ItemOutcome,
  type Part,
  type Session,
  type SessionId,
  type SessionItem,
  type SessionState,
  type Vote,
  type WholeSession,
} from "./session.ts";

/** Triage sessions as rows. */

const itemSchema = z.object({
  ecosystem: z.string(),
  source: z.string(),
  sourceVersion: z.string().nullable(),
  remedy: z.enum(["update-offered", "fixed-upstream-not-offered", "no-fix"]),
  hosts: z.number(),
  exposedHosts: z.number(),
  findingsCleared: z.number(),
  vulnerabilities: z.array(z.string()),
  lowered: z.array(z.string()).default([]),
  knownExploited: z.array(z.string()),
  epssMax: z.number().nullable(),
  risk: z.number(),
}) satisfies z.ZodType<FrozenItem>;

const outcomeSchema = z.object({
  doing: z.enum(doings),
  by: z.string().transform((id) => id as SubjectId),
  at: z.number(),
  words: z.string(),
  ref: z.string().nullable(),
});

interface SessionRow {
  id: SessionId;
  number: number;
  title: string;
  state: SessionState;
  startedBy: SubjectId;
  startedAt: Instant;
  digest: string;
  quorum: number;
  closedBy: SubjectId | null;
  closedAt: Instant | null;
  summary: string | null;
  minutes: string | null;
}

const columns = sql`
  id, number, title, state, started_by as "startedBy", started_at as "startedAt", digest, quorum,
  closed_by as "closedBy", closed_at as "closedAt", summary, minutes_digest as minutes`;

function sessionOf(row: SessionRow): Session {
  const { closedBy, closedAt, summary, minutes, ...rest } = row;
  const isClosed = closedBy !== null && closedAt !== null && minutes !== null;
  return {
    ...rest,
    closed: isClosed ? { by: closedBy, at: closedAt, summary: summary ?? "", minutes } : null,
  };
}

const SESSIONS_MAX = 200;

export async function loadSessions(
  reader: Reader,
  scopes: readonly Selector[],
): Promise<readonly Session[]> {
  const { rows } = await sql<SessionRow>`
    select ${columns} from triage_session s where ${sessionInScope(scopes)}
     order by number desc limit ${SESSIONS_MAX}`.execute(reader);
  return rows.map(sessionOf);
}

/** A session is seen by whoever has a host that one of its items is about. */
function sessionInScope(scopes: readonly Selector[]): RawBuilder<boolean> {
  if (isEverywhere(scopes)) return sql<boolean>`true`;
  return sql<boolean>`exists (
    select from triage_item i where i.session = s.id and ${itemInScope(scopes)})`;
}

function itemInScope(scopes: readonly Selector[]): RawBuilder<boolean> {
  const ecosystem = sql`(i.item ->> 'ecosystem')`;
  return sourceInScope({ ecosystem, source: sql`(i.item ->> 'source')` }, scopes);
}

/** By `T-4` or by id, with its items of these scopes; null when there is none. */
export async function loadSession(
  reader: Reader,
  ref: string,
  scopes: readonly Selector[],
): Promise<WholeSession | null> {
  const number = numberOf("T", ref);
  const { rows } = await sql<SessionRow>`
    select ${columns} from triage_session s
     where (id = ${ref} or number = ${number}::integer) and ${sessionInScope(scopes)}`.execute(
    reader,
  );
  const [row] = rows;
  if (row === undefined) return null;
  const session = sessionOf(row);
  const [items, participants, notes] = await Promise.all([
    loadItems(reader, session.id, scopes),
    loadParticipants(reader, session.id),
    loadNotes(reader, session.id),
  ]);
  return { ...session, items, participants, notes };
}

async function loadItems(
  reader: Reader,
  id: SessionId,
  scopes: readonly Selector[],
): Promise<readonly SessionItem[]> {
  const items = await sql<{ place: number; item: unknown; outcome: unknown }>`
    select place, item, outcome from triage_item i
     where session = ${id} and ${itemInScope(scopes)} order by place`.execute(reader);
  const votes = await sql<Vote & { place: number }>`
    select place, subject, necessity, scope, hosts, words, at
      from triage_vote where session = ${id} order by number`.execute(reader);
  const byPlace = Map.groupBy(votes.rows, ({ place }) => place);
  return items.rows.map(({ place, item, outcome }) => ({
    place,
    item: itemSchema.parse(item),
    outcome: outcomeSchema.nullable().parse(outcome),
    votes: (byPlace.get(place) ?? []).map(({ place: _, ...vote }) => vote),
  }));
}

async function loadParticipants(reader: Reader, id: SessionId) {
  const { rows } = await sql<WholeSession["participants"][number]>`
    select subject, part, joined_at as "joinedAt"
      from triage_participant where session = ${id} order by joined_at, subject`.execute(reader);
  return rows;
}

async function loadNotes(reader: Reader, id: SessionId) {
  const { rows } = await sql<WholeSession["notes"][number]>`
    select subject, at, words from triage_note where session = ${id} order by number`.execute(
    reader,
  );
  return rows;
}

/** Holds the session for the length of the transaction; null when it is not open. */
export async function lockOpenSession(tx: Tx, id: SessionId): Promise<SessionId | null> {
  const { rows } = await sql<{ id: SessionId }>`
    select id from triage_session where id = ${id} and state = 'open' for update`.execute(tx);
  return rows[0]?.id ?? null;
}

export async function insertSession(
  tx: Tx,
  session: Pick<Session, "id" | "title" | "startedBy" | "startedAt" | "digest" | "quorum"> & {
    readonly items: readonly FrozenItem[];
  },
): Promise<number> {
  const { rows } = await sql<{ number: number }>`
    insert into triage_session (id, title, state, started_by, started_at, digest, quorum)
    values (${session.id}, ${session.title}, 'open', ${session.startedBy},
      ${sqlInstant(session.startedAt)}, ${session.digest}, ${session.quorum})
    returning number`.execute(tx);
  await sql`
    insert into triage_item (session, place, item)
    select ${session.id}, place, item
      from jsonb_array_elements(${sqlJson(session.items)}) with ordinality as i (item, place)
    `.execute(tx);
  return rows[0]?.number ?? 0;
}

/** Joining again changes the part that one takes. */
export async function upsertParticipant(
  tx: Tx,
  of: {
    readonly session: SessionId;
    readonly subject: SubjectId;
    readonly part: Part;
    readonly at: Instant;
  },
): Promise<void> {
  await sql`
    insert into triage_participant (session, subject, part, joined_at)
    values (${of.session}, ${of.subject}, ${of.part}, ${sqlInstant(of.at)})
    on conflict (session, subject) do update set part = excluded.part`.execute(tx);
}

export async function insertVote(
  tx: Tx,
  of: Vote & { readonly session: SessionId; readonly place: number },
): Promise<void> {
  await sql`
    insert into triage_vote (session, place, subject, necessity, scope, hosts, words, at)
    values (${of.session}, ${of.place}, ${of.subject}, ${of.necessity}, ${of.scope}, ${of.hosts},
      ${of.words}, ${sqlInstant(of.at)})`.execute(tx);
}

export async function insertNote(
  tx: Tx,
  of: {
    readonly session: SessionId;
    readonly subject: SubjectId;
    readonly at: Instant;
    readonly words: string;
  },
): Promise<void> {
  await sql`
    insert into triage_note (session, subject, at, words)
    values (${of.session}, ${of.subject}, ${sqlInstant(of.at)}, ${of.words})`.execute(tx);
}

/** False where something was done about it already. */
export async function setOutcome(
  tx: Tx,
  of: { readonly session: SessionId; readonly place: number; readonly outcome: ItemOutcome },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update triage_item set outcome = ${sqlJson(of.outcome)}
     where session = ${of.session} and place = ${of.place} and outcome is null`.execute(tx);
  return numAffectedRows === 1n;
}

export async function closeSession(
  tx: Tx,
  of: { readonly session: SessionId; readonly closed: NonNullable<Session["closed"]> },
): Promise<void> {
  const { by, at, summary, minutes } = of.closed;
  await sql`
    update triage_session set state = 'closed', closed_by = ${by}, closed_at = ${sqlInstant(at)},
           summary = ${summary}, minutes_digest = ${minutes}
     where id = ${of.session} and state = 'open'`.execute(tx);
}
