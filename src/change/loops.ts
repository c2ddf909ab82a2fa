import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { callDuties } from "./actions-duties.ts";
import { endOverdueElevations } from "./actions-elevation.ts";
import { expireOverdue } from "./actions-end.ts";
import { escalateWaiting } from "./actions-escalate.ts";

/** Nothing depends on it being quick: starts and approvals look at the time themselves. */
const EXPIRE_EVERY_MS = 30_000;

/** Closes changes whose waves are over, and reminds of what emergencies owe. */
export function startChangeLoop(world: World): Loop {
  return startLoop({
    name: "change-expiry",
    idleMs: EXPIRE_EVERY_MS,
    log: world.log,
    turn: async () => {
      await expireOverdue(world);
      await callDuties(world);
      await escalateWaiting(world);
      return false;
    },
  });
}

/** What is over lends nothing already; this is how late the log says so (trust.md R7). */
const ELEVATIONS_EVERY_MS = 2_000;

export function startElevationLoop(world: World): Loop {
  return startLoop({
    name: "elevations",
    idleMs: ELEVATIONS_EVERY_MS,
    log: world.log,
    turn: async () => (await endOverdueElevations(world)) > 0,
  });
}
