import { sql } from "kysely";
import type { Tx } from "../db/database.ts";
import type { BuiltInto } from "./model.ts";

/**
 * Notes whose code is in these packages, beside the packages themselves: a package is what its name,
 * version and architecture say, and this follows from them. What is new is matched anew.
 */
export async function keepBuilt(
  tx: Tx,
  ecosystem: string,
  built: readonly BuiltInto[],
): Promise<void> {
  if (built.length === 0) return;
  await sql`
    insert into package_built (package_id, source, version)
    select p.id, b.source, b.source_version
      from unnest(${built.map((b) => b.name)}::text[], ${built.map((b) => b.version)}::text[],
        ${built.map((b) => b.arch)}::text[], ${built.map((b) => b.source)}::text[],
        ${built.map((b) => b.sourceVersion)}::text[])
        as b (name, version, arch, source, source_version)
      join package p on p.ecosystem = ${ecosystem} and p.name = b.name
       and p.version = b.version and p.arch = b.arch
     where not exists (select from package_built k where k.package_id = p.id
       and k.source = b.source and k.version = b.source_version)
     order by 1, 2, 3
    on conflict do nothing`.execute(tx);
}
