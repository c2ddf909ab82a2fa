import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { type Reader, sqlJson } from "../db/database.ts";
import { secretHash } from "./store-secret.ts";

/** What a sign-in under way must come back with. Kept as a digest, for one use within minutes. */
export type ChallengePurpose = "sign-in" | "passkey" | "proof" | "provider" | "provider-sign-out";

const CHALLENGE_LIFE_MS = 5 * MINUTE_MS;

export interface Challenge {
  readonly subject: SubjectId | null;
  readonly facts: unknown;
}

export async function keepChallenge(
  reader: Reader,
  of: {
    readonly challenge: string;
    readonly purpose: ChallengePurpose;
    readonly subject: SubjectId | null;
    readonly facts?: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  await sql`delete from challenge where expires_at < now()`.execute(reader);
  await sql`
    insert into challenge (hash, purpose, subject, facts, expires_at)
    values (${secretHash(of.challenge)}, ${of.purpose}, ${of.subject}, ${sqlJson(of.facts ?? {})},
      now() + ${CHALLENGE_LIFE_MS / 1000} * interval '1 second')`.execute(reader);
}

/** Uses it up; null when it is unknown, used, too old or was made for something else. */
export async function takeChallenge(
  reader: Reader,
  of: { readonly challenge: string; readonly purpose: ChallengePurpose },
): Promise<Challenge | null> {
  const { rows } = await sql<Challenge>`
    with taken as (delete from challenge where hash = ${secretHash(of.challenge)} returning *)
    select subject, facts from taken
    where purpose = ${of.purpose} and expires_at > now()`.execute(reader);
  return rows[0] ?? null;
}
