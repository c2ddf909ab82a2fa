import { createHash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { StoredStatement } from "./dossier.ts";
import type { Statement } from "./model.ts";
import { groupStatements, type StatementGroup } from "./statement-groups.ts";

/** Statements: written only when they change, found again by package or by vulnerability. */

/** Rows per INSERT: large enough that round trips do not count, small enough for memory. */
const BATCH_ROWS = 2_000;

export interface StatementChange {
  readonly feed: string;
  readonly extent: "whole" | "part";
  readonly statements: readonly Statement[];
  readonly generation: Digest;
  readonly at: Instant;
}

type KeyedGroup = StatementGroup & { readonly key: string };

/** Replaces what the feed says, touching only groups that differ. Counts are of statements. */
export async function writeStatements(
  tx: Tx,
  change: StatementChange,
): Promise<{ readonly added: number; readonly ended: number }> {
  const rest = change.extent === "part" ? await unnamedRest(tx, change) : [];
  const groups = groupStatements([...change.statements, ...rest]);
  const byKey = new Map(groups.map((group) => [keyOf(group), group]));
  await openIncoming(tx);
  await addIncoming(tx, [...byKey.keys()]);
  await sql`analyze incoming`.execute(tx);
  const ended = await endMissing(tx, change);
  const added = await insertFresh(tx, change, byKey);
  await sql`drop table incoming`.execute(tx);
  return { added: await countOnlyIn(tx, added, ended), ended: await countOnlyIn(tx, ended, added) };
}

/**
 * The same for a whole feed that comes in slices within one transaction, so that it never stands in
 * memory: what each slice says is written at once, what none of them said ends at the end. Only for
 * feeds all of whose statements name their advisory, and each advisory in one slice.
 */
export interface SlicedStatements {
  add(statements: readonly Statement[]): Promise<void>;
  finish(): Promise<{ readonly added: number; readonly ended: number }>;
}

export async function writeInSlices(
  tx: Tx,
  of: Pick<StatementChange, "feed" | "generation" | "at">,
): Promise<SlicedStatements> {
  const change: StatementChange = { ...of, extent: "whole", statements: [] };
  const added: number[] = [];
  await openIncoming(tx);
  return {
    async add(statements) {
      const byKey = new Map(groupStatements(statements).map((group) => [keyOf(group), group]));
      await addIncoming(tx, [...byKey.keys()]);
      added.push(...(await insertFresh(tx, change, byKey)));
    },
    async finish() {
      await sql`analyze incoming`.execute(tx);
      const ended = await endMissing(tx, change);
      await sql`drop table incoming`.execute(tx);
      return {
        added: await countOnlyIn(tx, added, ended),
        ended: await countOnlyIn(tx, ended, added),
      };
    },
  };
}

async function openIncoming(tx: Tx): Promise<void> {
  await sql`create temp table incoming (row_key uuid primary key) on commit drop`.execute(tx);
}

async function addIncoming(tx: Tx, keys: readonly string[]): Promise<void> {
  await sql`
    insert into incoming select unnest(${arrayText(keys)}::uuid[]) on conflict do nothing
    `.execute(tx);
}

/** Writes the groups that are not in force yet; returns their ids. */
async function insertFresh(
  tx: Tx,
  change: StatementChange,
  byKey: ReadonlyMap<string, StatementGroup>,
): Promise<readonly number[]> {
  const fresh = await sql<{ row_key: string }>`
    select row_key from unnest(${arrayText([...byKey.keys()])}::uuid[]) as i (row_key)
     where not exists (
      select from statement_group s
       where s.feed = ${change.feed} and s.row_key = i.row_key and s.valid_to is null
    )`.execute(tx);
  const rows = fresh.rows.flatMap(({ row_key: key }): KeyedGroup[] => {
    const group = byKey.get(key);
    return group === undefined ? [] : [{ ...group, key }];
  });
  const added: number[] = [];
  for (const batch of batches(rows, BATCH_ROWS)) {
    added.push(...(await insertGroups(tx, change, batch)));
  }
  return added;
}

/** Statements of these groups that the others do not make: a group of which one changed is new. */
async function countOnlyIn(
  tx: Tx,
  ids: readonly number[],
  others: readonly number[],
): Promise<number> {
  if (ids.length === 0) return 0;
  if (others.length === 0) {
    const { rows } = await sql<{ count: number }>`
      select sum(cardinality(package_names) * cardinality(vulnerabilities))::int as count
        from statement_group where id = any(${arrayText(ids)}::bigint[])`.execute(tx);
    return rows[0]?.count ?? 0;
  }
  const said = (of: readonly number[]): RawBuilder<unknown> => sql`
    select ecosystem, package_name, matches, vulnerability, advisory, state, urgency
      from statement where id = any(${arrayText(of)}::bigint[])`;
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (${said(ids)} except ${said(others)}) t`.execute(tx);
  return rows[0]?.count ?? 0;
}

/**
 * A part ends only what the same advisory (or, without one, the same id) said before about the same
 * ecosystem. Where such an id stands in a group with others, the others are said again.
 */
async function unnamedRest(tx: Tx, change: StatementChange): Promise<readonly Statement[]> {
  const named = change.statements.filter((s) => s.advisory === "");
  if (named.length === 0) return [];
  const { rows } = await sql<GroupRow>`
    select * from statement_group
     where feed = ${change.feed} and valid_to is null and advisory = ''
       and vulnerabilities && ${[...new Set(named.map((s) => s.vulnerability))]}::text[]
     order by id`.execute(tx);
  const isNamed = new Set(named.map((s) => `${s.ecosystem}\n${s.vulnerability}`));
  return rows
    .flatMap((row) => row.package_names.flatMap((name) => statementsOf(row, name)))
    .filter((s) => !isNamed.has(`${s.ecosystem}\n${s.vulnerability}`));
}

/** Ends the groups that are no longer said; returns their ids. */
async function endMissing(tx: Tx, change: StatementChange): Promise<readonly number[]> {
  const namedOf = (statements: readonly Statement[], idOf: (s: Statement) => string): string[] => [
    ...new Set(statements.map((s) => `${s.ecosystem}\n${idOf(s)}`)),
  ];
  const named = change.extent === "whole" ? [] : change.statements;
  const without = named.filter((s) => s.advisory === "");
  const ids = [...new Set(without.map((s) => s.vulnerability))];
  const withAdvisory = named.filter((s) => s.advisory !== "");
  const isNamed =
    change.extent === "whole"
      ? sql`true`
      : sql`case when s.advisory <> ''
          then s.ecosystem || E'\n' || s.advisory
               = any(${namedOf(withAdvisory, (each) => each.advisory)}::text[])
          else s.vulnerabilities && ${ids}::text[]
            and exists (select from unnest(s.vulnerabilities) as v (id)
              where s.ecosystem || E'\n' || v.id
                    = any(${namedOf(without, (each) => each.vulnerability)}::text[])) end`;
  const { rows } = await sql<{ id: number }>`
    with ended as (
      update statement_group s set valid_to = ${sqlInstant(change.at)}
       where s.feed = ${change.feed} and s.valid_to is null and ${isNamed}
         and not exists (select from incoming i where i.row_key = s.row_key)
      returning s.id, s.ecosystem, s.package_names
    ), queued as (
      insert into rematch_source
      select distinct ecosystem, unnest(package_names) from ended on conflict do nothing
    )
    select id from ended`.execute(tx);
  return rows.map(({ id }) => id);
}

async function insertGroups(
  tx: Tx,
  change: StatementChange,
  batch: readonly KeyedGroup[],
): Promise<readonly number[]> {
  const rows = batch.map((group) => ({
    k: group.key,
    e: group.ecosystem,
    m: group.matches,
    a: group.advisory,
    s: group.stateText,
    u: group.urgency,
    p: arrayLiteral(group.packageNames),
    v: arrayLiteral(group.vulnerabilities),
  }));
  const inserted = await sql<{ id: number }>`
    with fresh as (
      insert into statement_group (feed, row_key, ecosystem, package_names, matches,
        vulnerabilities, advisory, state, urgency, generation, valid_from)
      select ${change.feed}, k, e, p::text[], m, v::text[], a, s::jsonb, u, ${change.generation},
             ${sqlInstant(change.at)}
        from unnest(${arrayText(rows.map((r) => r.k))}::uuid[], ${rows.map((r) => r.e)}::text[],
          ${rows.map((r) => r.m)}::text[], ${rows.map((r) => r.a)}::text[],
          ${rows.map((r) => r.s)}::text[], ${rows.map((r) => r.u)}::text[],
          ${rows.map((r) => r.p)}::text[], ${rows.map((r) => r.v)}::text[])
          as t (k, e, m, a, s, u, p, v)
      returning id, ecosystem, package_names
    ), queued as (
      insert into rematch_source
      select distinct ecosystem, unnest(package_names) from fresh on conflict do nothing
    )
    select id from fresh`.execute(tx);
  return inserted.rows.map(({ id }) => id);
}

/** An array of any texts, written as PostgreSQL reads it. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((v) => `"${v.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`;
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

export const stateSchema = z.discriminatedUnion("kind", [
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

interface GroupRow {
  id: number;
  feed: string;
  ecosystem: string;
  package_names: string[];
  matches: "source" | "binary";
  vulnerabilities: string[];
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
  const { rows } = await sql<GroupRow & { name: string }>`
    select s.*, n.name
      from unnest(${names.map((n) => n.ecosystem)}::text[], ${names.map((n) => n.name)}::text[])
        as n (ecosystem, name)
      join statement_group s
        on s.package_names @> array[n.name] and s.ecosystem = n.ecosystem
     where s.valid_to is null order by s.id, n.name collate "C"`.execute(reader);
  return rows.flatMap((row) => statementsOf(row, row.name));
}

export async function loadStatementsOn(
  reader: Reader,
  vulnerability: string,
): Promise<readonly StoredStatement[]> {
  const { rows } = await sql<GroupRow>`
    select * from statement_group
     where vulnerabilities @> array[${vulnerability}] and valid_to is null
     order by id`.execute(reader);
  return rows.flatMap((row) =>
    row.package_names.flatMap((name) =>
      statementsOf({ ...row, vulnerabilities: [vulnerability] }, name),
    ),
  );
}

/** What a group says of one package; its statements share the group's id. */
function statementsOf(row: GroupRow, packageName: string): readonly StoredStatement[] {
  const common = {
    id: row.id,
    feed: row.feed,
    ecosystem: row.ecosystem,
    packageName,
    matches: row.matches,
    advisory: row.advisory,
    state: stateSchema.parse(row.state),
    urgency: row.urgency,
    generation: row.generation,
    ...narrowingSchema.parse(row.state),
  };
  return row.vulnerabilities.map((vulnerability) => ({ ...common, vulnerability }));
}

function keyOf(group: StatementGroup): string {
  const { ecosystem, matches, advisory, stateText, urgency } = group;
  const names = [group.packageNames, group.vulnerabilities];
  const text = JSON.stringify([ecosystem, matches, advisory, stateText, urgency, names]);
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
