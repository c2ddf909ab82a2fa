import { budgetFor, unavailableMax } from "../policy/rings-budgets.ts";
import type { Blocker, PlanInput, PlannedBudget } from "./model.ts";
import { type Candidate, compareText } from "./planner-hosts.ts";

/**
 * The budgets of a plan: one for each value of a label that a rule counts by and a host of the plan
 * has, as a number of hosts. Members are counted over the whole fleet, for hosts that the plan leaves
 * alone stand in for those that it takes.
 */
export function planBudgets(
  input: PlanInput,
  candidates: readonly Candidate[],
): { readonly planned: readonly PlannedBudget[]; readonly blocked: readonly Blocker[] } {
  const { budgets: rules } = input.policy;
  const keys = [...new Set(rules.map((rule) => rule.by))];
  const planned: PlannedBudget[] = [];
  const blocked: Blocker[] = [];
  for (const key of keys) {
    const members = membersOf(input, key);
    const values = new Set<string>();
    for (const { host } of candidates) {
      const value = host.labels[key];
      if (value !== undefined) values.add(value);
    }
    for (const value of [...values].sort(compareText)) {
      const rule = budgetFor(rules, { key, value });
      if (rule === null) continue;
      const count = members.get(value) ?? 0;
      const most = unavailableMax(rule, count);
      planned.push({ key, value, members: count, unavailableMax: most });
      const { limit } = rule;
      if (most < 1) blocked.push({ why: "budget-impossible", key, value, members: count, limit });
    }
  }
  return { planned, blocked };
}

function membersOf({ members, hosts }: PlanInput, key: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { labels } of hosts) {
    const value = labels[key];
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  for (const { key: counted, value, hosts: all } of members) {
    if (counted === key) counts.set(value, Math.max(all, counts.get(value) ?? 0));
  }
  return counts;
}
