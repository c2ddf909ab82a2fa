import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { Strength } from "./fresh-proof.ts";
import {
  SESSION_IDLE_MS_MAX,
  SESSION_LIFE_MS_MAX,
  type Session,
  type SessionId,
  type SessionOrigin,
} from "./model.ts";
import { millis } from "./store.ts";
import { type Credential, proofOf } from "./store-access.ts";

// Sign-ins of browsers. "Now" is always the database's: two servers agree.

const isLive = sql`seen_at > now() - ${SESSION_IDLE_MS_MAX / 1000} * interval '1 second'
  and created_at > now() - ${SESSION_LIFE_MS_MAX / 1000} * interval '1 second'`;

interface FoundSession {
  readonly subject: SubjectId;
  readonly provedAt: Instant;
  readonly strength: Strength;
  readonly provider: string | null;
}

/**
 * Null when there is no such session, it rested too long or its day is over. `use` counts as a sign
 * of life; `look` does not, so that a live stream left open keeps nobody signed in.
 */
export async function findSession(
  reader: Reader,
  hash: string,
  how: "use" | "look",
): Promise<Credential | null> {
  const { rows } = await sql<FoundSession>`
    update session set seen_at = ${how === "use" ? sql`now()` : sql`seen_at`}
    where hash = ${hash}
      and ${isLive}
    returning subject, strength, provider, ${millis("proved_at")} as "provedAt"`.execute(reader);
  const row = rows[0];
  if (row === undefined) return null;
  const { subject, provider } = row;
  return { subject, provider, purpose: "api", token: null, limits: null, proof: proofOf(row) };
}

export async function insertSession(
  tx: Tx,
  session: {
    readonly id: SessionId;
    readonly hash: string;
    readonly subject: SubjectId;
    readonly origin: SessionOrigin;
    readonly strength: Strength;
    /** The OpenID Connect provider that vouches for it; null for a sign-in of this server's own. */
    readonly provider: string | null;
    /** When the provider saw the person; null: now. */
    readonly provedAt: Instant | null;
    /** What the provider calls the session there. */
    readonly providerSession?: string | null;
    /** The sealed ID token of the sign-in. */
    readonly providerHint?: string | null;
  },
): Promise<void> {
  await sql`
    delete from session
    where created_at < now() - ${SESSION_LIFE_MS_MAX / 1000} * interval '1 second'`.execute(tx);
  const { id, hash, subject, origin, strength, provider, provedAt } = session;
  await sql`
    insert into session (id, hash, subject, address, program, strength, provider, provider_session,
      provider_hint, proved_at)
    values (${id}, ${hash}, ${subject}, ${origin.address}, ${origin.program}, ${strength},
      ${provider}, ${session.providerSession ?? null}, ${session.providerHint ?? null},
      ${provedAt === null ? sql`now()` : sql`least(now(), ${sqlInstant(provedAt)})`})`.execute(tx);
}

/** Those that still sign somebody in, the one seen last first. */
export async function loadSessions(
  reader: Reader,
  of: { readonly subject: SubjectId; readonly currentHash: string | null },
): Promise<readonly Session[]> {
  const { rows } = await sql<Session>`
    select id, address, program, ${millis("created_at")} as "startedAt",
      ${millis("seen_at")} as "seenAt", coalesce(hash = ${of.currentHash}, false) as "isCurrent"
    from session where subject = ${of.subject} and ${isLive}
    order by seen_at desc, id limit 500`.execute(reader);
  return rows;
}

export interface EndedSession {
  readonly id: SessionId;
  readonly subject: SubjectId;
  /** Who vouched for it; null for a sign-in of this server's own. */
  readonly provider: string | null;
  /** The sealed ID token of the sign-in. */
  readonly hint: string | null;
}

/** What ended; null when there was no such session. */
export async function deleteSession(tx: Tx, hash: string): Promise<EndedSession | null> {
  const { rows } = await sql<EndedSession>`
    delete from session where hash = ${hash}
    returning id, subject, provider, provider_hint as hint`.execute(tx);
  return rows[0] ?? null;
}

export async function deleteSessionsOf(tx: Tx, subject: SubjectId): Promise<void> {
  await sql`delete from session where subject = ${subject}`.execute(tx);
}

/** Ends those that a provider began; returns how many. */
export async function deleteSessionsBy(
  tx: Tx,
  of: { readonly subject: SubjectId; readonly provider: string },
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from session where subject = ${of.subject} and provider = ${of.provider}`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** Ends one by its id, or all but the one that asks; returns the ids of those that ended. */
export async function deleteSessionsBut(
  tx: Tx,
  of: {
    readonly subject: SubjectId;
    readonly only?: string | undefined;
    readonly keepHash: string | null;
  },
): Promise<readonly SessionId[]> {
  const chosen =
    of.only === undefined
      ? sql`hash is distinct from ${of.keepHash} and ${isLive}`
      : sql`id = ${of.only}`;
  const { rows } = await sql<{ id: SessionId }>`
    delete from session where subject = ${of.subject} and ${chosen} returning id`.execute(tx);
  return rows.map(({ id }) => id);
}
