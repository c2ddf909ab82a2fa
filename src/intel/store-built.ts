import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { BuiltCopy, SeenBuild } from "./built-match.ts";
import { arrayText } from "./store-statement.ts";

/** Code of other sources in packages, and in which of their builds it was which version. */
export async function loadCopies(
  reader: Reader,
  packageIds: readonly number[],
): Promise<{ readonly copies: readonly BuiltCopy[]; readonly builds: readonly SeenBuild[] }> {
  const { rows: copies } = await sql<BuiltCopy>`
    select package_id as "packageId", source, version from package_built
     where package_id = any(${arrayText(packageIds)}::integer[])
     order by package_id, source, version`.execute(reader);
  if (copies.length === 0) return { copies, builds: [] };
  const ids = [...new Set(copies.map(({ packageId }) => packageId))];
  const { rows: builds } = await sql<SeenBuild>`
    select distinct o.ecosystem, o.name, o.version as "packageVersion",
           o.source_version as "sourceVersion", b.source, b.version
      from package p
      join package o on o.ecosystem = p.ecosystem and o.name = p.name
      join package_built b on b.package_id = o.id
     where p.id = any(${arrayText(ids)}::integer[])`.execute(reader);
  return { copies, builds };
}
