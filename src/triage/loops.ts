import { systemActor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { redateCases } from "./actions-deadline.ts";
import { prioritiseCases } from "./actions-priority.ts";

/** A safety net: feeds, and events that can change a date or an order, wake it at once. */
const IDLE_MS = 5 * MINUTE_MS;

export function startDeadlines(world: World): Loop {
  return startLoop({
    name: "deadlines",
    idleMs: IDLE_MS,
    log: world.log,
    async turn() {
      await refreshCases(world).catch((cause: unknown) => {
        // A policy file that cannot be used: dates stay as they were, and the policy page says why.
        if (!(cause instanceof Failure) || cause.code !== "invalid") throw cause;
        world.log.warn({ err: cause }, "deadlines are not recomputed");
      });
      return false;
    },
  });
}

async function refreshCases(world: World): Promise<void> {
  await redateCases(world, systemActor);
  await prioritiseCases(world, systemActor);
}
