import { sql } from "kysely";
import type { Reader, Tx } from "../db/database.ts";
import {
  bucketOf,
  type Details,
  detailsByBucket,
  packDetails,
  unpackDetails,
} from "./detail-blocks.ts";
import type { VulnerabilityDetail, VulnerabilityText } from "./feed-format.ts";
import { batches } from "./store-statement.ts";

/** Descriptions, references and weaknesses: packed blocks, of which a load writes those that differ. */
const BLOCKS_AT_ONCE = 50;

export async function writeDetails(
  tx: Tx,
  feed: string,
  extent: "whole" | "part",
  texts: readonly VulnerabilityText[],
): Promise<void> {
  const incoming = detailsByBucket(texts);
  if (extent === "whole") await dropBlocksBut(tx, feed, [...incoming.keys()]);
  for (const batch of batches([...incoming], BLOCKS_AT_ONCE)) {
    const before = extent === "whole" ? new Map() : await loadBlocks(tx, feed, batch);
    const blocks = batch.map(([bucket, details]) => ({
      bucket,
      body: packDetails(new Map([...(before.get(bucket) ?? []), ...details])),
    }));
    await writeBlocks(tx, feed, blocks);
  }
}

/** Blocks of a whole feed that come one after the other; `dropBlocksBut` takes away all others. */
export async function writeBlocks(
  tx: Tx,
  feed: string,
  blocks: readonly { readonly bucket: string; readonly body: Buffer }[],
): Promise<void> {
  await sql`
    insert into vulnerability_detail as d (feed, bucket, body)
    select ${feed}, bucket, body from unnest(${blocks.map((b) => b.bucket)}::text[],
      ${blocks.map((b) => b.body)}::bytea[]) as b (bucket, body)
    on conflict (feed, bucket) do update set body = excluded.body
     where d.body <> excluded.body`.execute(tx);
}

export async function dropBlocksBut(
  tx: Tx,
  feed: string,
  buckets: readonly string[],
): Promise<void> {
  await sql`
    delete from vulnerability_detail
     where feed = ${feed} and bucket <> all(${[...buckets]}::text[])`.execute(tx);
}

async function loadBlocks(
  tx: Tx,
  feed: string,
  wanted: readonly (readonly [bucket: string, Details])[],
): Promise<ReadonlyMap<string, Details>> {
  const { rows } = await sql<{ bucket: string; body: Buffer }>`
    select bucket, body from vulnerability_detail
     where feed = ${feed} and bucket = any(${wanted.map(([bucket]) => bucket)}::text[])
    `.execute(tx);
  return new Map(rows.map((row) => [row.bucket, unpackDetails(row.body)]));
}

/** What each feed says of one vulnerability, for reading; feeds in the order of their names. */
export async function loadDetails(
  reader: Reader,
  id: string,
): Promise<readonly (VulnerabilityDetail & { readonly feed: string })[]> {
  const { rows } = await sql<{ feed: string; body: Buffer }>`
    select feed, body from vulnerability_detail where bucket = ${bucketOf(id)} order by feed
    `.execute(reader);
  return rows.flatMap(({ feed, body }) => {
    const detail = unpackDetails(body).get(id);
    return detail === undefined ? [] : [{ feed, ...detail }];
  });
}

/** The files of Linux that these are in, of those whose record says so. */
export async function loadProgramFiles(
  reader: Reader,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const wanted = new Set(ids);
  const { rows } = await sql<{ body: Buffer }>`
    select body from vulnerability_detail
     where bucket = any(${[...new Set(ids.map(bucketOf))]}::text[]) order by feed`.execute(reader);
  const found = new Map<string, readonly string[]>();
  for (const { body } of rows) {
    for (const [id, { programFiles }] of unpackDetails(body)) {
      if (programFiles !== undefined && wanted.has(id)) found.set(id, programFiles);
    }
  }
  return found;
}
