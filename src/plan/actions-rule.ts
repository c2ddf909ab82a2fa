import { Failure } from "../base/failure.ts";
import type { PlanDigest } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { isRuleWithin } from "./rule.ts";
import { parseStatement } from "./statement.ts";
import { loadPlan } from "./store.ts";

/**
 * Whoever answers for a plan by rule answers for hosts that nobody knows yet, so the rule's own labels
 * must lie within the right, and not only the hosts that have them today.
 */
export async function demandRuleWithin(
  reader: Reader,
  plan: PlanDigest,
  scopes: readonly Selector[],
): Promise<void> {
  const stored = await loadPlan(reader, plan);
  const statement = stored === null ? null : parseStatement(stored.statement);
  if (statement === null || !statement.ok || statement.value.hosts.kind !== "rule") return;
  const { labels } = statement.value.hosts;
  if (isRuleWithin(labels, scopes)) return;
  throw new Failure(
    "forbidden",
    `Hosts with ${labels.join(" ")} may join later and lie outside your labels. Somebody whose right covers all such hosts has to do this.`,
  );
}
