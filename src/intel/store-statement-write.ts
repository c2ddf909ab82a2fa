import { createHash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import { sqlInstant, type Tx } from "../db/database.ts";
import { CPE_ECOSYSTEM } from "../inventory/cpe-package.ts";
import { giveWay } from "./feed-format.ts";
import type { Statement } from "./model.ts";
import { isPacked } from "./statement-blocks.ts";
import { groupsInTurns, type StatementGroup } from "./statement-groups.ts";
import { arrayText, batches, type GroupRow, statementsOf } from "./store-statement.ts";
import { type BlockLoad, openBlockWriter } from "./store-statement-block.ts";
import type { WorkLine } from "./work-line.ts";

/** Writes statements, and only those that differ from what is in force. */

/** Rows per INSERT: large enough that round trips do not count, small enough for memory. */
const BATCH_ROWS = 2_000;

export interface StatementChange {
  readonly feed: string;
  readonly extent: "whole" | "part";
  readonly statements: readonly Statement[];
  /** What a part speaks of without saying anything any more: by ecosystem and vulnerability. */
  readonly silent?: readonly NamedAlone[];
  readonly generation: Digest;
  readonly at: Instant;
}

type NamedAlone = Pick<Statement, "ecosystem" | "vulnerability">;

interface Counts {
  readonly added: number;
  readonly ended: number;
}

/** Replaces what the feed says, touching only groups that differ. Counts are of statements. */
export async function writeStatements(
  tx: Tx,
  change: StatementChange,
  line: WorkLine,
): Promise<Counts> {
  const rest = await unnamedRest(tx, change, line);
  const writer = await openStatementWriter(tx, change, line);
  const all = rest.length === 0 ? change.statements : [...change.statements, ...rest];
  for (const groups of groupsInTurns(all)) {
    await writer.add(groups);
    await giveWay();
  }
  return await writer.finish();
}

/**
 * Takes the groups of a feed piece by piece, each group once: what is new is written at once, while the
 * next are made ready, and what none of them said ends at the end.
 */
export interface StatementWriter {
  add(groups: readonly StatementGroup[]): Promise<void>;
  finish(): Promise<Counts>;
}

type KeyedGroup = StatementGroup & { readonly key: string };

export async function openStatementWriter(
  tx: Tx,
  change: StatementChange,
  line: WorkLine,
): Promise<StatementWriter> {
  let isFirst = false;
  await line.add(async () => {
    isFirst = await saysNothing(tx, change.feed);
    if (!isFirst) await openIncoming(tx);
  });
  const added: number[] = [];
  let addedCount = 0;
  const packages = new Map<string, Set<string>>();
  const blocks = openBlockWriter(tx, blockLoadOf(change));
  let waiting: KeyedGroup[] = [];
  const write = async (batch: readonly KeyedGroup[]): Promise<void> => {
    const fresh = isFirst ? batch : await notInForce(tx, change.feed, batch);
    if (fresh.length === 0) return;
    added.push(...(await insertGroups(tx, change, fresh)));
    for (const group of fresh) {
      addedCount += group.packageNames.length * group.vulnerabilities.length;
      notePackages(packages, group);
    }
  };
  const flush = async (): Promise<void> => {
    for (const batch of batches(waiting, BATCH_ROWS)) await line.add(() => write(batch));
    waiting = [];
  };
  return {
    async add(groups) {
      for (const group of groups) {
        if (isPacked(group)) blocks.add(group);
        else waiting.push(keyed(group));
      }
      if (waiting.length >= BATCH_ROWS) await flush();
    },
    async finish() {
      await flush();
      await line.done();
      const packed = await blocks.finish();
      if (packed.packageNames.size > 0) packages.set(CPE_ECOSYSTEM, new Set(packed.packageNames));
      await queuePackages(tx, packages);
      const ended = isFirst ? [] : await endMissing(tx, change);
      if (!isFirst) await sql`drop table incoming`.execute(tx);
      const rows =
        ended.length === 0
          ? { added: addedCount, ended: 0 }
          : {
              added: await countOnlyIn(tx, added, ended),
              ended: await countOnlyIn(tx, ended, added),
            };
      return { added: rows.added + packed.added, ended: rows.ended + packed.ended };
    },
  };
}

/** A part speaks of what it names, and of what it names without saying anything any more. */
function blockLoadOf(change: StatementChange): BlockLoad {
  const { feed, generation, at } = change;
  const named = namedAlone(change).filter(({ ecosystem }) => ecosystem === CPE_ECOSYSTEM);
  const ids = new Set(named.map(({ vulnerability }) => vulnerability));
  return { feed, generation, at, named: change.extent === "whole" ? null : ids };
}

async function saysNothing(tx: Tx, feed: string): Promise<boolean> {
  const { rows } = await sql`
    select from statement_group where feed = ${feed} and valid_to is null limit 1`.execute(tx);
  return rows.length === 0;
}

async function openIncoming(tx: Tx): Promise<void> {
  await sql`create temp table incoming (row_key uuid primary key) on commit drop`.execute(tx);
}

/** Notes that all of these are said, and returns those that are not in force yet. */
async function notInForce(
  tx: Tx,
  feed: string,
  batch: readonly KeyedGroup[],
): Promise<readonly KeyedGroup[]> {
  const { rows } = await sql<{ row_key: string }>`
    with said as (
      insert into incoming select unnest(${arrayText(batch.map(({ key }) => key))}::uuid[])
      on conflict do nothing returning row_key
    )
    select row_key from said where not exists (
      select from statement_group s
       where s.feed = ${feed} and s.row_key = said.row_key and s.valid_to is null)`.execute(tx);
  const fresh = new Set(rows.map((row) => row.row_key));
  return batch.filter(({ key }) => fresh.has(key));
}

function notePackages(packages: Map<string, Set<string>>, group: StatementGroup): void {
  const names = packages.get(group.ecosystem) ?? new Set<string>();
  packages.set(group.ecosystem, names);
  for (const name of group.packageNames) names.add(name);
}

/** Each once, as an advisory names a package that others name too. */
async function queuePackages(
  tx: Tx,
  packages: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
  for (const [ecosystem, names] of [...packages].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    await sql`
      insert into rematch_source
      select ${ecosystem}, unnest(${arrayLiteral([...names].sort())}::text[])
      on conflict do nothing`.execute(tx);
  }
}

/** Statements of these groups that the others do not make: a group of which one changed is new. */
async function countOnlyIn(
  tx: Tx,
  ids: readonly number[],
  others: readonly number[],
): Promise<number> {
  if (ids.length === 0) return 0;
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
async function unnamedRest(
  tx: Tx,
  change: StatementChange,
  line: WorkLine,
): Promise<readonly Statement[]> {
  if (change.extent === "whole") return [];
  const named = namedAlone(change).filter((one) => !isPacked({ ...one, advisory: "" }));
  if (named.length === 0) return [];
  await line.done();
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

/** What stands in the feed under its own id, without an advisory. */
function namedAlone({ statements, silent = [] }: StatementChange): readonly NamedAlone[] {
  return [...statements.filter((s) => s.advisory === ""), ...silent];
}

/** Ends the groups that are no longer said; returns their ids. */
async function endMissing(tx: Tx, change: StatementChange): Promise<readonly number[]> {
  const isPart = change.extent === "part";
  const without = isPart ? namedAlone(change) : [];
  const ids = [...new Set(without.map((s) => s.vulnerability))];
  const alone = [...new Set(without.map((s) => `${s.ecosystem}\n${s.vulnerability}`))];
  const withAdvisory = isPart ? change.statements.filter((s) => s.advisory !== "") : [];
  const advisories = [...new Set(withAdvisory.map((s) => `${s.ecosystem}\n${s.advisory}`))];
  const isNamed =
    change.extent === "whole"
      ? sql`true`
      : sql`case when s.advisory <> ''
          then s.ecosystem || E'\n' || s.advisory
               = any(${advisories}::text[])
          else s.vulnerabilities && ${ids}::text[]
            and exists (select from unnest(s.vulnerabilities) as v (id)
              where s.ecosystem || E'\n' || v.id
                    = any(${alone}::text[])) end`;
  await sql`analyze incoming`.execute(tx);
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
  rows: readonly KeyedGroup[],
): Promise<readonly number[]> {
  const inserted = await sql<{ id: number }>`
    insert into statement_group (feed, row_key, ecosystem, package_names, matches,
      vulnerabilities, advisory, state, urgency, generation, valid_from)
    select ${change.feed}, k, e, p::text[], m, v::text[], a, s::jsonb, u, ${change.generation},
           ${sqlInstant(change.at)}
      from unnest(${arrayText(rows.map((r) => r.key))}::uuid[],
        ${arrayLiteral(rows.map((r) => r.ecosystem))}::text[],
        ${arrayText(rows.map((r) => r.matches))}::text[],
        ${arrayLiteral(rows.map((r) => r.advisory))}::text[],
        ${arrayLiteral(rows.map((r) => r.stateText))}::text[],
        ${arrayLiteral(rows.map((r) => r.urgency))}::text[],
        ${arrayLiteral(rows.map((r) => arrayLiteral(r.packageNames)))}::text[],
        ${arrayLiteral(rows.map((r) => arrayLiteral(r.vulnerabilities)))}::text[])
        as t (k, e, m, a, s, u, p, v)
    returning id`.execute(tx);
  return inserted.rows.map(({ id }) => id);
}

/** An array of any texts, written as PostgreSQL reads it. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map(quoted).join(",")}}`;
}

function quoted(value: string): string {
  return `"${/["\\]/.test(value) ? value.replaceAll(/["\\]/g, "\\$&") : value}"`;
}

function keyed(group: StatementGroup): KeyedGroup {
  const { ecosystem, matches, advisory, stateText, urgency } = group;
  const names = [group.packageNames, group.vulnerabilities];
  const text = JSON.stringify([ecosystem, matches, advisory, stateText, urgency, names]);
  const hex = createHash("sha256").update(text).digest("hex");
  const key = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
  return { ...group, key };
}
