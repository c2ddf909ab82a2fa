import { sql } from "kysely";
import type { PatchId, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { type Reader, sqlInstant } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { HostsBehind, Known } from "./breach.ts";

/** Who still lacks the update of a case, and how far it has come for them. */

const NAMES_MAX = 5;

interface Row {
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

/** Hosts in scope with one of these packages, grouped by all that tells why they lack the update. */
export async function loadHostsBehind(
  reader: Reader,
  of: {
    readonly patch: PatchId;
    readonly scopes: readonly Selector[];
    /** Packages that are older than the target. */
    readonly olderIds: readonly number[];
    /** Offers of the target or of something newer. */
    readonly offers: { readonly source: string; readonly versions: readonly string[] };
    readonly silentBefore: Instant;
  },
): Promise<readonly HostsBehind[]> {
  const { rows } = await sql<Row>`
    with sets as materialized (
      select distinct set_id from package_set_member
       where package_id = any(${[...of.olderIds]}::integer[])
    ), offering as materialized (
      select distinct m.set_id from offer o join offer_set_member m on m.offer_id = o.id
       where o.source = ${of.offers.source}
         and coalesce(nullif(o.source_version, ''), o.version)
             = any(${[...of.offers.versions]}::text[])
    ), planned as materialized (
      select distinct on (l.host) l.host, p.digest, l.wave, w.not_before, w.not_after,
             r.id as rollout, r.number, t.state
        from plan p
        join plan_leaf l on l.plan = p.digest
        join plan_wave w on w.plan = l.plan and w.number = l.wave
        left join rollout r on r.plan = p.digest
        left join target t on t.rollout = r.id and t.host = l.host
       where p.patch = ${of.patch}
       order by l.host, (r.id is not null) desc, p.created_at desc
    ), behind as (
      select n.name, o.set_id is not null as is_offered,
             case when n.contact_state = 'unreachable'
                    or coalesce(n.inspected_at, '-infinity') < ${sqlInstant(of.silentBefore)}
                  then date_trunc('day', n.inspected_at) end as silent_since,
             d.digest, d.wave, d.not_before, d.not_after, d.rollout, d.number, d.state
        from host_now n
        left join offering o on o.set_id = n.offer_set_id
        left join planned d on d.host = n.id
       where n.package_set_id in (select set_id from sets) and ${scopeSql(of.scopes, "n.labels")}
    )
    select count(*)::int as hosts,
           (array_agg(name order by name))[1:${sql.lit(NAMES_MAX)}] as names,
           is_offered as "isOffered", silent_since as "silentSince", digest as plan, wave,
           not_before as "notBefore", not_after as "notAfter", rollout,
           number as "rolloutNumber", state as target
      from behind
     group by is_offered, silent_since, digest, wave, not_before, not_after, rollout, number, state
     order by hosts desc, plan nulls last, wave`.execute(reader);
  return rows.map(behindOf);
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
