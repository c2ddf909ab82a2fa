import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { Reader } from "../db/database.ts";
import type { Offer, Package } from "../inventory/model.ts";
import type { PatchTarget } from "../triage/model.ts";

/** What sets say about one source package: the few rows a plan is about, not whole sets. */

export async function packagesOfSource(
  reader: Reader,
  target: PatchTarget,
  sets: readonly Digest[],
): Promise<ReadonlyMap<Digest, readonly Package[]>> {
  const { rows } = await sql<Package & { set: Digest }>`
    select s.digest as set, p.ecosystem, p.name, p.version, p.arch, p.source,
           p.source_version as "sourceVersion", p.origin, p.module
      from package p
      join package_set_member m on m.package_id = p.id
      join package_set s on s.id = m.set_id
     where p.ecosystem = ${target.ecosystem} and p.source = ${target.source}
       and s.digest = any(${[...sets]}::text[])
     order by p.name, p.arch, p.version`.execute(reader);
  return Map.groupBy(rows, (row) => row.set);
}

export async function offersOfSource(
  reader: Reader,
  target: PatchTarget,
  sets: readonly Digest[],
): Promise<ReadonlyMap<Digest, readonly Offer[]>> {
  const { rows } = await sql<Offer & { set: Digest }>`
    select s.digest as set, o.name, o.arch, o.version, o.sha256, o.size_bytes as "sizeBytes",
           o.origin, o.suite, o.component, o.source, o.source_version as "sourceVersion"
      from offer_set s
      join offer_set_member m on m.set_id = s.id
      join offer o on o.id = m.offer_id
     where o.source = ${target.source} and s.digest = any(${[...sets]}::text[])
     order by o.name, o.arch, o.version, o.suite`.execute(reader);
  return Map.groupBy(rows, (row) => row.set);
}
