import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { World } from "../db/world.ts";
import { type CreatedPlan, createPlan } from "../plan/actions.ts";
import type { Asking } from "../plan/actions-resolve.ts";
import { demandPlan } from "../plan/actions-show.ts";
import { demandRollout } from "./actions.ts";
import { loadMissed } from "./store-missed.ts";

/**
 * Plans for the hosts that a rollout missed, as a child of its plan: approved anew, because the approved
 * times are over, and asked for anew, because their packages may have changed meanwhile.
 */
export async function catchUp(
  world: World,
  actor: Actor,
  input: { readonly rollout: string; readonly policy: string | undefined },
  ask: Asking,
): Promise<CreatedPlan> {
  const scopes = scopesFor(actor, "plan.create");
  const row = await demandRollout(world.db, { ref: input.rollout, scopes });
  const only = await loadMissed(world.db, { rollout: row.id, scopes });
  if (only.length === 0) {
    throw new Failure(
      "blocked",
      `R-${row.number} missed no host that you may plan for: each has the patch, was begun, may still start, or is in another rollout of it.`,
    );
  }
  const { ringsPolicy } = await demandPlan(world, actor, row.plan, "plan.create");
  return createPlan(
    world,
    actor,
    {
      patch: row.patch,
      policy: input.policy === undefined ? { digest: ringsPolicy } : { text: input.policy },
      class: row.class,
      parent: row.plan,
      only,
    },
    ask,
  );
}
