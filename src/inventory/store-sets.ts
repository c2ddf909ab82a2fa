import { type RawBuilder, sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import { present } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import { keepingKeyChecks } from "../db/key-checks.ts";
import type { Offer, Package, PackageSetHeader, StoredPackage } from "./model.ts";
import {
  componentLine,
  componentSetDigest,
  offerLine,
  offerSetDigest,
  packageLine,
  packageSetDigest,
} from "./package-set.ts";

/**
 * Package sets and offer sets: each stored once under its digest, with posting lists both ways.
 *
 * Rows are always written in the order of their canonical lines, so two servers storing sets at the
 * same time cannot deadlock; ids are only drawn for entries not seen before.
 */
export interface StoredSet {
  readonly id: number;
  readonly digest: Digest;
}

export async function storePackageSet(
  tx: Tx,
  set: {
    readonly ecosystem: string;
    readonly header: PackageSetHeader;
    readonly packages: readonly Package[];
    readonly at: Instant;
  },
): Promise<StoredSet> {
  const digest = packageSetDigest(set.header, set.packages);
  const rows = sortedOnce(set.packages, packageLine);
  return await storeRows(tx, { ...set, digest, rows });
}

/** What is in an artifact of a service; the packages know their ecosystems themselves. */
export async function storeComponentSet(
  tx: Tx,
  set: { readonly packages: readonly Package[]; readonly at: Instant },
): Promise<StoredSet> {
  const digest = componentSetDigest(set.packages);
  const rows = sortedOnce(set.packages, componentLine);
  const header = { distribution: "", release: "", channel: "" };
  return await storeRows(tx, { ecosystem: "", header, digest, rows, at: set.at });
}

async function storeRows(
  tx: Tx,
  set: {
    readonly ecosystem: string;
    readonly header: PackageSetHeader;
    readonly digest: Digest;
    readonly rows: readonly Package[];
    readonly at: Instant;
  },
): Promise<StoredSet> {
  const { digest, rows, header } = set;
  const known = await packageSetId(tx, digest);
  if (known !== null) return { id: known, digest };
  const made = await sql<{ id: number }>`
    insert into package_set
      (digest, ecosystem, distribution, release, channel, package_count, created_at)
    values (${digest}, ${set.ecosystem}, ${header.distribution}, ${header.release},
            ${header.channel}, ${rows.length}, ${sqlInstant(set.at)})
    on conflict (digest) do nothing returning id`.execute(tx);
  const id = made.rows[0]?.id;
  // Another server stored the same set meanwhile, with all its members, and has committed.
  if (id === undefined) return { id: present(await packageSetId(tx, digest), "set"), digest };
  for (let from = 0; from < rows.length; from += MEMBERS_AT_ONCE) {
    await storePackageMembers(tx, id, rows.slice(from, from + MEMBERS_AT_ONCE));
  }
  return { id, digest };
}

/** Others are answered between two parts of a large set: a hundred thousand rows at once take a second. */
const MEMBERS_AT_ONCE = 5_000;

async function packageSetId(reader: Reader, digest: Digest): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    select id from package_set where digest = ${digest}`.execute(reader);
  return rows[0]?.id ?? null;
}

async function storePackageMembers(tx: Tx, id: number, rows: readonly Package[]): Promise<void> {
  const given = sql`unnest(
    ${rows.map((p) => p.ecosystem)}::text[], ${rows.map((p) => p.name)}::text[],
    ${rows.map((p) => p.version)}::text[], ${rows.map((p) => p.arch)}::text[],
    ${rows.map((p) => p.source)}::text[], ${rows.map((p) => p.sourceVersion)}::text[],
    ${rows.map((p) => p.origin)}::text[], ${rows.map((p) => p.module)}::text[])
    with ordinality as given
      (ecosystem, name, version, arch, source, source_version, origin, module, place)`;
  const same = sql`p.ecosystem = given.ecosystem and p.name = given.name
    and p.version = given.version and p.arch = given.arch and p.source = given.source
    and p.source_version = given.source_version and p.origin = given.origin
    and p.module = given.module`;
  await sql`
    insert into package (ecosystem, name, version, arch, source, source_version, origin, module)
    select ecosystem, name, version, arch, source, source_version, origin, module
      from ${given}
     where not exists (select from package p where ${same})
     order by place
    on conflict do nothing`.execute(tx);
  const members = sql`
    insert into package_set_member (set_id, package_id)
    select ${id}::integer, p.id from ${given} join package p on ${same}
     order by p.id`;
  await keepingKeyChecks(tx, () => members.execute(tx));
}

export async function storeOfferSet(
  tx: Tx,
  set: { readonly offers: readonly Offer[]; readonly at: Instant },
): Promise<StoredSet> {
  const digest = offerSetDigest(set.offers);
  const known = await offerSetId(tx, digest);
  if (known !== null) return { id: known, digest };
  const rows = sortedOnce(set.offers, offerLine);
  const made = await sql<{ id: number }>`
    insert into offer_set (digest, offer_count, created_at)
    values (${digest}, ${rows.length}, ${sqlInstant(set.at)})
    on conflict (digest) do nothing returning id`.execute(tx);
  const id = made.rows[0]?.id;
  if (id === undefined) return { id: present(await offerSetId(tx, digest), "set"), digest };
  await storeOfferMembers(tx, id, rows);
  return { id, digest };
}

async function offerSetId(reader: Reader, digest: Digest): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    select id from offer_set where digest = ${digest}`.execute(reader);
  return rows[0]?.id ?? null;
}

async function storeOfferMembers(tx: Tx, id: number, rows: readonly Offer[]): Promise<void> {
  const given = sql`unnest(
    ${rows.map((o) => o.name)}::text[], ${rows.map((o) => o.arch)}::text[],
    ${rows.map((o) => o.version)}::text[], ${rows.map((o) => o.sha256)}::text[],
    ${rows.map((o) => o.sizeBytes)}::bigint[], ${rows.map((o) => o.origin)}::text[],
    ${rows.map((o) => o.suite)}::text[], ${rows.map((o) => o.component)}::text[],
    ${rows.map((o) => o.source)}::text[], ${rows.map((o) => o.sourceVersion)}::text[])
    with ordinality as given
      (name, arch, version, sha256, size_bytes, origin, suite, component, source, source_version,
       place)`;
  const same = sql`o.sha256 = given.sha256 and o.name = given.name and o.arch = given.arch
    and o.version = given.version and o.size_bytes = given.size_bytes
    and o.origin = given.origin and o.suite = given.suite and o.component = given.component
    and o.source = given.source and o.source_version = given.source_version`;
  await sql`
    insert into offer
      (name, arch, version, sha256, size_bytes, origin, suite, component, source, source_version)
    select name, arch, version, sha256, size_bytes, origin, suite, component, source,
           source_version
      from ${given}
     where not exists (select from offer o where ${same})
     order by place
    on conflict do nothing`.execute(tx);
  const members = sql`
    insert into offer_set_member (set_id, offer_id)
    select ${id}::integer, o.id from ${given} join offer o on ${same}
     order by o.id`;
  await keepingKeyChecks(tx, () => members.execute(tx));
}

function sortedOnce<Row>(rows: readonly Row[], line: (row: Row) => string): readonly Row[] {
  const byLine = new Map(rows.map((row) => [line(row), row]));
  return [...byLine.keys()].sort().flatMap((key) => byLine.get(key) ?? []);
}

/** A package as `StoredPackage`, of the table called `p`. */
export const packageColumns: RawBuilder<unknown> = sql`
  p.id, p.ecosystem, p.name, p.version, p.arch, p.source, p.source_version as "sourceVersion",
  p.origin, p.module`;

/** The packages of a set by name; null when no such set is stored. */
export async function loadPackageSet(
  reader: Reader,
  digest: Digest,
): Promise<{
  readonly header: PackageSetHeader;
  readonly packages: readonly StoredPackage[];
} | null> {
  const set = await sql<PackageSetHeader & { id: number }>`
    select id, distribution, release, channel from package_set where digest = ${digest}`.execute(
    reader,
  );
  const found = set.rows[0];
  if (found === undefined) return null;
  const { rows } = await sql<StoredPackage>`
    select ${packageColumns}
      from package_set_member m join package p on p.id = m.package_id
     where m.set_id = ${found.id} order by p.name, p.arch, p.version`.execute(reader);
  const { distribution, release, channel } = found;
  return { header: { distribution, release, channel }, packages: rows };
}

/** The offers of a set by name; null when no such set is stored. */
export async function loadOffers(reader: Reader, digest: Digest): Promise<readonly Offer[] | null> {
  const id = await offerSetId(reader, digest);
  if (id === null) return null;
  const { rows } = await sql<Offer>`
    select o.name, o.arch, o.version, o.sha256, o.size_bytes as "sizeBytes", o.origin, o.suite,
           o.component, o.source, o.source_version as "sourceVersion"
      from offer_set_member m join offer o on o.id = m.offer_id
     where m.set_id = ${id} order by o.name, o.arch, o.version, o.suite`.execute(reader);
  return rows;
}

/** Distinct packages by id, for whoever walks posting lists. */
export async function loadPackages(
  reader: Reader,
  ids: readonly number[],
): Promise<readonly StoredPackage[]> {
  const { rows } = await sql<StoredPackage>`
    select ${packageColumns} from package p where p.id = any(${[...ids]}::integer[])
     order by p.id`.execute(reader);
  return rows;
}

/** The pairs of sets that live hosts point to now, and how many hosts do. */
export interface CurrentSets {
  readonly packageSetId: number;
  readonly packageSet: Digest;
  readonly ecosystem: string;
  /** Null where the host has no package lists. */
  readonly offerSetId: number | null;
  readonly offerSet: Digest | null;
  readonly hostCount: number;
}

export async function currentSets(
  reader: Reader,
  where: RawBuilder<boolean> = sql<boolean>`true`,
): Promise<readonly CurrentSets[]> {
  const { rows } = await sql<CurrentSets>`
    select package_set_id as "packageSetId", package_set as "packageSet", ecosystem,
           offer_set_id as "offerSetId", offer_set as "offerSet", count(*) as "hostCount"
      from host_now
     where package_set_id is not null and ${where}
     group by 1, 2, 3, 4, 5 order by 1, 4 nulls last`.execute(reader);
  return rows;
}
