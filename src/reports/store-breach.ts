import { sql } from "kysely";
import type { PatchId, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant } from "../db/database.ts";
import { arrayText } from "../intel/store-statement.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { HostsBehind, Known } from "./breach.ts";

/** Who still lacks the update of a case, and how far it has come for them. */

const NAMES_MAX = 5;

interface Row {
  readonly patch: PatchId;
  readonly hosts: number;
  readonly names: readonly string[];
  readonly isOffered: boolean;
  readonly silentSince: Instant | null;
  readonly plan: string | null;
  readonly wave: number | null;
  readonly notBefore: Instant | null;
  readonly notAfter: Instant | null;
  readonly rollout: RolloutId | null;
  readonly rolloutNumber: number | null;
  readonly target: string | null;
}

export interface CaseBehind {
  readonly patch: PatchId;
  /** Packages that are older than the target. */
  readonly olderIds: readonly number[];
  /** Offers of the target or of something newer. */
  readonly offers: { readonly source: string; readonly versions: readonly string[] };
}

/**
 * Hosts in scope with one of these packages, for each case, grouped by all that tells why they lack
 * the update. Hosts are read once for all cases, and told apart by numbers in the order of their names.
 */
export async function loadHostsBehind(
  reader: Reader,
  of: {
    readonly cases: readonly CaseBehind[];
    readonly scopes: readonly Selector[];
    readonly silentBefore: Instant;
  },
): Promise<ReadonlyMap<PatchId, readonly HostsBehind[]>> {
  const older = of.cases.flatMap(({ patch, olderIds }) => olderIds.map((id) => ({ patch, id })));
  const offers = of.cases.flatMap(({ patch, offers: { source, versions } }) =>
    versions.map((version) => ({ patch, source, version })),
  );
  const { rows } = await sql<Row>`
    with sets as materialized (
      select distinct o.patch, m.set_id
        from unnest(${older.map(({ patch }) => patch)}::text[],
                    ${arrayText(older.map(({ id }) => id))}::integer[]) as o (patch, package_id)
        join package_set_member m on m.package_id = o.package_id
    ), offering as materialized (
      select distinct v.patch, m.set_id
        from unnest(${offers.map(({ patch }) => patch)}::text[],
                    ${offers.map(({ source }) => source)}::text[],
                    ${offers.map(({ version }) => version)}::text[]) as v (patch, source, version)
        join offer o on o.source = v.source
         and coalesce(nullif(o.source_version, ''), o.version) = v.version
        join offer_set_member m on m.offer_id = o.id
    ), planned as materialized (
      select distinct on (p.patch, l.host) p.patch::text as patch, l.host, p.digest, l.wave,
             w.not_before, w.not_after, r.id as rollout, r.number, t.state
        from plan p
        join plan_leaf l on l.plan = p.digest
        join plan_wave w on w.plan = l.plan and w.number = l.wave
        left join rollout r on r.plan = p.digest
        left join target t on t.rollout = r.id and t.host = l.host
       where p.patch::text = any(${of.cases.map(({ patch }) => patch)}::text[])
       order by p.patch, l.host, (r.id is not null) desc, p.created_at desc
    ), hosts as materialized (
      select n.id, n.name, n.package_set_id, n.offer_set_id,
             row_number() over (order by n.name)::int as place,
             case when n.contact_state = 'unreachable'
                    or coalesce(n.inspected_at, '-infinity') < ${sqlInstant(of.silentBefore)}
                  then date_trunc('day', n.inspected_at) end as silent_since
        from host_now n where ${scopeSql(of.scopes, "n.labels")}
    ), behind as (
      select s.patch, o.set_id is not null as is_offered, n.silent_since, d.digest, d.wave,
             d.not_before, d.not_after, d.rollout, d.number, d.state,
             count(*)::int as hosts, array_agg(n.place) as places
        from sets s join hosts n on n.package_set_id = s.set_id
        left join offering o on o.patch = s.patch and o.set_id = n.offer_set_id
        left join planned d on d.patch = s.patch and d.host = n.id
       group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    ), numbered as materialized (
      select *, row_number() over () as number_of_group from behind
    ), named as (
      select g.number_of_group, array_agg(h.name order by h.place) as names
        from numbered g cross join lateral (
          select p from unnest(g.places) as p order by p limit ${sql.lit(NAMES_MAX)}) as f
        join hosts h on h.place = f.p
       group by 1
    )
    select patch, hosts, names, is_offered as "isOffered", silent_since as "silentSince",
           digest as plan, wave, not_before as "notBefore", not_after as "notAfter", rollout,
           number as "rolloutNumber", state as target
      from numbered join named using (number_of_group)
     order by hosts desc, plan nulls last, wave`.execute(reader);
  const groups = Map.groupBy(rows, ({ patch }) => patch);
  return new Map([...groups].map(([patch, own]) => [patch, own.map(behindOf)]));
}

function behindOf(row: Row): HostsBehind {
  const { hosts, names, isOffered, silentSince, plan, wave, notBefore, notAfter } = row;
  const { rollout, rolloutNumber } = row;
  return {
    ...{ hosts, names, isOffered, silentSince },
    plan:
      plan === null || wave === null || notBefore === null || notAfter === null
        ? null
        : { digest: plan, wave, notBefore, notAfter },
    rollout:
      rollout === null || rolloutNumber === null
        ? null
        : { id: rollout, number: rolloutNumber, target: row.target },
  };
}

const CASES_LOOKED_AT = 50;

/** How long the newest cases took from being opened until their rollout was over. */
export async function loadUsual(reader: Reader): Promise<Known["usual"]> {
  const { rows } = await sql<{ medianMs: number | null; cases: number }>`
    with ended as (
      select extract(epoch from max(r.ended_at) - p.opened_at) * 1000 as took
        from patch p join rollout r on r.patch = p.id and r.state = 'finished'
       where p.state in ('observing', 'closed')
       group by p.id, p.opened_at order by max(r.ended_at) desc limit ${CASES_LOOKED_AT}
    )
    select percentile_disc(0.5) within group (order by took)::float8 as "medianMs",
           count(*)::int as cases from ended`.execute(reader);
  const [row] = rows;
  return row?.medianMs == null ? null : { medianMs: row.medianMs, cases: row.cases };
}
