import { sql } from "kysely";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant } from "../db/database.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { type RuntimeSet, runtimeSetSchema } from "../inventory/runtime.ts";
import { scopeSql } from "../inventory/scope.ts";
import { packageColumns } from "../inventory/store-sets.ts";
import { exposedStates } from "./model.ts";
import type { RuntimeGroup } from "./runtime-hosts.ts";
import { arrayText } from "./store-statement.ts";

/** What findings and the running system of hosts have to do with each other. */
export interface EffectlessFix {
  readonly packageName: string;
  readonly installed: string;
  /** The version before it: what still runs is this or older. Null when no earlier one is known. */
  readonly before: string | null;
  /** What that version has and the installed one has not, known exploited ones first. */
  readonly vulnerabilities: readonly { readonly id: string; readonly isExploited: boolean }[];
}

/**
 * What was mended on the disk of a host and not yet in its memory: for packages that a process still
 * maps a replaced file of, the findings of the version before the installed one.
 */
export async function loadEffectlessFixes(
  reader: Reader,
  of: { readonly hostId: HostId; readonly stale: readonly string[] },
): Promise<readonly EffectlessFix[]> {
  if (of.stale.length === 0) return [];
  const { rows } = await sql<EffectlessFix>`
    with now as (
      select distinct on (p.name) h.num, p.id, p.name, p.arch, p.version
        from host h
        join host_set s on s.host_num = h.num
         and s.observed_to is null and s.recorded_to is null
        join package_set_member m on m.set_id = s.set_id
        join package p on p.id = m.package_id
       where h.id = ${of.hostId} and p.name = any(${[...of.stale]}::text[])
       order by p.name, p.arch
    ), before as (
      select n.id as now_id, b.id, b.version
        from now n cross join lateral (
          select p.id, p.version
            from host_set s
            join package_set_member m on m.set_id = s.set_id
            join package p on p.id = m.package_id
           where s.host_num = n.num and s.recorded_to is null and s.observed_to is not null
             and p.name = n.name and p.arch = n.arch and p.version <> n.version
           order by s.observed_to desc limit 1) b
    ), mended as (
      select b.now_id, f.vulnerability, exists (select from kev k
               where k.id = f.vulnerability and k.valid_to is null) as is_exploited
        from before b
        join finding_pair f on f.package_id = b.id and f.valid_to is null
         and f.state = any(${[...exposedStates]}::text[])
       where not exists (
         select from finding_pair g
          where g.package_id = b.now_id and g.vulnerability = f.vulnerability
            and g.valid_to is null and g.state = any(${[...exposedStates]}::text[]))
       group by 1, 2, 3
    )
    select n.name as "packageName", n.version as installed, b.version as before,
           coalesce((select jsonb_agg(
                       jsonb_build_object('id', m.vulnerability, 'isExploited', m.is_exploited)
                       order by m.is_exploited desc, m.vulnerability)
                       from mended m where m.now_id = n.id), '[]') as vulnerabilities
      from now n left join before b on b.now_id = n.id
     order by n.name`.execute(reader);
  return rows;
}

/** The packages of a host now; empty where nothing is known of them. */
export async function loadPackagesOf(
  reader: Reader,
  hostId: HostId,
): Promise<readonly StoredPackage[]> {
  const { rows } = await sql<StoredPackage>`
    select ${packageColumns}
      from host h
      join host_set s on s.host_num = h.num and s.observed_to is null and s.recorded_to is null
      join package_set_member m on m.set_id = s.set_id
      join package p on p.id = m.package_id
     where h.id = ${hostId} order by p.name, p.arch`.execute(reader);
  return rows;
}

/** The largest groups are judged; in a fleet where no two hosts are alike the rest is only counted. */
const GROUPS_MAX = 2_000;

/** Hosts that have one of the packages and were looked at lately, by their sets and what runs. */
export async function loadRuntimeGroups(
  reader: Reader,
  of: {
    readonly scopes: readonly Selector[];
    readonly packageIds: readonly number[];
    readonly notBefore: Instant;
  },
): Promise<{ readonly groups: readonly RuntimeGroup[]; readonly leftOutCount: number }> {
  const { rows } = await sql<RuntimeGroup & { allCount: number }>`
    select s.set_id as "setId", r.set_id as "runtimeId", count(*)::integer as "hostCount",
           max(r.observed_from) as since, min(h.inspected_at) as "asOf",
           (sum(count(*)) over ())::integer as "allCount"
      from host h
      join host_set s on s.host_num = h.num and s.observed_to is null and s.recorded_to is null
      join host_runtime r on r.host_num = h.num
       and r.observed_to is null and r.recorded_to is null
     where h.removed_at is null and h.inspected_at >= ${sqlInstant(of.notBefore)}
       and ${scopeSql(of.scopes, "h.labels")}
       and s.set_id in (select m.set_id from package_set_member m
         where m.package_id = any(${arrayText(of.packageIds)}::integer[]))
     group by 1, 2 order by 3 desc, 1, 2 limit ${GROUPS_MAX}`.execute(reader);
  const judgedCount = rows.reduce((sum, { hostCount }) => sum + hostCount, 0);
  return { groups: rows, leftOutCount: (rows[0]?.allCount ?? 0) - judgedCount };
}

/** Sets never change, so those that were read are kept. */
const kept = new WeakMap<object, Map<number, RuntimeSet>>();

export async function loadRuntimeSets(
  reader: Reader,
  ids: readonly number[],
): Promise<ReadonlyMap<number, RuntimeSet>> {
  const known = kept.get(reader) ?? new Map<number, RuntimeSet>();
  kept.set(reader, known);
  const found = new Map(
    ids.flatMap((id) => {
      const set = known.get(id);
      return set === undefined ? [] : [[id, set] as const];
    }),
  );
  const missing = ids.filter((id) => !found.has(id));
  const { rows } =
    missing.length === 0
      ? { rows: [] }
      : await sql<{ id: number; content: unknown }>`
          select id, content from runtime_set
           where id = any(${arrayText(missing)}::integer[])`.execute(reader);
  for (const { id, content } of rows) found.set(id, runtimeSetSchema.parse(content));
  known.clear();
  for (const [id, set] of found) known.set(id, set);
  return found;
}

/** Every known package of the sources that these packages are built from. */
export async function loadSiblings(
  reader: Reader,
  packageIds: readonly number[],
): Promise<readonly StoredPackage[]> {
  const { rows } = await sql<StoredPackage>`
    select ${packageColumns}
      from package p
     where (p.ecosystem, p.source) in (
       select o.ecosystem, o.source from package o
        where o.id = any(${arrayText(packageIds)}::integer[]))`.execute(reader);
  return rows;
}
