import { selects } from "../base/labels.ts";
import { fault } from "./checker-judged.ts";
import type { PlanFault } from "./fault.ts";
import { ANY_HOST, parseLeaf } from "./leaf.ts";
import type { Plan, PlanFacts } from "./model.ts";
import { ruleSelector } from "./rule.ts";
import type { Statement } from "./statement.ts";

/** Rules about plans by rule: what was asked for is what is signed, and no leaf names a host. */
export function ruleFaults(of: {
  readonly plan: Plan;
  readonly statement: Statement;
  readonly facts: PlanFacts;
}): PlanFault[] {
  const { plan, statement, facts } = of;
  const { hosts } = statement;
  const { rule } = facts;
  if (hosts.kind === "frozen") {
    return rule === null
      ? []
      : [fault("rule-labels", "it names its hosts, and a rule was asked for")];
  }
  if (rule === null) return [fault("rule-labels", "it has a rule, and named hosts were asked for")];
  const faults: PlanFault[] = [];
  if (hosts.labels.join(" ") !== rule.labels.join(" ")) {
    faults.push(fault("rule-labels", `it says ${hosts.labels.join(" ")}`));
  }
  if (hosts.max !== rule.max || plan.leaves.length > hosts.max) {
    faults.push(fault("rule-max", `${plan.leaves.length} hosts of at most ${hosts.max}`));
  }
  const selector = ruleSelector(hosts.labels);
  const labels = new Map(facts.hosts.map((host) => [host.id, host.labels]));
  for (const { host } of plan.leaves) {
    if (selects(selector, labels.get(host) ?? {})) continue;
    faults.push(fault("rule-labels", `${host} does not have the labels of the rule`));
  }
  return [...faults, ...sharedFaults(plan)];
}

/** One leaf for each wave and body, in the order of the tree, and `*` in each. */
function sharedFaults(plan: Plan): PlanFault[] {
  const faults: PlanFault[] = [];
  const seen = new Set<string>();
  for (const text of sharedTexts(plan)) {
    const leaf = parseLeaf(text);
    if (!leaf.ok) continue;
    const { host, wave, body, index } = leaf.value;
    if (host !== ANY_HOST) faults.push(fault("rule-leaves", `leaf ${index} names ${host}`));
    if (seen.has(`${wave} ${body}`)) {
      faults.push(fault("rule-leaves", `wave ${wave} has two leaves for one body`));
    }
    if (seen.size !== index) faults.push(fault("rule-leaves", `leaf ${index} stands elsewhere`));
    seen.add(`${wave} ${body}`);
  }
  return faults;
}

/** The texts that were signed, each once, as they follow each other. */
export function sharedTexts(plan: Plan): readonly string[] {
  return plan.leaves.map(({ text }) => text).filter((text, at, all) => text !== all[at - 1]);
}
