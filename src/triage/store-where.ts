import { sql } from "kysely";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { arrayText } from "../intel/store-statement.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { scopeSql } from "../inventory/scope.ts";
import { packageColumns } from "../inventory/store-sets.ts";
import type { Sorted, Standing } from "./where.ts";

/** Which hosts have the packages of a case now; counted by package set, then joined with hosts. */
export interface HostStanding {
  readonly host: string;
  readonly name: string;
  readonly standing: Standing;
  readonly versions: readonly string[];
}

export interface PackagesWanted {
  readonly ecosystem: string;
  readonly source: string;
  /** Packages known to belong to it under another source's name. */
  readonly ids: readonly number[];
}

export async function loadPackagesOf(
  reader: Reader,
  wanted: PackagesWanted,
): Promise<readonly StoredPackage[]> {
  return (await loadPackagesOfEach(reader, [wanted])).get(0) ?? [];
}

/** The same of many at once, by their place. */
export async function loadPackagesOfEach(
  reader: Reader,
  wanted: readonly PackagesWanted[],
): Promise<ReadonlyMap<number, readonly StoredPackage[]>> {
  const more = wanted.flatMap(({ ids }, at) => ids.map((id) => ({ at, id })));
  const { rows } = await sql<StoredPackage & { at: number }>`
    with asked (at, id) as (
      select (w.place - 1)::int, p.id
        from unnest(${wanted.map((one) => one.ecosystem)}::text[],
                    ${wanted.map((one) => one.source)}::text[])
             with ordinality as w (ecosystem, source, place)
        join package p on p.ecosystem = w.ecosystem and p.source = w.source
      union
      select at, id from unnest(${arrayText(more.map(({ at }) => at))}::integer[],
                                ${arrayText(more.map(({ id }) => id))}::integer[]) as m (at, id)
    )
    select a.at, ${packageColumns} from asked a join package p on p.id = a.id`.execute(reader);
  return Map.groupBy(rows, ({ at }) => at);
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
  const sets = await loadSetStandings(reader, of.packages);
  const counts = await countStandings(reader, { scopes: of.scopes, sets });
  const asked = sets.filter((set) => of.standing === undefined || set.standing === of.standing);
  const bySet = new Map(asked.map((set) => [set.setId, set]));
  const { rows } = await sql<{ host: string; name: string; setId: number }>`
    select h.id as host, h.name, s.set_id as "setId"
      from unnest(${asked.map((set) => set.setId)}::integer[],
                  ${asked.map((set) => ORDER.indexOf(set.standing))}::integer[]) as f (set_id, rank)
      join host_set s on s.set_id = f.set_id and s.observed_to is null and s.recorded_to is null
      join host h on h.num = s.host_num
     where h.removed_at is null and ${scopeSql(of.scopes, "h.labels")}
     order by f.rank, h.name offset ${of.skip} limit ${of.limit}`.execute(reader);
  const items = rows.flatMap(({ host, name, setId }) => {
    const set = bySet.get(setId);
    return set === undefined
      ? []
      : [{ host, name, standing: set.standing, versions: set.versions }];
  });
  return { items, counts };
}

/** Hosts with something to do come first. */
const ORDER: readonly Standing[] = ["older", "partly", "not-comparable", "there"];

interface SetStanding {
  readonly setId: number;
  readonly standing: Standing;
  readonly versions: readonly string[];
}

async function loadSetStandings(reader: Reader, packages: Sorted): Promise<readonly SetStanding[]> {
  const { older, there, notComparable } = packages;
  const { rows } = await sql<SetStanding>`
    select m.set_id as "setId",
           array_agg(distinct coalesce(nullif(p.source_version, ''), p.version)) as versions,
           case when bool_or(m.package_id = any(${[...notComparable]}::integer[]))
                  then 'not-comparable'
                when not bool_or(m.package_id = any(${[...older]}::integer[])) then 'there'
                when bool_or(m.package_id = any(${[...there]}::integer[])) then 'partly'
                else 'older' end as standing
      from package_set_member m join package p on p.id = m.package_id
     where m.package_id = any(${[...older, ...there, ...notComparable]}::integer[])
     group by m.set_id`.execute(reader);
  return rows;
}

async function countStandings(
  reader: Reader,
  of: { readonly scopes: readonly Selector[]; readonly sets: readonly SetStanding[] },
): Promise<Readonly<Record<Standing, number>>> {
  const { rows } = await sql<{ setId: number; hosts: number }>`
    select s.set_id as "setId", count(*)::int as hosts
      from host_set s join host h on h.num = s.host_num
     where s.set_id = any(${of.sets.map((set) => set.setId)}::integer[])
       and s.observed_to is null and s.recorded_to is null
       and h.removed_at is null and ${scopeSql(of.scopes, "h.labels")}
     group by 1`.execute(reader);
  const hosts = new Map(rows.map((row) => [row.setId, row.hosts]));
  const counts = { older: 0, partly: 0, "not-comparable": 0, there: 0 };
  for (const set of of.sets) counts[set.standing] += hosts.get(set.setId) ?? 0;
  return counts;
}
