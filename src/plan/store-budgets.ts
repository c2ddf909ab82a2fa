import { sql } from "kysely";
import type { PlanDigest } from "../base/ids.ts";
import type { Reader, Tx } from "../db/database.ts";
import type { LabelCount, PlannedBudget } from "./model.ts";

/** Budgets of plans, and the counts of hosts that they are made from. */
export async function insertBudgets(
  tx: Tx,
  plan: PlanDigest,
  budgets: readonly PlannedBudget[],
): Promise<void> {
  if (budgets.length === 0) return;
  await sql`
    insert into plan_budget (plan, key, value, members, unavailable_max)
    select ${plan}, * from unnest(${budgets.map((b) => b.key)}::text[],
      ${budgets.map((b) => b.value)}::text[], ${budgets.map((b) => b.members)}::integer[],
      ${budgets.map((b) => b.unavailableMax)}::integer[])`.execute(tx);
}

/** Those that leave least room first. */
export async function loadBudgets(
  reader: Reader,
  plan: PlanDigest,
): Promise<readonly PlannedBudget[]> {
  const { rows } = await sql<PlannedBudget>`
    select key, value, members, unavailable_max as "unavailableMax" from plan_budget
     where plan = ${plan}
     order by unavailable_max::float8 / members, key, value`.execute(reader);
  return rows;
}

/** How many live hosts have each value of these labels, over the whole fleet. */
export async function loadLabelCounts(
  reader: Reader,
  keys: readonly string[],
): Promise<readonly LabelCount[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql<LabelCount>`
    select k.key, h.labels ->> k.key as value, count(*)::integer as hosts
      from host h cross join unnest(${[...new Set(keys)]}::text[]) as k(key)
     where h.removed_at is null and h.labels ->> k.key is not null
     group by 1, 2 order by 1, 2`.execute(reader);
  return rows;
}
