import { sql } from "kysely";
import type { ChangeId, HostId, RolloutId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { Purpose } from "./certificate-lines.ts";

/** Authorities, and what they signed. */
export interface Authority {
  readonly generation: number;
  readonly keyLine: string;
  readonly signsFrom: Instant | null;
  readonly retiredAt: Instant | null;
}

/** Oldest first; those that are retired too. */
export async function loadAuthorities(reader: Reader): Promise<readonly Authority[]> {
  const { rows } = await sql<Authority>`
    select generation, key_line as "keyLine",
           (extract(epoch from signs_from) * 1000)::float8 as "signsFrom",
           (extract(epoch from retired_at) * 1000)::float8 as "retiredAt"
      from ssh_authority order by generation`.execute(reader);
  return rows;
}

/** Until the end of the transaction nobody else changes which authority signs. */
export async function lockAuthorities(tx: Tx): Promise<void> {
  await sql`lock table ssh_authority in share row exclusive mode`.execute(tx);
}

export async function insertAuthority(
  tx: Tx,
  made: {
    readonly generation: number;
    readonly keyLine: string;
    readonly at: Instant;
    readonly signs: "now" | "later";
  },
): Promise<void> {
  const at = sqlInstant(made.at);
  await sql`
    insert into ssh_authority (generation, key_line, made_at, signs_from)
    values (${made.generation}, ${made.keyLine}, ${at},
      ${made.signs === "now" ? at : sqlInstant(null)})`.execute(tx);
}

export async function markSigning(tx: Tx, generation: number, at: Instant): Promise<void> {
  await sql`
    update ssh_authority set signs_from = ${sqlInstant(at)}
     where generation = ${generation}`.execute(tx);
}

/** All that are older than this one. */
export async function retireBefore(tx: Tx, generation: number, at: Instant): Promise<void> {
  await sql`
    update ssh_authority set retired_at = ${sqlInstant(at)}
     where generation < ${generation} and retired_at is null`.execute(tx);
}

export interface NewCertificate {
  readonly authority: number;
  readonly purpose: Purpose;
  readonly host: HostId;
  readonly principal: string;
  readonly keyId: string;
  readonly keyFingerprint: string;
  readonly change: ChangeId | null;
  readonly rollout: RolloutId | null;
  readonly elevation: string | null;
  readonly person: SubjectId | null;
  readonly validAfter: Instant;
  readonly validBefore: Instant;
  readonly at: Instant;
}

/** Its serial. */
export async function insertCertificate(tx: Tx, made: NewCertificate): Promise<number> {
  const { rows } = await sql<{ serial: number }>`
    insert into ssh_certificate (authority, purpose, host, principal, key_id, key_fingerprint,
      change, rollout, elevation, person, valid_after, valid_before, issued_at)
    values (${made.authority}, ${made.purpose}, ${made.host}, ${made.principal}, ${made.keyId},
      ${made.keyFingerprint}, ${made.change}, ${made.rollout}, ${made.elevation}, ${made.person},
      ${sqlInstant(made.validAfter)}, ${sqlInstant(made.validBefore)}, ${sqlInstant(made.at)})
    returning serial`.execute(tx);
  return Number(rows[0]?.serial ?? 0);
}
