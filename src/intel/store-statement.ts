import { createHash } from "node:crypto";
import { sql } from "kysely";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { StoredStatement } from "./match.ts";
import type { Statement } from "./model.ts";

/** Statements: written only when they change, found again by package or by vulnerability. */

/** Rows per INSERT: large enough that round trips do not count, small enough for memory. */
const BATCH_ROWS = 5_000;
const BATCH_KEYS = 20_000;

export interface StatementChange {
  readonly feed: string;
  readonly extent: "whole" | "part";
  readonly statements: readonly Statement[];
  readonly generation: Digest;
  readonly at: Instant;
}

/** Replaces what the feed says, touching only rows that differ. */
export async function writeStatements(
  tx: Tx,
  change: StatementChange,
): Promise<{ readonly added: number; readonly ended: number }> {
  const byKey = new Map<string, Statement>();
  await sql`create temp table incoming (row_key uuid primary key) on commit drop`.execute(tx);
  for (const batch of batches(change.statements, BATCH_KEYS)) {
    // Keys are made batch by batch: hashing them all at once would hold up the server.
    const keys = batch.map((s) => {
      const key = rowKey(s);
      byKey.set(key, s);
      return key;
    });
    await sql`
      insert into incoming select unnest(${arrayText(keys)}::uuid[]) on conflict do nothing
      `.execute(tx);
  }
  await sql`analyze incoming`.execute(tx);
  const ended = await endMissing(tx, change);
  const fresh = await sql<{ row_key: string }>`
    select row_key from incoming i where not exists (
      select from statement s
       where s.feed = ${change.feed} and s.row_key = i.row_key and s.valid_to is null
    )`.execute(tx);
  const rows = fresh.rows.flatMap(({ row_key: key }) => {
    const statement = byKey.get(key);
    return statement === undefined ? [] : [{ key, statement }];
  });
  for (const batch of batches(rows, BATCH_ROWS)) await insertStatements(tx, change, batch);
  await sql`drop table incoming`.execute(tx);
  return { added: rows.length, ended };
}

/** A part ends only what the same advisory (or id) said before about the same ecosystem. */
async function endMissing(tx: Tx, change: StatementChange): Promise<number> {
  const named = change.statements.map((s) => `${s.ecosystem}\n${s.advisory || s.vulnerability}`);
  const isNamed =
    change.extent === "whole"
      ? sql`true`
      : sql`s.ecosystem || E'\n' || coalesce(nullif(s.advisory, ''), s.vulnerability)
            = any(${[...new Set(named)]}::text[])`;
  const { rows } = await sql<{ count: number }>`
    with ended as (
      update statement s set valid_to = ${sqlInstant(change.at)}
       where s.feed = ${change.feed} and s.valid_to is null and ${isNamed}
         and not exists (select from incoming i where i.row_key = s.row_key)
      returning s.ecosystem, s.package_name
    ), queued as (
      insert into rematch_source select distinct ecosystem, package_name from ended
      on conflict do nothing
    )
    select count(*)::int as count from ended`.execute(tx);
  return rows[0]?.count ?? 0;
}

async function insertStatements(
  tx: Tx,
  change: StatementChange,
  batch: readonly { readonly key: string; readonly statement: Statement }[],
): Promise<void> {
  const column = (of: (s: Statement) => string): string[] => batch.map((b) => of(b.statement));
  await sql`
    with fresh as (
      insert into statement (feed, row_key, ecosystem, package_name, matches, vulnerability,
        advisory, state, urgency, generation, valid_from)
      select ${change.feed}, k, e, p, m, v, a, s::jsonb, u, ${change.generation},
             ${sqlInstant(change.at)}
        from unnest(${arrayText(batch.map((b) => b.key))}::uuid[],
          ${column((s) => s.ecosystem)}::text[], ${column((s) => s.packageName)}::text[],
          ${column((s) => s.matches)}::text[], ${column((s) => s.vulnerability)}::text[],
          ${column((s) => s.advisory)}::text[], ${column(stateText)}::text[],
          ${column((s) => s.urgency)}::text[]) as t (k, e, p, m, v, a, s, u)
      returning ecosystem, package_name
    )
    insert into rematch_source select distinct ecosystem, package_name from fresh
    on conflict do nothing`.execute(tx);
}

/** The module streams and architectures a statement is about stand with its state. */
function stateText({ state, streams, arches }: Statement): string {
  return JSON.stringify({
    ...state,
    ...(streams === undefined ? {} : { streams }),
    ...(arches === undefined ? {} : { arches }),
  });
}

const narrowingSchema = z.object({
  streams: z.array(z.string()).exactOptional(),
  arches: z.array(z.string()).exactOptional(),
});

const rangeSchema = z.object({
  introduced: z.string(),
  fixed: z.string().nullable(),
  lastAffected: z.string().nullable(),
});

const stateSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("fixed"), version: z.string() }),
  z.object({ kind: z.literal("never-affected"), why: z.string().exactOptional() }),
  z.object({ kind: z.literal("open") }),
  z.object({ kind: z.literal("deferred"), why: z.string() }),
  z.object({ kind: z.literal("ignored"), why: z.string() }),
  z.object({ kind: z.literal("end-of-life") }),
  z.object({ kind: z.literal("undetermined") }),
  z.object({
    kind: z.literal("ranges"),
    ranges: z.array(rangeSchema),
    versions: z.array(z.string()),
  }),
]);

interface StatementRow {
  id: number;
  feed: string;
  ecosystem: string;
  package_name: string;
  matches: "source" | "binary";
  vulnerability: string;
  advisory: string;
  state: unknown;
  urgency: string;
  generation: string;
}

export interface NamedPackage {
  readonly ecosystem: string;
  readonly name: string;
}

/** What is said now about these source or package names. */
export async function loadStatementsAbout(
  reader: Reader,
  names: readonly NamedPackage[],
): Promise<readonly StoredStatement[]> {
  const { rows } = await sql<StatementRow>`
    select s.* from statement s
      join unnest(${names.map((n) => n.ecosystem)}::text[], ${names.map((n) => n.name)}::text[])
        as n (ecosystem, name)
        on s.ecosystem = n.ecosystem and s.package_name = n.name
     where s.valid_to is null order by s.id`.execute(reader);
  return rows.map(statementOf);
}

export async function loadStatementsOn(
  reader: Reader,
  vulnerability: string,
): Promise<readonly StoredStatement[]> {
  const { rows } = await sql<StatementRow>`
    select * from statement where vulnerability = ${vulnerability} and valid_to is null
     order by id`.execute(reader);
  return rows.map(statementOf);
}

function statementOf(row: StatementRow): StoredStatement {
  return {
    id: row.id,
    feed: row.feed,
    ecosystem: row.ecosystem,
    packageName: row.package_name,
    matches: row.matches,
    vulnerability: row.vulnerability,
    advisory: row.advisory,
    state: stateSchema.parse(row.state),
    urgency: row.urgency,
    generation: row.generation,
    ...narrowingSchema.parse(row.state),
  };
}

function rowKey(s: Statement): string {
  const text = JSON.stringify([
    s.ecosystem,
    s.packageName,
    s.matches,
    s.vulnerability,
    s.advisory,
    s.state,
    s.urgency,
    ...(s.streams === undefined && s.arches === undefined ? [] : [s.streams, s.arches]),
  ]);
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** The text form of an array whose elements need no quoting; ten times faster than quoting each. */
export function arrayText(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}

export function* batches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
