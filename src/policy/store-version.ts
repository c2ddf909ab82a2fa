import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";

/** Policy texts that were put in force, each kept for good. */
export interface PolicyVersion {
  readonly kind: string;
  readonly digest: Digest;
  readonly text: string;
  readonly appliedBy: SubjectId;
  readonly appliedAt: Instant;
  readonly reason: string;
}

const columns = sql`kind, digest, text, applied_by as "appliedBy", applied_at as "appliedAt", reason`;

/** The newest of one kind, or the newest of a moment; null where none was applied. */
export async function loadVersion(
  reader: Reader,
  kind: string,
  asOf?: Instant,
): Promise<PolicyVersion | null> {
  const wasApplied = asOf === undefined ? sql`true` : sql`applied_at <= ${sqlInstant(asOf)}`;
  const { rows } = await sql<PolicyVersion>`
    select ${columns} from policy_version
     where kind = ${kind} and ${wasApplied} order by number desc limit 1`.execute(reader);
  return rows[0] ?? null;
}

export async function insertVersion(tx: Tx, version: PolicyVersion): Promise<void> {
  await sql`
    insert into policy_version (kind, digest, text, applied_by, applied_at, reason)
    values (${version.kind}, ${version.digest}, ${version.text}, ${version.appliedBy},
      ${sqlInstant(version.appliedAt)}, ${version.reason})`.execute(tx);
}

/** Two people who apply the same kind at once do it one after the other. */
export async function lockKind(tx: Tx, kind: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`policy ${kind}`}, 0))`.execute(tx);
}
