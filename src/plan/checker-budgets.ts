import type { RingsPolicy } from "../policy/rings.ts";
import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault } from "./fault.ts";

/**
 * Rules about who may be away together: each host of the plan that a rule of the policy counts is
 * under a budget, and none allows more of its members to be away than the rule says.
 */
export function budgetFaults(judged: Judged): PlanFault[] {
  const { hosts, plan, policy } = judged;
  const planned = new Map(plan.budgets.map((one) => [`${one.key}=${one.value}`, one]));
  const faults: PlanFault[] = [];
  for (const key of new Set(policy.budgets.map((rule) => rule.by))) {
    const values = new Set<string>();
    for (const host of hosts) {
      const value = host?.labels[key];
      if (value !== undefined) values.add(value);
    }
    const members = membersOf(judged, key);
    for (const value of values) {
      const allowed = allowedOf(policy, { key, value, members: members.get(value) ?? 0 });
      const budget = planned.get(`${key}=${value}`);
      if (allowed === null) continue;
      if (budget !== undefined && budget.unavailableMax >= 1 && budget.unavailableMax <= allowed) {
        continue;
      }
      const says = budget?.unavailableMax ?? "any number";
      const detail = `${key}=${value}: ${says} may be away where the policy allows ${allowed}`;
      faults.push(fault("budget-weaker", detail));
    }
  }
  return faults;
}

/** By value: hosts of the fleet as they were counted, or those looked at where these are more. */
function membersOf({ facts }: Judged, key: string): ReadonlyMap<string, number> {
  const looked = new Map<string, number>();
  for (const { labels } of facts.hosts) {
    const value = labels[key];
    if (value !== undefined) looked.set(value, (looked.get(value) ?? 0) + 1);
  }
  const listed = facts.members.filter((one) => one.key === key);
  for (const { value, hosts } of listed) {
    if (hosts > (looked.get(value) ?? 0)) looked.set(value, hosts);
  }
  return looked;
}

/** How many members the policy lets be away; null where no rule of it is about them. */
function allowedOf(
  policy: RingsPolicy,
  of: { readonly key: string; readonly value: string; readonly members: number },
): number | null {
  const { key, value, members } = of;
  for (const { by, only, limit } of policy.budgets) {
    if (by !== key || (only !== null && !only.includes(value))) continue;
    if (limit.kind === "quorum") {
      const half = (members - 1) / 2;
      return limit.quorum === "majority" ? Math.floor(half) : members - limit.quorum;
    }
    if (limit.most.kind === "count") return limit.most.count;
    const share = members * (limit.most.percent / 100);
    return limit.most.percent > 0 && share < 1 ? 1 : Math.floor(share + 1e-9);
  }
  return null;
}
