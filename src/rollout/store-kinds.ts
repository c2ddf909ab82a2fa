import { type RawBuilder, sql } from "kysely";
import type { PlanDigest } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import type { Pace } from "./forecast.ts";
import { type HostKind, type KindPace, SIZES } from "./kind-pace.ts";
import { isMeasured, isOfSource, tookMs } from "./store-pace.ts";

/** Kinds of hosts, as their hosts are now: of a plan, and of jobs that were measured. */
const kindColumns = sql`
  h.facts ->> 'distribution' as distribution, h.facts ->> 'release' as release,
  case h.way ->> 'kind' when 'ssh' then 'ssh-' || (h.way ->> 'program')
                        else h.way ->> 'kind' end as way,
  width_bucket(p.package_count, ${[...SIZES]}::int[]) as size`;

/** Over `host h`. */
const setOfHost = sql`
  left join host_set s on s.host_num = h.num and s.observed_to is null and s.recorded_to is null
  left join package_set p on p.id = s.set_id`;

/** Enough for kinds of which a fleet has few. */
const JOBS_MAX = 5_000;

type KindRow = HostKind & { readonly hosts: number };

/** Hosts of the plan within the scopes; the kinds with most hosts first. */
export async function loadKindsOfPlan(
  reader: Reader,
  of: { readonly plan: PlanDigest; readonly scopes: readonly Selector[] },
): Promise<readonly { readonly kind: HostKind; readonly hosts: number }[]> {
  const { rows } = await sql<KindRow>`
    select ${kindColumns}, count(*) as hosts
      from plan_leaf l join host h on h.id = l.host ${setOfHost}
     where l.plan = ${of.plan} and ${scopeSql(of.scopes, "h.labels")}
     group by 1, 2, 3, 4 order by 5 desc, 1, 2, 3, 4`.execute(reader);
  return rows.map(({ hosts, ...kind }) => ({ kind, hosts }));
}

/** How long the newest jobs took, by kind: of the plan's package, or of all. */
export async function loadKindPaces(
  reader: Reader,
  of: { readonly plan: PlanDigest; readonly basis: "source" | "fleet" },
): Promise<readonly KindPace[]> {
  const isMeant: RawBuilder<boolean> = of.basis === "source" ? isOfSource(of.plan) : sql`true`;
  const { rows } = await sql<HostKind & Omit<Pace, "basis">>`
    with jobs as materialized (
      select t.host, ${tookMs} as took from target t where ${isMeant} and ${isMeasured}
       order by t.ended_at desc limit ${JOBS_MAX}
    )
    select ${kindColumns}, count(*) as measured, avg(took) as "meanMs",
           stddev_samp(took) as "deviationMs"
      from jobs join host h on h.id = jobs.host ${setOfHost}
     group by 1, 2, 3, 4`.execute(reader);
  return rows.map(({ measured, meanMs, deviationMs, ...kind }) => {
    return { kind, pace: { measured, meanMs, deviationMs, basis: of.basis } };
  });
}
