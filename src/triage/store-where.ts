import { sql } from "kysely";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { Sorted, Standing } from "./where.ts";

/** Which hosts have the packages of a case now; counted by package set, then joined with hosts. */
export interface HostStanding {
  readonly host: string;
  readonly name: string;
  readonly standing: Standing;
  readonly versions: readonly string[];
}

export async function loadPackagesOf(
  reader: Reader,
  wanted: {
    readonly ecosystem: string;
    readonly source: string;
    /** Packages known to belong to it under another source's name. */
    readonly ids: readonly number[];
  },
): Promise<readonly StoredPackage[]> {
  const { rows } = await sql<StoredPackage>`
    select id, ecosystem, name, version, arch, source, source_version as "sourceVersion", origin,
           module
      from package
     where (ecosystem = ${wanted.ecosystem} and source = ${wanted.source})
        or id = any(${[...wanted.ids]}::integer[])`.execute(reader);
  return rows;
}

export async function loadStandings(
  reader: Reader,
  of: {
    readonly scopes: readonly Selector[];
    readonly packages: Sorted;
    readonly standing?: Standing | undefined;
    readonly skip: number;
    readonly limit: number;
  },
): Promise<{
  readonly items: readonly HostStanding[];
  readonly counts: Readonly<Record<Standing, number>>;
}> {
  const { older, there, notComparable } = of.packages;
  const all = [...older, ...there, ...notComparable];
  const reached = sql`
    flags as materialized (
      select m.set_id,
             array_agg(distinct coalesce(nullif(p.source_version, ''), p.version)) as versions,
             case when bool_or(m.package_id = any(${[...notComparable]}::integer[]))
                    then 'not-comparable'
                  when not bool_or(m.package_id = any(${[...older]}::integer[])) then 'there'
                  when bool_or(m.package_id = any(${[...there]}::integer[])) then 'partly'
                  else 'older' end as standing
        from package_set_member m join package p on p.id = m.package_id
       where m.package_id = any(${all}::integer[])
       group by m.set_id),
    reached as (
      select n.id as host, n.name, f.standing, f.versions
        from host_now n join flags f on f.set_id = n.package_set_id
       where ${scopeSql(of.scopes, "n.labels")})`;
  const isAsked = of.standing === undefined ? sql`true` : sql`standing = ${of.standing}`;
  const page = await sql<HostStanding>`
    with ${reached}
    select host, name, standing, versions from reached where ${isAsked}
     order by array_position(array['older', 'partly', 'not-comparable', 'there'], standing), name
     offset ${of.skip} limit ${of.limit}`.execute(reader);
  const counted = await sql<{ standing: Standing; count: number }>`
    with ${reached}
    select standing, count(*)::int as count from reached group by standing`.execute(reader);
  const none = { older: 0, partly: 0, "not-comparable": 0, there: 0 };
  const counts = Object.fromEntries(counted.rows.map((row) => [row.standing, row.count]));
  return { items: page.rows, counts: { ...none, ...counts } };
}
