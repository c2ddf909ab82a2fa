import { type RawBuilder, sql } from "kysely";
import type { PlanDigest, RolloutId } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";
import { loadBudgets } from "../plan/store-budgets.ts";
import { loadWindowSets } from "../plan/store-windows.ts";
import type { Basis, OwnTimes, Pace } from "./forecast.ts";
import type { Ceiling } from "./throughput.ts";

/** How long hosts took that brought a patch on and were judged: a forecast's only source. */

/** Enough to know how long jobs take here, few enough to follow a fleet that changes. */
const JOBS_MAX = 1_000;
/** Fewer jobs of the same kind say less than more of any kind. */
const JOBS_MIN = 5;

/** Of this rollout's own hosts. */
export async function loadPace(reader: Reader, rollout: RolloutId): Promise<Pace> {
  return paceOf(reader, "own", sql`t.rollout = ${rollout}`);
}

/** Of the newest jobs of all rollouts. */
export async function loadUsualPace(reader: Reader): Promise<Pace> {
  return paceOf(reader, "fleet", sql`true`);
}

/**
 * What a plan that has not begun can go by: jobs with the very same steps, which only hosts with the
 * same packages have; else those of the same package; else all.
 */
export async function loadPaceOfPlan(reader: Reader, plan: PlanDigest): Promise<Pace> {
  const same = await paceOf(
    reader,
    "steps",
    sql`t.body in (select b.digest from plan_body b where b.plan = ${plan})`,
  );
  if (same.measured >= JOBS_MIN) return same;
  const alike = await paceOf(reader, "source", isOfSource(plan));
  return alike.measured >= JOBS_MIN ? alike : loadUsualPace(reader);
}

/** Jobs of the package that the plan is about. */
export function isOfSource(plan: PlanDigest): RawBuilder<boolean> {
  return sql<boolean>`t.rollout in (
    select o.id from rollout o join patch c on c.id = o.patch
     where (c.ecosystem, c.source) = (
       select d.ecosystem, d.source from plan p join patch d on d.id = p.patch
        where p.digest = ${plan}))`;
}

/** Jobs that brought a patch on and were judged, with how long they took in milliseconds. */
export const isMeasured: RawBuilder<boolean> = sql<boolean>`(
  t.kind = 'apply' and t.state = 'done' and t.verdict is not null and t.claimed_at is not null)`;
export const tookMs: RawBuilder<number> = sql<number>`
  (date_part('epoch', t.ended_at - t.claimed_at) * 1000)`;

async function paceOf(reader: Reader, basis: Basis, isMeant: RawBuilder<unknown>): Promise<Pace> {
  const { rows } = await sql<Omit<Pace, "basis">>`
    select count(*) as measured, coalesce(avg(took), 0) as "meanMs",
           stddev_samp(took) as "deviationMs"
      from (select ${tookMs} as took from target t where ${isMeant} and ${isMeasured}
             order by t.ended_at desc limit ${JOBS_MAX}) as judged`.execute(reader);
  const found = rows[0] ?? { measured: 0, meanMs: 0, deviationMs: null };
  return { ...found, basis: found.measured === 0 ? "none" : basis };
}

/** Hosts with windows of their own, by wave and by the number of those windows in the plan. */
export interface TimedHosts extends OwnTimes {
  readonly set: number;
}

/** Those of a rollout that wait. */
export async function loadTimesLeft(
  reader: Reader,
  of: { readonly rollout: RolloutId; readonly plan: PlanDigest },
): Promise<readonly TimedHosts[]> {
  const { rows } = await sql<Counted>`
    select t.wave, t.window_set as set, count(*) as hosts
      from plan_window_set s
      join target t on t.rollout = ${of.rollout} and t.window_set = s.number
     where s.plan = ${of.plan} and t.state = 'ready'
     group by 1, 2 order by 1, 2`.execute(reader);
  return withWindows(reader, of.plan, rows);
}

/** Those of a plan. */
export async function loadPlannedTimes(
  reader: Reader,
  plan: PlanDigest,
): Promise<readonly TimedHosts[]> {
  const { rows } = await sql<Counted>`
    select l.wave, l.window_set as set, count(*) as hosts
      from plan_window_set s
      join plan_leaf l on l.plan = s.plan and l.window_set = s.number
     where s.plan = ${plan} group by 1, 2 order by 1, 2`.execute(reader);
  return withWindows(reader, plan, rows);
}

type Counted = Omit<TimedHosts, "windows">;

async function withWindows(
  reader: Reader,
  plan: PlanDigest,
  rows: readonly Counted[],
): Promise<readonly TimedHosts[]> {
  if (rows.length === 0) return [];
  const sets = await loadWindowSets(reader, plan);
  return rows.map((row) => ({ ...row, windows: sets.get(row.set) ?? [] }));
}

/** What budgets leave each wave of the plan: how many of its hosts at once, and in how many rounds. */
export async function loadCeilings(reader: Reader, plan: PlanDigest): Promise<readonly Ceiling[]> {
  // Most plans have no budget, and then no label of no host needs to be looked at.
  const budgets = await loadBudgets(reader, plan);
  if (budgets.length === 0) return [];
  const { rows } = await sql<Ceiling>`
    with counted as (
      select l.wave, k.key, b.unavailable_max as most, count(*)::integer as hosts
        from unnest(${[...new Set(budgets.map(({ key }) => key))]}::text[]) as k(key)
        join plan_leaf l on l.plan = ${plan}
        join host h on h.id = l.host
        left join plan_budget b
          on b.plan = l.plan and b.key = k.key and b.value = h.labels ->> k.key
       group by l.wave, k.key, b.value, b.unavailable_max
    )
    select wave, sum(hosts)::integer as hosts,
           sum(least(hosts, coalesce(most, hosts)))::integer as "atOnceMax",
           coalesce(max(ceil(hosts::float8 / most)), 1)::integer as "roundsMin"
      from counted group by wave, key order by wave, key`.execute(reader);
  return rows;
}
