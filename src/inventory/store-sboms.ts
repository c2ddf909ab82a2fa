import { sql } from "kysely";
import { type Digest, sha256 } from "../base/digest.ts";
import { present } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import { keepingKeyChecks } from "../db/key-checks.ts";
import type { ComponentPlace } from "./component-paths.ts";
import type { Component, Sbom } from "./formats/inventory-format.ts";
import type { Package } from "./model.ts";
import { componentLine } from "./package-set.ts";
import type { SbomEntry } from "./service.ts";
import { storeComponentSet } from "./store-sets.ts";

/** Bills of materials: each content stored once, with the package set that is matched. */
export interface StoredSbom {
  readonly id: number;
  readonly setId: number;
  readonly digest: Digest;
}

export async function storeSbom(
  tx: Tx,
  given: {
    readonly form: string;
    readonly sbom: Sbom;
    readonly places: readonly ComponentPlace[];
    readonly at: Instant;
  },
): Promise<StoredSbom> {
  const { form, sbom, places, at } = given;
  const rows = sbom.components.map((component, place) => {
    const { parent = null, depth = null } = places[place] ?? {};
    return { place, component, parent, depth };
  });
  const digest = sbomDigest(form, sbom, rows);
  const known = await sbomByDigest(tx, digest);
  if (known !== null) return known;
  const packages = rows.flatMap(({ component }) => packageIn(component) ?? []);
  const set = await storeComponentSet(tx, { packages, at });
  const made = await sql<{ id: number }>`
    insert into sbom (digest, form, set_id, subject_name, subject_version, subject_purl,
                      component_count, unknown_count, file_count, created_at)
    values (${digest}, ${form}, ${set.id}, ${sbom.subject?.name ?? ""},
            ${sbom.subject?.version ?? ""}, ${sbom.subject?.purl ?? ""},
            ${rows.length}, ${rows.length - packages.length},
            ${sbom.fileCount}, ${sqlInstant(at)})
    on conflict (digest) do nothing returning id`.execute(tx);
  const id = made.rows[0]?.id;
  if (id === undefined) return present(await sbomByDigest(tx, digest), "sbom");
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await insertComponents(tx, id, rows.slice(from, from + ROWS_AT_ONCE));
  }
  return { id, setId: set.id, digest };
}

const ROWS_AT_ONCE = 5_000;

interface Row extends ComponentPlace {
  readonly place: number;
  readonly component: Component;
}

function packageIn({ judged }: Component): Package | null {
  return typeof judged === "string" ? null : judged;
}

/** One line for each entry, in the document's order; the parts are written so that none can run on. */
function sbomDigest(form: string, sbom: Sbom, rows: readonly Row[]): Digest {
  const lines = rows.map(({ component: c, parent, depth }) =>
    JSON.stringify([
      typeof c.judged === "string" ? c.judged : componentLine(c.judged),
      c.name,
      c.version,
      c.purl,
      c.cpe,
      c.scope,
      parent,
      depth,
    ]),
  );
  const { name = "", version = "", purl } = sbom.subject ?? {};
  const subject = JSON.stringify([name, version, ...(purl === undefined ? [] : [purl])]);
  const head = ["fettle sbom 1", JSON.stringify(form), subject, String(sbom.fileCount)];
  return sha256([...head, ...lines, "end", ""].join("\n"));
}

async function sbomByDigest(reader: Reader, digest: Digest): Promise<StoredSbom | null> {
  const { rows } = await sql<StoredSbom>`
    select id, set_id as "setId", digest from sbom where digest = ${digest}`.execute(reader);
  return rows[0] ?? null;
}

async function insertComponents(tx: Tx, id: number, rows: readonly Row[]): Promise<void> {
  const packages = rows.map(({ component }) => packageIn(component));
  const texts = (of: (p: Package) => string) => packages.map((p) => (p === null ? null : of(p)));
  const field = (of: (c: Component) => string) => rows.map(({ component }) => of(component));
  const inserted = sql`
    insert into sbom_component (sbom_id, place, package_id, name, version, purl, cpe, scope, parent,
                                depth, problem)
    select ${id}::integer, g.place, p.id, g.own_name, g.own_version, g.purl, g.cpe, g.scope,
           g.parent, g.depth, g.problem
      from unnest(
        ${rows.map((row) => row.place)}::integer[], ${field((c) => c.name)}::text[],
        ${field((c) => c.version)}::text[], ${field((c) => c.purl)}::text[],
        ${field((c) => c.cpe)}::text[], ${field((c) => c.scope)}::text[],
        ${rows.map((row) => row.parent)}::integer[], ${rows.map((row) => row.depth)}::integer[],
        ${rows.map(({ component: c }) => (typeof c.judged === "string" ? c.judged : null))}::text[],
        ${texts((p) => p.ecosystem)}::text[], ${texts((p) => p.name)}::text[],
        ${texts((p) => p.version)}::text[], ${texts((p) => p.arch)}::text[],
        ${texts((p) => p.source)}::text[], ${texts((p) => p.sourceVersion)}::text[],
        ${texts((p) => p.origin)}::text[], ${texts((p) => p.module)}::text[])
        as g (place, own_name, own_version, purl, cpe, scope, parent, depth, problem, ecosystem,
              name, version, arch, source, source_version, origin, module)
      left join package p on p.ecosystem = g.ecosystem and p.name = g.name
        and p.version = g.version and p.arch = g.arch and p.source = g.source
        and p.source_version = g.source_version and p.origin = g.origin
        and p.module = g.module`;
  await keepingKeyChecks(tx, () => inserted.execute(tx));
}

/** Keeps what a document calls the bill and its entries, so that others can speak of them. */
export async function storeLink(
  tx: Tx,
  of: { readonly document: Digest; readonly sbomId: number; readonly sbom: Sbom },
): Promise<void> {
  const { link, components } = of.sbom;
  if (link === undefined) return;
  const refs = components.map(({ ref }) => ref.slice(0, REF_MAX).toWellFormed());
  await sql`
    insert into sbom_link (document, sbom_id, serial, version, refs)
    values (${of.document}, ${of.sbomId}, ${link.serial}, ${link.version},
            ${refs.map((ref) => ref.replaceAll("\u0000", ""))}::text[])
    on conflict (document) do nothing`.execute(tx);
}

const REF_MAX = 2_000;

export interface SbomLink {
  readonly sbomId: number;
  readonly serial: string;
  readonly version: number;
  /** What it calls each of its packages. */
  readonly entries: readonly { readonly ref: string; readonly packageId: number }[];
}

/** What documents with these serial numbers call the entries of these bills. */
export async function loadSbomLinks(
  reader: Reader,
  of: { readonly sbomIds: readonly number[]; readonly serials: readonly string[] },
): Promise<readonly SbomLink[]> {
  const { rows } = await sql<SbomLink>`
    select l.sbom_id as "sbomId", l.serial, l.version,
           (select coalesce(jsonb_agg(jsonb_build_object('ref', r.ref, 'packageId', c.package_id)),
                            '[]')
              from unnest(l.refs) with ordinality as r (ref, n)
              join sbom_component c on c.sbom_id = l.sbom_id and c.place = r.n - 1
             where r.ref <> '' and c.package_id is not null) as entries
      from sbom_link l
     where l.sbom_id = any(${[...of.sbomIds]}::integer[])
       and l.serial = any(${[...of.serials]}::text[])`.execute(reader);
  return rows;
}

/** Those of the serial numbers that some bill here has. */
export async function loadKnownSerials(
  reader: Reader,
  serials: readonly string[],
): Promise<ReadonlySet<string>> {
  if (serials.length === 0) return new Set();
  const { rows } = await sql<{ serial: string }>`
    select distinct serial from sbom_link where serial = any(${[...serials]}::text[])`.execute(
    reader,
  );
  return new Set(rows.map((row) => row.serial));
}

/** The entries of bills, each with its bill, in the order of the documents. */
export async function loadSbomEntries(
  reader: Reader,
  sbomIds: readonly number[],
): Promise<readonly (SbomEntry & { readonly sbomId: number })[]> {
  const { rows } = await sql<SbomEntry & { sbomId: number }>`
    select c.sbom_id as "sbomId", c.place, c.package_id as "packageId", c.name, c.version,
           coalesce(p.ecosystem, '') as ecosystem, c.purl, c.cpe, c.scope, c.parent, c.depth,
           c.problem
      from sbom_component c left join package p on p.id = c.package_id
     where c.sbom_id = any(${[...sbomIds]}::integer[]) order by c.sbom_id, c.place`.execute(reader);
  return rows;
}

interface SbomProblem extends Pick<SbomEntry, "name" | "version" | "purl"> {
  readonly problem: string;
}

/** The first entries of a bill that cannot be judged. */
export async function loadSbomProblems(
  reader: Reader,
  sbomId: number,
  limit: number,
): Promise<readonly SbomProblem[]> {
  const { rows } = await sql<SbomProblem>`
    select name, version, purl, problem from sbom_component
     where sbom_id = ${sbomId} and problem is not null order by place limit ${limit}`.execute(
    reader,
  );
  return rows;
}
