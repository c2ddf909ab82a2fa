import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { packageColumns } from "../inventory/store-sets.ts";
import type { FeedProblem, VexProduct, VexStatement } from "./feed-format.ts";
import type { VexClaim, VexStatus, VexTrust } from "./filter.ts";
import { holdsAt } from "./store-range.ts";
import { arrayText, batches } from "./store-statement.ts";
import type { FoundPair, KeptStatement, VexMatch } from "./vex-claims.ts";

/** VEX documents, their statements, and which finding each is about. */
const BATCH_ROWS = 5_000;

export interface NewDocument {
  readonly id: string;
  readonly digest: Digest;
  readonly format: string;
  readonly title: string;
  readonly author: string;
  readonly scope: number | null;
  readonly product: string;
  readonly trust: VexTrust;
  readonly trustedBy: string;
  readonly trustReason: string;
  readonly problems: readonly FeedProblem[];
  readonly until: Instant | null;
  readonly loadedBy: string;
  readonly loadedAt: Instant;
}

/** The id of a label expression that filters are limited to; hosts learn it at once. */
export async function scopeId(tx: Tx, labelText: string, selector: Selector): Promise<number> {
  const known = sql<{ id: number }>`select id from filter_scope where label_text = ${labelText}`;
  const [before] = (await known.execute(tx)).rows;
  if (before !== undefined) return before.id;
  await sql`
    insert into filter_scope (label_text, requirements)
    values (${labelText}, ${sqlJson(selector)}) on conflict do nothing`.execute(tx);
  const [made] = (await known.execute(tx)).rows;
  return made?.id ?? 0;
}

export async function insertDocument(
  tx: Tx,
  document: NewDocument,
  statements: readonly VexStatement[],
): Promise<number> {
  const d = document;
  const { rows } = await sql<{ number: number }>`
    insert into vex_document (id, digest, format, title, author, scope_id, product, trust,
      trusted_by, trust_reason, statement_count, problems, until, loaded_by, loaded_at)
    values (${d.id}, ${d.digest}, ${d.format}, ${d.title}, ${d.author}, ${d.scope}, ${d.product},
      ${d.trust}, ${d.trustedBy}, ${d.trustReason}, ${statements.length}, ${sqlJson(d.problems)},
      ${d.until === null ? null : sqlInstant(d.until)}, ${d.loadedBy}, ${sqlInstant(d.loadedAt)})
    returning number`.execute(tx);
  const number = rows[0]?.number ?? 0;
  for (const batch of batches(statements, BATCH_ROWS)) {
    const list = batch.map((s) => ({ ...s, names: [s.vulnerability, ...s.aliases] }));
    await sql`
      insert into vex_statement (document, names, status, justification, author, said_at, products)
      select ${number}, array(select jsonb_array_elements_text(s -> 'names')), s ->> 'status',
             s ->> 'justification', s ->> 'author',
             to_timestamp((s ->> 'at')::float8 / 1000), s -> 'products'
        from jsonb_array_elements(${sqlJson(list)}) with ordinality as t (s, place)
       order by place`.execute(tx);
  }
  return number;
}

export interface VexDocument extends Omit<NewDocument, "scope"> {
  readonly number: number;
  readonly scope: string;
  readonly statementCount: number;
  /** Statements that are about a finding now. */
  readonly matchedCount: number;
  readonly endedAt: Instant | null;
  readonly endedBy: string | null;
  readonly endReason: string | null;
}

const documentColumns = sql`
  d.number, d.id, d.digest, d.format, d.title, d.author, coalesce(s.label_text, '') as scope,
  d.product, d.trust, d.trusted_by as "trustedBy", d.trust_reason as "trustReason", d.problems,
  d.until, d.loaded_by as "loadedBy", d.loaded_at as "loadedAt",
  d.statement_count as "statementCount", d.ended_at as "endedAt", d.ended_by as "endedBy",
  d.end_reason as "endReason", (
    select count(distinct m.statement_id)::integer from vex_statement v
      join vex_match m on m.statement_id = v.id and m.valid_to is null
     where v.document = d.number) as "matchedCount"`;

const problemsSchema = z.array(z.object({ place: z.string(), reason: z.string() }));

export async function loadDocuments(
  reader: Reader,
  asked: { readonly isLive?: boolean; readonly number?: number; readonly digest?: string },
): Promise<readonly VexDocument[]> {
  const is: RawBuilder<unknown>[] = [sql`true`];
  if (asked.isLive === true) is.push(sql`d.ended_at is null`);
  if (asked.number !== undefined) is.push(sql`d.number = ${asked.number}`);
  if (asked.digest !== undefined) is.push(sql`d.digest = ${asked.digest}`);
  const { rows } = await sql<VexDocument>`
    select ${documentColumns} from vex_document d left join filter_scope s on s.id = d.scope_id
     where ${sql.join(is, sql` and `)} order by d.number desc limit 1000`.execute(reader);
  return rows.map((row) => ({ ...row, problems: problemsSchema.parse(row.problems) }));
}

/** Ends a document; nothing of it is deleted. */
export async function endDocument(
  tx: Tx,
  number: number,
  end: { readonly by: string; readonly reason: string; readonly at: Instant },
): Promise<boolean> {
  const { numAffectedRows: ended } = await sql`
    update vex_document set ended_at = ${sqlInstant(end.at)}, ended_by = ${end.by},
           end_reason = ${end.reason}
     where number = ${number} and ended_at is null`.execute(tx);
  await sql`
    update vex_match m set valid_to = ${sqlInstant(end.at)} from vex_statement v
     where v.id = m.statement_id and v.document = ${number} and m.valid_to is null`.execute(tx);
  return Number(ended ?? 0) > 0;
}

/** Documents whose time is over. */
export async function loadExpired(reader: Reader, now: Instant): Promise<readonly number[]> {
  const { rows } = await sql<{ number: number }>`
    select number from vex_document
     where ended_at is null and until <= ${sqlInstant(now)} order by number limit 100`.execute(
    reader,
  );
  return rows.map((row) => row.number);
}

const productsSchema = z.array(
  z.object({
    identifiers: z.array(z.string()),
    name: z.string(),
    version: z.string(),
    parts: z.array(z.string()),
  }),
);

export interface StoredVexStatement extends KeptStatement {
  readonly justification: string;
  readonly author: string;
  readonly saidAt: Instant | null;
  readonly isMatched: boolean;
  /** Services with an entry that it is about; set where somebody asks for them. */
  readonly services?: readonly string[];
}

/** The statements of one document, or those of all live ones that name one of these. */
export async function loadVexStatements(
  reader: Reader,
  of: { readonly document: number } | { readonly names: readonly string[] },
): Promise<readonly StoredVexStatement[]> {
  const isAsked =
    "document" in of
      ? sql`v.document = ${of.document}`
      : sql`v.names && ${[...of.names]}::text[] and d.ended_at is null`;
  const { rows } = await sql<Omit<StoredVexStatement, "products"> & { products: unknown }>`
    select v.id, v.names, v.status, v.products, d.product, v.justification, v.author,
           v.said_at as "saidAt", exists (select from vex_match m
             where m.statement_id = v.id and m.valid_to is null) as "isMatched"
      from vex_statement v join vex_document d on d.number = v.document
     where ${isAsked} order by v.id`.execute(reader);
  return rows.map((row) => ({
    ...row,
    products: productsSchema.parse(row.products) satisfies readonly VexProduct[],
  }));
}

/** A statement with what its document says of whose word it is and where it holds. */
export interface SpokenStatement extends KeptStatement {
  /** The label expression it is limited to; null for everything. */
  readonly scope: Selector | null;
  readonly isMatched: boolean;
  readonly claim: Omit<VexClaim, "packageId" | "vulnerability" | "scope" | "since">;
  readonly loadedAt: Instant;
}

const requirementsSchema = z.array(
  z.union([
    z.object({ op: z.enum(["in", "not-in"]), key: z.string(), values: z.array(z.string()) }),
    z.object({ op: z.enum(["exists", "absent"]), key: z.string() }),
  ]),
);

/** Statements of documents that count now, or counted at a moment, under one of these names. */
export async function loadSpoken(
  reader: Reader,
  names: readonly string[],
  asOf?: Instant,
): Promise<readonly SpokenStatement[]> {
  type Row = KeptStatement &
    Omit<SpokenStatement["claim"], "until"> & {
      readonly until: Instant | null;
      readonly requirements: unknown;
      readonly isMatched: boolean;
      readonly loadedAt: Instant;
    };
  const { rows } = await sql<Row>`
    select v.id, v.names, v.status, v.products, d.product, d.number as document, v.author,
           v.justification, v.said_at as "saidAt", d.until, d.trust, d.trusted_by as "trustedBy",
           d.loaded_at as "loadedAt", s.requirements, exists (select from vex_match m
             where m.statement_id = v.id and m.valid_to is null) as "isMatched"
      from vex_statement v join vex_document d on d.number = v.document
      left join filter_scope s on s.id = d.scope_id
     where ${isHeldAt(asOf)} and v.names && ${[...names]}::text[] order by v.id`.execute(reader);
  return rows.map(({ id, names: own, products, product, requirements, isMatched, ...row }) => {
    const { loadedAt, ...claim } = row;
    return {
      ...{ id, names: own, status: row.status, product, isMatched, loadedAt, claim },
      products: productsSchema.parse(products),
      scope: requirements === null ? null : (requirementsSchema.parse(requirements) as Selector),
    };
  });
}

function isHeldAt(asOf: Instant | undefined): RawBuilder<boolean> {
  if (asOf === undefined) return sql<boolean>`d.ended_at is null`;
  const at = sqlInstant(asOf);
  return sql<boolean>`(d.loaded_at <= ${at} and (d.ended_at is null or d.ended_at > ${at}))`;
}

export async function hasLiveDocuments(reader: Reader): Promise<boolean> {
  const { rows } = await sql`
    select from vex_document where ended_at is null limit 1`.execute(reader);
  return rows.length > 0;
}

type PairRow = StoredPackage & { readonly vulnerability: string; readonly advisory: string };

const pairColumns = sql` f.vulnerability, s.advisory, ${packageColumns}`;

/** The findings of these packages. */
export async function loadPairsOf(
  reader: Reader,
  packageIds: readonly number[],
  asOf?: Instant,
): Promise<readonly FoundPair[]> {
  const { rows } = await sql<PairRow>`
    select ${pairColumns} from finding_pair f join statement_source s on s.id = f.statement_id
      join package p on p.id = f.package_id
     where ${holdsAt(asOf, "f")}
       and f.package_id = any(${arrayText(packageIds)}::integer[])`.execute(reader);
  return rows.map(pairOf);
}

/** The findings under these ids: of the vulnerability, or of the advisory that tells of it. */
export async function loadPairsNamed(
  reader: Reader,
  names: readonly string[],
): Promise<readonly FoundPair[]> {
  // Only what is no CVE can be an advisory, and advisories are looked for one by one.
  const others = names.filter((name) => !name.startsWith("CVE-"));
  const isNamed =
    others.length === 0
      ? sql`f.vulnerability = any(${[...names]}::text[])`
      : sql`(f.vulnerability = any(${[...names]}::text[])
             or s.advisory = any(${others}::text[]))`;
  const { rows } = await sql<PairRow>`
    select ${pairColumns} from finding_pair f join statement_source s on s.id = f.statement_id
      join package p on p.id = f.package_id
     where f.valid_to is null and ${isNamed}`.execute(reader);
  return rows.map(pairOf);
}

function pairOf({ vulnerability, advisory, ...p }: PairRow): FoundPair {
  return { vulnerability, advisory, package: p };
}

/** Makes what statements say of these packages, or of one document, what `matches` says. */
export async function replaceMatches(
  tx: Tx,
  of: { readonly packageIds: readonly number[] } | { readonly document: number },
  matches: readonly VexMatch[],
  at: Instant,
): Promise<void> {
  const isMeant =
    "document" in of
      ? sql`m.statement_id in (select id from vex_statement where document = ${of.document})`
      : sql`m.package_id = any(${arrayText(of.packageIds)}::integer[])`;
  await sql`create temp table incoming_vex (package_id integer, vulnerability text,
    statement_id bigint) on commit drop`.execute(tx);
  for (const b of batches(matches, BATCH_ROWS)) {
    await sql`
      insert into incoming_vex select * from unnest(
        ${arrayText(b.map((m) => m.packageId))}::integer[],
        ${b.map((m) => m.vulnerability)}::text[],
        ${arrayText(b.map((m) => m.statementId))}::bigint[])`.execute(tx);
  }
  const isSame = sql`i.package_id = m.package_id and i.vulnerability = m.vulnerability
    and i.statement_id = m.statement_id`;
  await sql`
    update vex_match m set valid_to = ${sqlInstant(at)}
     where m.valid_to is null and ${isMeant}
       and not exists (select from incoming_vex i where ${isSame})`.execute(tx);
  await sql`
    insert into vex_match select i.*, ${sqlInstant(at)} from incoming_vex i
     where not exists (select from vex_match m where m.valid_to is null and ${isSame})`.execute(tx);
  await sql`drop table incoming_vex`.execute(tx);
}

/** Everything that is said now about findings. */
export async function loadVexClaims(reader: Reader, asOf?: Instant): Promise<readonly VexClaim[]> {
  const { rows } = await sql<VexClaim & { status: VexStatus }>`
    select m.package_id as "packageId", m.vulnerability, d.scope_id as scope,
           d.number as document, v.author, v.status, v.justification, v.said_at as "saidAt",
           m.valid_from as since, d.until, d.trust, d.trusted_by as "trustedBy"
      from vex_match m join vex_statement v on v.id = m.statement_id
      join vex_document d on d.number = v.document
     where ${holdsAt(asOf, "m")} and ${isHeldAt(asOf)}`.execute(reader);
  return rows;
}

/** Packages that are known under one of these names, for telling what came near. */
export async function loadPackagesNamed(
  reader: Reader,
  names: readonly string[],
): Promise<readonly StoredPackage[]> {
  const { rows } = await sql<StoredPackage>`
    select ${packageColumns}
      from package p
     where p.id in (select package_id from package_match where name = any(${[...names]}::text[])
             or source = any(${[...names]}::text[]))
     order by p.id limit 5000`.execute(reader);
  return rows;
}
