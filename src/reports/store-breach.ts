import { type RawBuilder, sql } from "kysely";
import type { PatchId, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant } from "../db/database.ts";
import { arrayText } from "../intel/store-statement.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { Exception } from "../triage/exception.ts";
import { reaches } from "../triage/store-exception-hosts.ts";
import type { HostsBehind, Known } from "./breach.ts";

/** Who still lacks the update of a case, and how far it has come for them. */

export const NAMES_MAX = 5;

interface Row {
  readonly patch: PatchId;
  readonly hosts: number;
  readonly names: readonly string[];
  readonly isOffered: boolean;
  /** Numbers of the exceptions that reach these hosts. */
  readonly excepted: readonly number[];
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
 * the update. Hosts are read once for all cases; both are told apart by numbers, hosts by
 * their place in the order of names. Only where a plan names hosts is each looked at by itself.
 */
export async function loadHostsBehind(
  reader: Reader,
  of: {
    readonly cases: readonly CaseBehind[];
    readonly scopes: readonly Selector[];
    readonly silentBefore: Instant;
    /** Hosts are told apart by which of these reach them. */
    readonly exceptions: readonly Exception[];
  },
): Promise<ReadonlyMap<PatchId, readonly GroupBehind[]>> {
  const { rows } = await sql<Row>`
    with ${hostRows(of)}, ${caseRows(of.cases)}, ${plannedRows}, behind as (
      select s.no, a.silent_since, ${isOffered("a")} as is_offered, null::integer as rank,
             null::integer as wave, null::text as state, a.excepted, a.hosts, a.places
        from sets s join alike a on a.package_set_id = s.set_id
       where s.no not in (select no from plans)
      union all
      select s.no, n.silent_since, ${isOffered("n")}, d.best[1], d.best[2], t.state,
             n.excepted, count(*)::integer, ${firstPlaces}
        from sets s join hosts n on n.package_set_id = s.set_id
        left join planned d on d.no = s.no and d.place = n.place
        left join plans p on p.no = d.no and p.rank = d.best[1]
        left join target t on t.rollout = p.rollout and t.host = n.id
       where s.no in (select no from plans)
       group by 1, 2, 3, 4, 5, 6, 7
    ), told as materialized (
      select no, silent_since, is_offered, rank, wave, state, excepted,
             sum(hosts)::integer as hosts, row_number() over () as row_no,
             string_agg(array_to_string(places, ','), ',') as places
        from behind group by 1, 2, 3, 4, 5, 6, 7
    ), named as (
      select g.row_no, array_agg(h.name order by h.place) as names
        from told g cross join lateral (
          select p from unnest(string_to_array(g.places, ',')::integer[]) as p
           order by p limit ${sql.lit(NAMES_MAX)}) as f
        join hosts h on h.place = f.p
       group by 1
    )
    select c.patch, g.hosts, names, g.is_offered as "isOffered", g.silent_since as "silentSince",
           g.excepted, p.digest as plan, g.wave, w.not_before as "notBefore",
           w.not_after as "notAfter", p.rollout, p.number as "rolloutNumber", g.state as target
      from told g join named using (row_no) join cases c using (no)
      left join plans p on p.no = g.no and p.rank = g.rank
      left join plan_wave w on w.plan = p.digest and w.number = g.wave
     order by g.hosts desc, p.digest nulls last, g.wave`.execute(reader);
  const groups = Map.groupBy(rows, ({ patch }) => patch);
  return new Map([...groups].map(([patch, own]) => [patch, own.map(behindOf)]));
}

/** The hosts of a case that are alike; what exceptions mean for it is not decided yet. */
export type GroupBehind = Omit<HostsBehind, "exceptedUntil"> & Pick<Row, "excepted">;

/** A few of the hosts `n`, for their names. */
const firstPlaces = sql`(array_agg(n.place order by n.place))[1:${sql.lit(NAMES_MAX)}]`;

function isOffered(hosts: "a" | "n"): RawBuilder<boolean> {
  const offers = sql.ref(`${hosts}.offer_set_id`);
  return sql<boolean>`coalesce((s.no, ${offers}) in (select no, set_id from offering), false)`;
}

function hostRows(of: {
  readonly scopes: readonly Selector[];
  readonly silentBefore: Instant;
  readonly exceptions: readonly Exception[];
}): RawBuilder<unknown> {
  const each = of.exceptions.map(
    ({ number, scope }) => sql`case when ${reaches(scope.hosts, "n")} then ${number}::integer end`,
  );
  const excepted =
    each.length === 0
      ? sql`'{}'::integer[]`
      : sql`array_remove(array[${sql.join(each)}]::integer[], null)`;
  return sql`
    hosts as materialized (
      select n.id, n.name, n.package_set_id, n.offer_set_id,
             row_number() over (order by n.name)::int as place, ${excepted} as excepted,
             case when n.contact_state = 'unreachable'
                    or coalesce(n.inspected_at, '-infinity') < ${sqlInstant(of.silentBefore)}
                  then date_trunc('day', n.inspected_at) end as silent_since
        from host_now n where ${scopeSql(of.scopes, "n.labels")}
    ), alike as materialized (
      select package_set_id, offer_set_id, silent_since, excepted, count(*)::integer as hosts,
             ${firstPlaces} as places
        from hosts n group by 1, 2, 3, 4
    )`;
}

/** The cases, and for each the sets that hold an older package and those that offer the update. */
function caseRows(cases: readonly CaseBehind[]): RawBuilder<unknown> {
  const patches = cases.map(({ patch }) => patch);
  const older = cases.flatMap(({ olderIds }, no) => olderIds.map((id) => ({ no, id })));
  const offers = cases.flatMap(({ offers: { source, versions } }, no) =>
    versions.map((version) => ({ no, source, version })),
  );
  return sql`
    cases as materialized (
      select patch, (place - 1)::int as no
        from unnest(${patches}::text[]) with ordinality as c (patch, place)
    ), sets as materialized (
      select distinct o.no, m.set_id
        from unnest(${arrayText(older.map(({ no }) => no))}::integer[],
                    ${arrayText(older.map(({ id }) => id))}::integer[]) as o (no, package_id)
        join package_set_member m on m.package_id = o.package_id
    ), offering as materialized (
      select distinct v.no, m.set_id
        from unnest(${arrayText(offers.map(({ no }) => no))}::integer[],
                    ${offers.map(({ source }) => source)}::text[],
                    ${offers.map(({ version }) => version)}::text[]) as v (no, source, version)
        join offer o on o.source = v.source
         and coalesce(nullif(o.source_version, ''), o.version) = v.version
        join offer_set_member m on m.offer_id = o.id
    )`;
}

/** Where the newest plan of a case puts each host; one that is being carried out comes first. */
const plannedRows = sql`
    plans as materialized (
      select c.no, p.digest, r.id as rollout, r.number,
             row_number() over (partition by c.no
               order by (r.id is not null) desc, p.created_at desc)::integer as rank
        from plan p join cases c on c.patch = p.patch::text
        left join rollout r on r.plan = p.digest
    ), planned as materialized (
      select p.no, n.place, min(array[p.rank, l.wave]) as best
        from plans p join plan_leaf l on l.plan = p.digest join hosts n on n.id = l.host
       group by 1, 2
    )`;

function behindOf(row: Row): GroupBehind {
  const { hosts, names, isOffered, excepted, silentSince, plan, wave, notBefore, notAfter } = row;
  const { rollout, rolloutNumber } = row;
  return {
    ...{ hosts, names, isOffered, excepted, silentSince },
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
