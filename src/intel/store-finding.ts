import { sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import type { StoredPackage } from "../inventory/model.ts";
import type { JudgedSubject, Match } from "./match.ts";
import { keepSeenScores } from "./store-known.ts";
import { arrayText, batches, type NamedPackage } from "./store-statement.ts";

/** Pairs of vulnerability and package, and how far matching has come. */

const BATCH_ROWS = 5_000;
const MATCH_LOCK_KEY = 4_603_781_551;

/** Matching is done by one server at a time: two would only write the same rows twice. */
export async function lockMatching(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${MATCH_LOCK_KEY}::bigint)`.execute(tx);
}

/** Takes names off the queue; they come back if the transaction does not commit. */
export async function takeChangedNames(tx: Tx, max: number): Promise<readonly NamedPackage[]> {
  const { rows } = await sql<{ ecosystem: string; package_name: string }>`
    delete from rematch_source r using (
      select ecosystem, package_name from rematch_source
       order by ecosystem, package_name limit ${max} for update
    ) t where r.ecosystem = t.ecosystem and r.package_name = t.package_name
    returning r.ecosystem, r.package_name`.execute(tx);
  return rows.map((row) => ({ ecosystem: row.ecosystem, name: row.package_name }));
}

interface PackageRow {
  id: number;
  ecosystem: string;
  name: string;
  version: string;
  arch: string;
  source: string;
  source_version: string;
  origin: string;
  module: string;
}

export async function loadNewPackages(
  reader: Reader,
  max: number,
): Promise<readonly StoredPackage[]> {
  const { rows } = await sql<PackageRow>`
    select p.* from package p
     where not exists (select from package_match m where m.package_id = p.id)
     order by p.id limit ${max}`.execute(reader);
  return rows.map(packageOf);
}

/** The packages that statements about these names can touch: the posting lists of matching. */
export async function loadPackagesJudgedAs(
  reader: Reader,
  names: readonly NamedPackage[],
): Promise<readonly StoredPackage[]> {
  const { rows } = await sql<PackageRow>`
    with named as (
      select * from unnest(${names.map((n) => n.ecosystem)}::text[],
        ${names.map((n) => n.name)}::text[]) as n (ecosystem, name)
    )
    select p.* from package p where p.id in (
      select m.package_id from named n
        join package_match m on m.ecosystem = n.ecosystem and m.source = n.name
      union
      select m.package_id from named n
        join package_match m on m.ecosystem = n.ecosystem and m.name = n.name
      union
      select b.package_id from named n
        join package_built b on b.source = n.name
        join package_match m on m.package_id = b.package_id and m.ecosystem = n.ecosystem
    ) order by p.id`.execute(reader);
  return rows.map(packageOf);
}

function packageOf(row: PackageRow): StoredPackage {
  return {
    id: row.id,
    ecosystem: row.ecosystem,
    name: row.name,
    version: row.version,
    arch: row.arch,
    source: row.source,
    sourceVersion: row.source_version,
    origin: row.origin,
    module: row.module,
  };
}

export async function writeSubjects(
  tx: Tx,
  packages: readonly StoredPackage[],
  subjects: readonly JudgedSubject[],
): Promise<void> {
  const rows = subjects.flatMap((subject, index) => {
    const p = packages[index];
    return p === undefined ? [] : [{ p, subject }];
  });
  for (const b of batches(rows, BATCH_ROWS)) {
    await sql`
      insert into package_match as m (package_id, ecosystem, name, source, version, role,
        blind_spot, is_named)
      select * from unnest(${arrayText(b.map((r) => r.p.id))}::integer[],
        ${b.map((r) => r.p.ecosystem)}::text[], ${b.map((r) => r.p.name)}::text[],
        ${b.map((r) => r.subject.source)}::text[], ${b.map((r) => r.subject.version)}::text[],
        ${b.map((r) => r.subject.role)}::text[], ${b.map((r) => r.subject.blindSpot)}::text[],
        ${b.map((r) => r.subject.isNamed)}::boolean[])
      on conflict (package_id) do update set source = excluded.source, version = excluded.version,
        role = excluded.role, blind_spot = excluded.blind_spot, is_named = excluded.is_named
       where (m.source, m.version, m.role, m.blind_spot, m.is_named) is distinct from
         (excluded.source, excluded.version, excluded.role, excluded.blind_spot, excluded.is_named)
      `.execute(tx);
  }
}

/**
 * Makes the pairs of these packages what `matches` says. A pair keeps the moment since when it holds as
 * long as state and fixed version stay. Where only who says so or why has changed, the row begins anew
 * and what it said before stays as history.
 */
export async function writePairs(
  tx: Tx,
  packageIds: readonly number[],
  matches: readonly Match[],
  at: Instant,
): Promise<{ readonly opened: number; readonly closed: number }> {
  await sql`create temp table incoming_pair (package_id integer, vulnerability text, ecosystem text,
    source text, state text, fixed_version text, statement_id bigint, rule text, installed text,
    compared_with text, comparison text, channel text) on commit drop`.execute(tx);
  for (const b of batches(matches, BATCH_ROWS)) await insertIncoming(tx, b);
  await sql`create index on incoming_pair (package_id, vulnerability)`.execute(tx);
  await sql`analyze incoming_pair`.execute(tx);
  const closed = await sql`
    update finding_pair f set valid_to = ${sqlInstant(at)}
     where f.valid_to is null and f.package_id = any(${arrayText(packageIds)}::integer[])
       and not exists (select from incoming_pair i
         where i.package_id = f.package_id and i.vulnerability = f.vulnerability
           and i.channel = f.channel and i.state = f.state
           and i.fixed_version is not distinct from f.fixed_version)
    `.execute(tx);
  await renewPairs(tx, at);
  const opened = await sql`
    insert into finding_pair (package_id, vulnerability, ecosystem, source, state, fixed_version,
      statement_id, rule, installed, compared_with, comparison, channel, valid_from, since)
    select i.*, ${sqlInstant(at)}, ${sqlInstant(at)} from (
      select package_id, vulnerability, ecosystem, source, state, fixed_version, statement_id,
             rule, installed, compared_with, comparison, channel from incoming_pair) i
     where not exists (select from finding_pair f where f.package_id = i.package_id
       and f.vulnerability = i.vulnerability and f.channel = i.channel
       and f.valid_to is null)`.execute(tx);
  await sql`
    insert into vulnerability_touched select distinct vulnerability from incoming_pair
    on conflict do nothing`.execute(tx);
  await keepSeenScores(tx, at, sql`select vulnerability from incoming_pair`);
  await sql`drop table incoming_pair`.execute(tx);
  return {
    opened: Number(opened.numAffectedRows ?? 0),
    closed: Number(closed.numAffectedRows ?? 0),
  };
}

async function renewPairs(tx: Tx, at: Instant): Promise<void> {
  await sql`
    with renewed as (
      update finding_pair f set statement_id = i.statement_id, rule = i.rule, source = i.source,
          installed = i.installed, compared_with = i.compared_with, comparison = i.comparison,
          valid_from = greatest(f.valid_from, ${sqlInstant(at)})
        from incoming_pair i, finding_pair old
       where i.package_id = f.package_id and i.vulnerability = f.vulnerability
         and i.channel = f.channel and f.valid_to is null and old.id = f.id
         and f.statement_id <> i.statement_id
      returning old.*
    )
    insert into finding_pair (package_id, vulnerability, ecosystem, source, state, fixed_version,
      statement_id, rule, installed, compared_with, comparison, channel, valid_from, valid_to,
      since)
    select package_id, vulnerability, ecosystem, source, state, fixed_version, statement_id, rule,
           installed, compared_with, comparison, channel, valid_from, ${sqlInstant(at)}, since
      from renewed where valid_from < ${sqlInstant(at)}`.execute(tx);
}

async function insertIncoming(tx: Tx, b: readonly Match[]): Promise<void> {
  await sql`
    insert into incoming_pair
    select t.package_id, t.vulnerability, p.ecosystem, t.source, t.state, t.fixed_version,
           t.statement_id, t.rule, t.installed, t.compared_with, t.comparison, t.channel
      from unnest(${arrayText(b.map((m) => m.packageId))}::integer[],
        ${b.map((m) => m.vulnerability)}::text[], ${b.map((m) => m.state)}::text[],
        ${b.map((m) => m.fixedVersion)}::text[],
        ${arrayText(b.map((m) => m.statementId))}::bigint[],
        ${b.map((m) => m.because.rule)}::text[], ${b.map((m) => m.because.installed)}::text[],
        ${b.map((m) => m.because.comparedWith)}::text[],
        ${b.map((m) => m.because.comparison)}::text[],
        ${b.map((m) => m.because.packageName)}::text[],
        ${b.map((m) => m.channel ?? "")}::text[])
        as t (package_id, vulnerability, state, fixed_version, statement_id, rule, installed,
          compared_with, comparison, source, channel)
      join package p on p.id = t.package_id`.execute(tx);
}

/** Packages and names that are still to be matched, for readiness and for "the count is not final". */
export async function countMatchingBacklog(reader: Reader): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select (select count(*) from rematch_source) + (
      select count(*) from package p
       where not exists (select from package_match m where m.package_id = p.id)) as count
    `.execute(reader);
  return rows[0]?.count ?? 0;
}
