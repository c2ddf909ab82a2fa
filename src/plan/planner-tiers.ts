import { parties, procedureOf } from "../policy/rings-procedures.ts";
import { isBackedUp, type Tier, tierRuleOf } from "../policy/rings-tiers.ts";
import { type AskedProcedures, type Blocker, noProcedures, type PlanInput } from "./model.ts";
import type { Drafts } from "./planner-bodies.ts";
import { type Candidate, compareText } from "./planner-hosts.ts";

/** What hosts of critical tiers lack; a plan that takes one of them as it is would be no plan. */
const NAMES_TOLD_MAX = 5;

export function tierBlockers(input: PlanInput, drafts: Drafts): readonly Blocker[] {
  const rules = input.policy.tiers;
  if (rules.length === 0) return [];
  const lacking = new Map<string, { tier: Tier; lacks: "way-back" | "backup"; names: string[] }>();
  const add = (tier: Tier, lacks: "way-back" | "backup", name: string): void => {
    const known = lacking.get(`${tier} ${lacks}`) ?? { tier, lacks, names: [] };
    lacking.set(`${tier} ${lacks}`, known);
    known.names.push(name);
  };
  for (const candidate of drafts.candidates) {
    const { host } = candidate;
    const rule = tierRuleOf(rules, host.labels);
    if (rule === null) continue;
    if (rule.isWayBackNeeded && drafts.of(candidate).irreversible.length > 0)
      add(rule.tier, "way-back", host.name);
    if (!isBackedUp(rule, host.labels, input.issuedAt)) add(rule.tier, "backup", host.name);
  }
  return [...lacking.values()]
    .sort((a, b) => a.tier - b.tier || compareText(a.lacks, b.lacks))
    .map(({ tier, lacks, names }) => ({
      ...{ why: "tier-not-ready" as const, tier, lacks, hosts: names.length },
      names: names.sort(compareText).slice(0, NAMES_TOLD_MAX),
    }));
}

/** The longest soak that a host of the wave asks for, as a factor of its ring's. */
export function soakFactorOf(input: PlanInput, hosts: readonly Candidate[]): number {
  const rules = input.policy.tiers;
  if (rules.length === 0) return 1;
  let most = 1;
  for (const { host } of hosts) {
    most = Math.max(most, tierRuleOf(rules, host.labels)?.soakFactor ?? 1);
  }
  return most;
}

/** Approvals that the tiers of the plan's hosts ask for. */
export function tierNeed(input: PlanInput, candidates: Iterable<Candidate>): number {
  const rules = input.policy.tiers;
  if (rules.length === 0) return 1;
  let most = 1;
  for (const { host } of candidates) {
    most = Math.max(most, tierRuleOf(rules, host.labels)?.need ?? 1);
  }
  return most;
}

/** Which procedures people must acknowledge before the plan starts, and which parties. */
export function askedProcedures(
  input: PlanInput,
  candidates: Iterable<Candidate>,
): AskedProcedures {
  const { tiers, procedures } = input.policy;
  const rules = tiers.filter((rule) => rule.procedure.length > 0);
  if (rules.length === 0) return noProcedures;
  const asking = [...candidates].flatMap(({ host: { labels } }) => {
    const asked = tierRuleOf(tiers, labels)?.procedure ?? [];
    return asked.length === 0 ? [] : [{ asked, name: procedureOf(procedures, labels) }];
  });
  const asked = new Set(asking.flatMap((one) => one.asked));
  const names = new Set(asking.flatMap(({ name }) => (name === null ? [] : [name])));
  return {
    parties: parties.filter((party) => asked.has(party)),
    names: [...names].sort(compareText),
    hosts: asking.length,
    uncovered: asking.filter(({ name }) => name === null).length,
  };
}
