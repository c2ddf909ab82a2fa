import { procedureOf } from "../policy/rings-procedures.ts";
import { isBackedUp, type TierRule, tierRuleOf } from "../policy/rings-tiers.ts";
import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault } from "./fault.ts";
import type { PlanHost } from "./model.ts";

/** Rules about how ready critical hosts are: a way back, a backup, and people enough. */
export function tierFaults(judged: Judged): PlanFault[] {
  const { documents, facts, hosts, plan, policy } = judged;
  if (policy.tiers.length === 0) return [];
  return documents.leaves.flatMap((leaf, at) => {
    const host = hosts[at];
    const rule = host === undefined ? null : tierRuleOf(policy.tiers, host.labels);
    if (host === undefined || rule === null) return [];
    const faults: PlanFault[] = [];
    const undone = new Set(documents.bodies.get(leaf.body)?.undo.map(({ at }) => at));
    const steps = documents.bodies.get(leaf.body)?.steps ?? [];
    const isBack = steps.every((step, at) => !("sha256" in step) || undone.has(at + 1));
    const name = `${host.name} of tier ${rule.tier}`;
    if (rule.isWayBackNeeded && !isBack) {
      faults.push(fault("tier-readiness", `${name} has no way back`));
    }
    if (!isBackedUp(rule, host.labels, facts.issuedAt)) {
      faults.push(fault("tier-readiness", `${name} has no backup that is young enough`));
    }
    faults.push(...procedureFaults(judged, rule, host));
    if (plan.need < rule.need) faults.push(fault("need", `${plan.need} of ${rule.need}: ${name}`));
    return faults;
  });
}

/** What a start will ask of people is at least what the host's tier asks. */
function procedureFaults(
  { planned, policy }: Judged,
  rule: TierRule,
  host: Pick<PlanHost, "name" | "labels">,
): PlanFault[] {
  if (rule.procedure.length === 0) return [];
  const { parties, names, uncovered } = planned.report.procedures;
  const name = procedureOf(policy.procedures, host.labels);
  const isNamed = name === null ? uncovered > 0 : names.includes(name);
  if (isNamed && rule.procedure.every((party) => parties.includes(party))) return [];
  return [fault("tier-readiness", `${host.name} of tier ${rule.tier} asks for its procedure`)];
}

/** By how much a wave soaks longer for the most critical of its hosts. */
export function soakFactors({ documents, hosts, policy }: Judged): ReadonlyMap<number, number> {
  const factors = new Map<number, number>();
  if (policy.tiers.length === 0) return factors;
  for (const [at, leaf] of documents.leaves.entries()) {
    const labels = hosts[at]?.labels;
    const rule: TierRule | null = labels === undefined ? null : tierRuleOf(policy.tiers, labels);
    factors.set(leaf.wave, Math.max(factors.get(leaf.wave) ?? 1, rule?.soakFactor ?? 1));
  }
  return factors;
}
