import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { type Db, inTransaction, type Reader, sqlInstant, type Tx } from "../db/database.ts";

/** Slices of archives that are being read, each kept in a transaction of its own. */
export interface IntakeOf {
  readonly feed: string;
  readonly generation: Digest;
  readonly reader: number;
}

export interface IntakeState {
  readonly slices: number;
  /** Documents of the archive that stand in these slices. */
  readonly documents: number;
  readonly isComplete: boolean;
}

/** What nobody went on with for so long is of an archive that nobody loads any more. */
const KEPT_MS_MAX = 7 * DAY_MS;

/** How far this archive was read already; what was kept of others of the feed is dropped. */
export async function beginIntake(db: Db, of: IntakeOf, now: Instant): Promise<IntakeState> {
  await sql`
    delete from feed_intake
     where (feed = ${of.feed} and (generation, reader) <> (${of.generation}, ${of.reader}))
        or kept_at < ${sqlInstant(now - KEPT_MS_MAX)}`.execute(db);
  return await intakeState(db, of);
}

/** Slices are kept in their order, so that there is never one without those before it. */
export async function intakeState(reader: Reader, of: IntakeOf): Promise<IntakeState> {
  const { rows } = await sql<IntakeState>`
    select count(*)::int as slices, coalesce(max(document_count), 0)::int as documents,
           coalesce(bool_or(is_last), false) as "isComplete"
      from feed_intake
     where feed = ${of.feed} and generation = ${of.generation} and reader = ${of.reader}`.execute(
    reader,
  );
  return rows[0] ?? { slices: 0, documents: 0, isComplete: false };
}

export interface KeptSlice {
  readonly slice: number;
  readonly documents: number;
  readonly isLast: boolean;
  readonly body: Buffer;
  readonly details: readonly { readonly bucket: string; readonly body: Buffer }[];
  readonly at: Instant;
}

export async function keepSlice(db: Db, of: IntakeOf, kept: KeptSlice): Promise<void> {
  const { details } = kept;
  await inTransaction(db, async (tx) => {
    await sql`
      insert into feed_intake (feed, generation, reader, slice, document_count, is_last, body,
        kept_at)
      values (${of.feed}, ${of.generation}, ${of.reader}, ${kept.slice}, ${kept.documents},
        ${kept.isLast}, ${kept.body}, ${sqlInstant(kept.at)})`.execute(tx);
    await sql`
      insert into feed_intake_detail (feed, slice, bucket, body)
      select ${of.feed}, ${kept.slice}, bucket, body
        from unnest(${details.map((d) => d.bucket)}::text[], ${details.map((d) => d.body)}::bytea[])
          as t (bucket, body)`.execute(tx);
  });
}

export async function loadSlice(
  reader: Reader,
  of: IntakeOf,
  slice: number,
): Promise<Buffer | null> {
  const { rows } = await sql<{ body: Buffer }>`
    select body from feed_intake
     where feed = ${of.feed} and generation = ${of.generation} and slice = ${slice}`.execute(
    reader,
  );
  return rows[0]?.body ?? null;
}

export async function loadIntakeBuckets(reader: Reader, feed: string): Promise<readonly string[]> {
  const { rows } = await sql<{ bucket: string }>`
    select distinct bucket from feed_intake_detail where feed = ${feed} order by 1`.execute(reader);
  return rows.map(({ bucket }) => bucket);
}

/** Blocks of these buckets, those of earlier slices first. */
export async function loadIntakeDetails(
  reader: Reader,
  feed: string,
  buckets: readonly string[],
): Promise<readonly { readonly bucket: string; readonly body: Buffer }[]> {
  const { rows } = await sql<{ bucket: string; body: Buffer }>`
    select bucket, body from feed_intake_detail
     where feed = ${feed} and bucket = any(${[...buckets]}::text[]) order by bucket, slice
    `.execute(reader);
  return rows;
}

/** After its content was taken over, or refused. */
export async function dropIntake(tx: Tx, feed: string): Promise<void> {
  await sql`delete from feed_intake where feed = ${feed}`.execute(tx);
}
