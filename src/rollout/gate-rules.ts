import { z } from "zod";
import { type RevertBudget, revertBudget } from "../policy/rings-gates.ts";
import type { RolloutFacts } from "./decision.ts";
import type { GateStand } from "./gate-judge.ts";
import type { HaltReason } from "./hold.ts";

/** What the approved policy says of a rollout as a whole, as it is kept with it. */
export interface RolloutRules {
  /** How long its gates go on being judged after the last wave; null: not at all. */
  readonly stabilisationMs: number | null;
  readonly reverts: RevertBudget | null;
  /** Networks that checks may reach; null: the usual ones. */
  readonly networks: readonly string[] | null;
  /** Bodies with steps that cannot be undone. */
  readonly irreversible: readonly string[];
}

/** Rollouts that began before there were gates have none of it. */
export const rolloutRulesSchema: z.ZodType<RolloutRules> = z.object({
  stabilisationMs: z.number().nullable().default(null),
  reverts: revertBudget.nullable().default(null),
  networks: z.array(z.string()).nullable().default(null),
  irreversible: z.array(z.string()).default([]),
});

/** What the policy says of the rollout as a whole, as a decision needs it. */
export function wholeFacts(
  { stabilisationMs, reverts }: RolloutRules,
  known: { readonly halt: HaltReason | null; readonly gates: readonly GateStand[] },
): Pick<RolloutFacts, "takesBack" | "after" | "revertBudget"> {
  const { halt, gates } = known;
  return {
    ...(halt?.why === "gate" ? { takesBack: halt.takesBack } : {}),
    ...(stabilisationMs === null ? {} : { after: { forMs: stabilisationMs, gates } }),
    ...(reverts === null ? {} : { revertBudget: reverts }),
  };
}
