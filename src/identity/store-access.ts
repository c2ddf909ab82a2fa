import { sql } from "kysely";
import { z } from "zod";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { roleNames } from "../base/permission.ts";
import { isUniqueViolation, type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { Proof, Strength } from "./fresh-proof.ts";
import { type ApiToken, SIGN_IN_TRIES_WINDOW_MS, type TokenId, type TokenLimit } from "./model.ts";
import { millis } from "./store.ts";

// Tokens, one-time secrets, tries. "Now" is always the database's: two servers agree.

const limitsSchema = z
  .array(z.strictObject({ role: z.enum(roleNames), scope: z.string() }))
  .nullable();

export interface Credential {
  readonly subject: SubjectId;
  readonly token: TokenId | null;
  readonly limits: readonly TokenLimit[] | null;
  readonly proof: Proof | null;
  /** The OpenID Connect provider that vouches for a session; null for all others. */
  readonly provider: string | null;
  /** `scim`: a directory's, which opens SCIM and nothing else. */
  readonly purpose: Purpose;
}

export type Purpose = "api" | "scim";

interface FoundToken {
  readonly subject: SubjectId;
  readonly token: TokenId;
  readonly limits: unknown;
  readonly purpose: Purpose;
  readonly provedAt: Instant | null;
  readonly strength: Strength | null;
}

export function proofOf(row: {
  readonly provedAt: Instant | null;
  readonly strength: Strength | null;
}): Proof | null {
  const { provedAt: at, strength } = row;
  return at === null || strength === null ? null : { at, strength };
}

export async function findToken(reader: Reader, hash: string): Promise<Credential | null> {
  const { rows } = await sql<FoundToken>`
    select subject, id as token, limits, strength, purpose, ${millis("proved_at")} as "provedAt" from api_token
    where hash = ${hash} and revoked_at is null and expires_at > now()`.execute(reader);
  const row = rows[0];
  if (row === undefined) return null;
  // Noting the use once a minute is enough to find tokens that nobody needs.
  await sql`
    update api_token set used_at = now()
    where id = ${row.token} and (used_at is null or used_at < now() - interval '1 minute')`.execute(
    reader,
  );
  const { subject, token, purpose } = row;
  return {
    subject,
    token,
    purpose,
    limits: limitsSchema.parse(row.limits),
    proof: proofOf(row),
    provider: null,
  };
}

export interface NewToken {
  readonly id: TokenId;
  readonly hash: string;
  readonly subject: SubjectId;
  readonly parent: TokenId | null;
  readonly title: string;
  readonly limits: readonly TokenLimit[] | null;
  readonly lifeSeconds: number;
  /** The proof that it was made with, never a fresher one; null for a program's. */
  readonly proof: Proof | null;
  readonly purpose?: Purpose;
}

/** A token made by a token ends with it at the latest. */
export async function insertToken(tx: Tx, token: NewToken): Promise<void> {
  const { limits, proof } = token;
  await sql`
    insert into api_token
      (id, hash, subject, parent, title, limits, proved_at, strength, purpose, expires_at)
    values (${token.id}, ${token.hash}, ${token.subject}, ${token.parent}, ${token.title},
      ${limits === null ? sql`null` : sqlJson(limits)},
      ${proof === null ? sql`null` : sqlInstant(proof.at)}, ${proof?.strength ?? null},
      ${token.purpose ?? "api"},
      least(now() + ${token.lifeSeconds} * interval '1 second',
        (select expires_at from api_token where id = ${token.parent})))`.execute(tx);
}

interface TokenRow extends Omit<ApiToken, "limits"> {
  readonly limits: unknown;
}

export async function loadTokens(
  reader: Reader,
  filter: { readonly subject?: SubjectId; readonly id?: string },
): Promise<readonly ApiToken[]> {
  const { rows } = await sql<TokenRow>`
    select t.id, t.subject, t.title, t.limits, ${millis("t.created_at")} as "createdAt",
      ${millis("t.expires_at")} as "expiresAt", ${millis("t.revoked_at")} as "revokedAt",
      ${millis("t.used_at")} as "usedAt"
    from api_token t
    where ${filter.subject === undefined ? sql`true` : sql`t.subject = ${filter.subject}`}
      and ${filter.id === undefined ? sql`true` : sql`t.id = ${filter.id}`}
    order by t.created_at desc, t.id limit 500`.execute(reader);
  return rows.map((row) => ({ ...row, limits: limitsSchema.parse(row.limits) }));
}

/** Revokes a token and all that were made with it; returns their ids. */
export async function revokeTokens(tx: Tx, id: TokenId): Promise<readonly TokenId[]> {
  const { rows } = await sql<{ id: TokenId }>`
    with recursive family as (
      select id from api_token where id = ${id}
      union select t.id from api_token t join family f on t.parent = f.id)
    update api_token t set revoked_at = now() from family f
    where t.id = f.id and t.revoked_at is null
    returning t.id`.execute(tx);
  return rows.map((row) => row.id);
}

/** Counts this try among those of the window, itself included; old ones are forgotten. */
export async function countTry(reader: Reader, door: string): Promise<number> {
  const window = sql`now() - ${SIGN_IN_TRIES_WINDOW_MS / 1000} * interval '1 second'`;
  await sql`delete from sign_in_try where at < ${window}`.execute(reader);
  const { rows } = await sql<{ count: number }>`
    with tried as (insert into sign_in_try (door) values (${door}) returning 1)
    select (select count(*) from tried) + (select count(*) from sign_in_try
      where door = ${door} and at >= ${window}) as count`.execute(reader);
  return rows[0]?.count ?? 0;
}

export async function forgetTries(tx: Tx, door: string): Promise<void> {
  await sql`delete from sign_in_try where door = ${door}`.execute(tx);
}

export async function isSetupOver(reader: Reader): Promise<boolean> {
  const { rows } = await sql<{ over: boolean }>`
    select exists (select 1 from setup_over) as over`.execute(reader);
  return rows[0]?.over === true;
}

/** Ends setup; false when it is over already. Concurrent calls wait here for each other. */
export async function endSetup(tx: Tx, subject: SubjectId): Promise<boolean> {
  try {
    await sql`insert into setup_over (subject) values (${subject})`.execute(tx);
    return true;
  } catch (cause) {
    if (isUniqueViolation(cause)) return false;
    throw cause;
  }
}

export async function insertOneTimeSecret(
  reader: Reader,
  secret: {
    readonly hash: string;
    readonly purpose: "setup" | "invite";
    readonly subject: SubjectId | null;
    readonly expiresAt: number;
  },
): Promise<void> {
  await sql`
    insert into one_time_secret (hash, purpose, subject, expires_at)
    values (${secret.hash}, ${secret.purpose}, ${secret.subject},
      ${sqlInstant(secret.expiresAt)})`.execute(reader);
}

/** Uses it up; null when unknown, used or too old. Of concurrent users exactly one gets it. */
export async function takeOneTimeSecret(
  tx: Tx,
  secret: { readonly hash: string; readonly purpose: "setup" | "invite"; readonly now: number },
): Promise<{ readonly subject: SubjectId | null } | null> {
  const { rows } = await sql<{ subject: SubjectId | null }>`
    update one_time_secret set used_at = ${sqlInstant(secret.now)}
    where hash = ${secret.hash} and purpose = ${secret.purpose} and used_at is null
      and expires_at > ${sqlInstant(secret.now)}
    returning subject`.execute(tx);
  return rows[0] ?? null;
}
