import type { RingsPolicy } from "../policy/rings.ts";
import type { BodyText } from "./body.ts";
import type { Leaf } from "./leaf.ts";
import type { Plan, PlanFacts, PlanFault, Planned, PlanRule, Resolution } from "./model.ts";
import type { Statement } from "./statement.ts";

/** What the parts of the checker look at: the plan's documents, read again from their texts. */
export interface Documents {
  readonly statement: Statement;
  readonly leaves: readonly Leaf[];
  readonly bodies: ReadonlyMap<string, BodyText>;
}

export interface Judged {
  readonly plan: Plan;
  readonly planned: Planned;
  readonly documents: Documents;
  readonly facts: PlanFacts;
  readonly policy: RingsPolicy;
  /** Answers of package managers by `<package set> <offer set>`. */
  readonly resolved: ReadonlyMap<string, Resolution>;
}

export function fault(rule: PlanRule, detail: string): PlanFault {
  return { rule, detail };
}
