import { sql } from "kysely";
import { z } from "zod";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { Validators } from "./actions-fetch.ts";
import type { FeedSource, SourceSetting } from "./feed-source.ts";

/** Where feeds come from: what operators set, and how far each source has come. */
export interface StoredSource extends SourceSetting {
  readonly secretFile: string | null;
  /** Certificates (PEM) that the operator's own addresses are believed by, beside the system's. */
  readonly authority: string | null;
  readonly changedBy: string | null;
  readonly changedAt: Instant | null;
  readonly validators: Validators;
  /** How far a source that comes in pieces has come; its way knows what it means. */
  readonly progress: unknown;
  readonly checkedAt: Instant | null;
  readonly goodAt: Instant | null;
  readonly failure: string | null;
  readonly failedAt: Instant | null;
  readonly failingSince: Instant | null;
  readonly nextCheckAt: Instant | null;
}

const validatorsSchema = z.record(
  z.string(),
  z.object({ etag: z.string().nullable(), lastModified: z.string().nullable() }),
);

type SourceRow = Omit<StoredSource, "validators">;

const sourceColumns = sql`
  name, urls, is_enabled as "isEnabled", secret_file as "secretFile", authority, changed_by as "changedBy",
  changed_at as "changedAt", validators, progress, checked_at as "checkedAt", good_at as "goodAt",
  failure, failed_at as "failedAt", failing_since as "failingSince",
  next_check_at as "nextCheckAt"`;

export async function loadSources(reader: Reader): Promise<readonly StoredSource[]> {
  const { rows } = await sql<SourceRow & { validators: unknown }>`
    select ${sourceColumns} from feed_source order by name collate "C"`.execute(reader);
  return rows.map((row) => ({ ...row, validators: validatorsSchema.parse(row.validators) }));
}

/** True for the one server that may ask this source now. */
export async function claimSource(
  db: Reader,
  source: FeedSource,
  times: { readonly now: Instant; readonly until: Instant; readonly isForced: boolean },
): Promise<boolean> {
  const isDue = times.isForced
    ? sql`true`
    : sql`f.next_check_at is null or f.next_check_at <= ${sqlInstant(times.now)}`;
  const { rows } = await sql<{ name: string }>`
    insert into feed_source as f (name, kind, parameter, next_check_at)
    values (${source.name}, ${source.kind.kind}, ${source.parameter}, ${sqlInstant(times.until)})
    on conflict (name) do update set next_check_at = excluded.next_check_at where ${isDue}
    returning name`.execute(db);
  return rows.length === 1;
}

export async function setNextCheck(db: Reader, name: string, at: Instant): Promise<void> {
  await sql`
    update feed_source set next_check_at = ${sqlInstant(at)} where name = ${name}`.execute(db);
}

export async function saveProgress(db: Reader, name: string, progress: unknown): Promise<void> {
  await sql`
    update feed_source set progress = ${sqlJson(progress)} where name = ${name}`.execute(db);
}

export async function recordSourceGood(
  db: Reader,
  name: string,
  of: { readonly at: Instant; readonly validators: Validators | null },
): Promise<void> {
  const kept = of.validators === null ? sql`validators` : sqlJson(of.validators);
  await sql`
    update feed_source set checked_at = ${sqlInstant(of.at)}, good_at = ${sqlInstant(of.at)},
      failure = null, failed_at = null, failing_since = null, validators = ${kept}
     where name = ${name}`.execute(db);
}

export async function recordSourceFailure(
  db: Reader,
  name: string,
  of: { readonly at: Instant; readonly failure: string },
): Promise<void> {
  await sql`
    update feed_source set checked_at = ${sqlInstant(of.at)}, failure = ${of.failure},
      failed_at = ${sqlInstant(of.at)},
      failing_since = coalesce(failing_since, ${sqlInstant(of.at)})
     where name = ${name}`.execute(db);
}

export interface SourceChange {
  readonly urls: readonly string[] | null;
  readonly secretFile: string | null;
  /** Null leaves it as it is, an empty text takes it away. */
  readonly authority: string | null;
  readonly isEnabled: boolean | null;
  readonly by: string;
  readonly at: Instant;
}

/** Writes what an operator chose; null leaves addresses or secret as they are. Asked again at once. */
export async function saveSource(tx: Tx, source: FeedSource, change: SourceChange): Promise<void> {
  const own = change.urls ?? [];
  await sql`
    insert into feed_source as f (name, kind, parameter, urls, secret_file, authority, is_enabled,
      changed_by, changed_at)
    values (${source.name}, ${source.kind.kind}, ${source.parameter}, ${[...own]}::text[],
      ${change.secretFile}, nullif(${change.authority}::text, ''), ${change.isEnabled},
      ${change.by}, ${sqlInstant(change.at)})
    on conflict (name) do update set
      urls = ${change.urls === null ? sql`f.urls` : sql`excluded.urls`},
      secret_file = coalesce(excluded.secret_file, f.secret_file),
      authority = ${change.authority === null ? sql`f.authority` : sql`excluded.authority`},
      is_enabled = excluded.is_enabled, changed_by = excluded.changed_by,
      changed_at = excluded.changed_at, next_check_at = null,
      validators = case when ${change.urls === null} then f.validators else '{}' end,
      progress = case when ${change.urls === null} then f.progress else '{}' end`.execute(tx);
}
