import { sql } from "kysely";
import { assert } from "../base/failure.ts";
import type { Reader, Tx } from "../db/database.ts";
import { CPE_ECOSYSTEM } from "../inventory/cpe-package.ts";
import { giveWay } from "./feed-format.ts";
import {
  blockOf,
  changedBlock,
  countOnlyIn,
  type PackedStatement,
  packStatements,
  productMark,
  type SaidStatement,
  saidIn,
  unpackStatements,
} from "./statement-blocks.ts";
import type { StatementGroup } from "./statement-groups.ts";
import { arrayText, batches } from "./store-statement.ts";

/** Packed statements: found by product or vulnerability, and written where a load changes them. */

/** So many blocks are taken apart before others have their turn. */
const BLOCKS_AT_ONCE = 50;

/** A packed statement with whom it is of, as a row of statements has it. */
export interface FoundStatement extends PackedStatement {
  readonly feed: string;
  readonly ecosystem: string;
}

interface BlockRow {
  feed: string;
  ecosystem: string;
  bucket: string;
  body: Buffer;
}

/** What is said now about these products. */
export async function loadPackedAbout(
  reader: Reader,
  names: readonly string[],
): Promise<readonly FoundStatement[]> {
  if (names.length === 0) return [];
  const wanted = new Set(names);
  const marks = arrayText(names.map(productMark));
  const { rows } = await sql<{ feed: string; bucket: string }>`
    select feed, bucket from statement_block
     where ecosystem = ${CPE_ECOSYSTEM} and product_marks && ${marks}::integer[]
     order by feed, bucket`.execute(reader);
  const found: FoundStatement[] = [];
  for (const batch of batches(rows, BLOCKS_AT_ONCE)) {
    const blocks = await sql<BlockRow>`
      select b.feed, b.ecosystem, b.bucket, b.body from statement_block b
        join unnest(${batch.map((b) => b.feed)}::text[], ${batch.map((b) => b.bucket)}::text[])
          as w (feed, bucket) on (b.feed, b.bucket) = (w.feed, w.bucket)
       where b.ecosystem = ${CPE_ECOSYSTEM}`.execute(reader);
    for (const entry of blocks.rows.flatMap(entriesOf)) {
      if (entry.validTo === null && entry.packageNames.some((name) => wanted.has(name))) {
        found.push(entry);
      }
    }
    await giveWay();
  }
  return found;
}

/** What is and was said of these vulnerabilities. */
export async function loadPackedOn(
  reader: Reader,
  vulnerabilities: readonly string[],
): Promise<readonly FoundStatement[]> {
  const wanted = new Set(vulnerabilities);
  const found: FoundStatement[] = [];
  for (const batch of batches([...new Set(vulnerabilities.map(blockOf))], BLOCKS_AT_ONCE)) {
    const { rows } = await sql<BlockRow>`
      select feed, ecosystem, bucket, body from statement_block
       where bucket = any(${[...batch]}::text[])`.execute(reader);
    found.push(...rows.flatMap(entriesOf).filter(({ vulnerability }) => wanted.has(vulnerability)));
    await giveWay();
  }
  return found;
}

function entriesOf({ feed, ecosystem, body }: BlockRow): readonly FoundStatement[] {
  return unpackStatements(body).map((entry) => ({ ...entry, feed, ecosystem }));
}

export interface BlockLoad {
  readonly feed: string;
  /** Vulnerabilities that a part speaks of; null when the load is the whole of the feed. */
  readonly named: ReadonlySet<string> | null;
  readonly generation: string;
  readonly at: number;
}

export interface BlockWriter {
  add(group: StatementGroup): void;
  /** Writes the blocks that differ; tells what changed, and of which products. */
  finish(): Promise<{
    readonly added: number;
    readonly ended: number;
    readonly packageNames: ReadonlySet<string>;
  }>;
}

export function openBlockWriter(tx: Tx, load: BlockLoad): BlockWriter {
  const said = new Map<string, SaidStatement[]>();
  return {
    add(group) {
      for (const one of saidIn(group)) {
        const bucket = blockOf(one.vulnerability);
        const own = said.get(bucket) ?? [];
        said.set(bucket, own);
        own.push(one);
      }
    },
    async finish() {
      const total = { added: 0, ended: 0, packageNames: new Set<string>() };
      const buckets = await touchedBuckets(tx, load, [...said.keys()]);
      for (const batch of batches(buckets, BLOCKS_AT_ONCE)) {
        const { added, ended } = await changeBlocks(tx, load, { buckets: batch, said });
        total.added += countOnlyIn(added, ended);
        total.ended += countOnlyIn(ended, added);
        for (const entry of [...added, ...ended]) {
          for (const name of entry.packageNames) total.packageNames.add(name);
        }
        for (const bucket of batch) said.delete(bucket);
        await giveWay();
      }
      return total;
    },
  };
}

async function touchedBuckets(
  tx: Tx,
  { feed, named }: BlockLoad,
  said: readonly string[],
): Promise<readonly string[]> {
  const known = named === null ? sql`true` : sql`bucket = any(${blocksOf(named)}::text[])`;
  const { rows } = await sql<{ bucket: string }>`
    select bucket from statement_block
     where feed = ${feed} and ecosystem = ${CPE_ECOSYSTEM} and ${known}`.execute(tx);
  return [...new Set([...rows.map(({ bucket }) => bucket), ...said])].sort();
}

function blocksOf(vulnerabilities: ReadonlySet<string>): string[] {
  return [...new Set([...vulnerabilities].map(blockOf))];
}

async function changeBlocks(
  tx: Tx,
  load: BlockLoad,
  of: {
    readonly buckets: readonly string[];
    readonly said: ReadonlyMap<string, readonly SaidStatement[]>;
  },
): Promise<{ readonly added: PackedStatement[]; readonly ended: PackedStatement[] }> {
  const { rows } = await sql<Pick<BlockRow, "bucket" | "body">>`
    select bucket, body from statement_block
     where feed = ${load.feed} and ecosystem = ${CPE_ECOSYSTEM}
       and bucket = any(${[...of.buckets]}::text[])`.execute(tx);
  const before = new Map(rows.map(({ bucket, body }) => [bucket, unpackStatements(body)]));
  const count = of.buckets.reduce((sum, bucket) => sum + (of.said.get(bucket)?.length ?? 0), 0);
  const nextId = await reserveIds(tx, count);
  const total = { added: [] as PackedStatement[], ended: [] as PackedStatement[] };
  const changed: { bucket: string; entries: readonly PackedStatement[] }[] = [];
  for (const bucket of of.buckets) {
    const { entries, added, ended } = changedBlock(before.get(bucket) ?? [], {
      said: of.said.get(bucket) ?? [],
      speaksOf: (vulnerability) => load.named?.has(vulnerability) ?? true,
      generation: load.generation,
      at: load.at,
      nextId,
    });
    total.added.push(...added);
    total.ended.push(...ended);
    if (added.length > 0 || ended.length > 0) changed.push({ bucket, entries });
  }
  await writeBlocks(tx, load.feed, changed);
  return total;
}

/** Numbers of the same kind as those of rows, so that a finding names either. */
async function reserveIds(tx: Tx, count: number): Promise<() => number> {
  const { rows } = await sql<{ id: number }>`
    select nextval(pg_get_serial_sequence('statement_group', 'id'))::float8 as id
      from generate_series(1, ${count}::integer)`.execute(tx);
  let taken = 0;
  return () => {
    const id = rows[taken++]?.id;
    assert(id !== undefined, "more statements are new than were counted");
    return id;
  };
}

async function writeBlocks(
  tx: Tx,
  feed: string,
  blocks: readonly { readonly bucket: string; readonly entries: readonly PackedStatement[] }[],
): Promise<void> {
  for (const { bucket, entries } of blocks) {
    const now = entries.filter(({ validTo }) => validTo === null);
    const marks = new Set(now.flatMap(({ packageNames }) => packageNames.map(productMark)));
    const count = now.reduce((sum, { packageNames }) => sum + packageNames.length, 0);
    await sql`
      insert into statement_block (feed, ecosystem, bucket, product_marks, statement_count, body)
      values (${feed}, ${CPE_ECOSYSTEM}, ${bucket}, ${arrayText([...marks].sort())}::integer[],
        ${count}, ${packStatements(entries)})
      on conflict (feed, ecosystem, bucket) do update set product_marks = excluded.product_marks,
        statement_count = excluded.statement_count, body = excluded.body`.execute(tx);
  }
}

/** Keeps who said them, of the statements of findings that stand in blocks. */
export async function citeStatements(
  tx: Tx,
  statements: readonly {
    readonly id: number;
    readonly feed: string;
    readonly generation: string;
    readonly advisory: string;
  }[],
): Promise<void> {
  if (statements.length === 0) return;
  await sql`
    insert into statement_cited (id, feed, generation, advisory)
    select c.id, c.feed, c.generation, c.advisory
      from unnest(${arrayText(statements.map((s) => s.id))}::bigint[],
        ${statements.map((s) => s.feed)}::text[], ${statements.map((s) => s.generation)}::text[],
        ${statements.map((s) => s.advisory)}::text[]) as c (id, feed, generation, advisory)
    on conflict (id) do nothing`.execute(tx);
}
