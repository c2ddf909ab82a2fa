import { gateRuleToText, revertBudgetToText, stabilisationToText } from "../policy/gate-words.ts";
import type { RingsPolicy } from "../policy/rings.ts";

/**
 * What stops a rollout or takes it back, in words, before anybody approves it: the gates of each
 * ring, and what goes on being judged after the last wave. The plan names the policy by its digest,
 * so whoever approves the plan approves these.
 */
export interface Triggers {
  gatesOf(ring: string): readonly string[];
  /** Of the rollout as a whole. */
  readonly whole: readonly string[];
}

export function triggersOf({ rings, stabilisation, reverts }: RingsPolicy): Triggers {
  return {
    gatesOf: (ring) => rings.find(({ name }) => name === ring)?.gates.map(gateRuleToText) ?? [],
    whole: [
      ...(stabilisation === null
        ? []
        : [stabilisationToText(stabilisation), ...stabilisation.gates.map(gateRuleToText)]),
      ...(reverts === null ? [] : [revertBudgetToText(reverts)]),
    ],
  };
}
