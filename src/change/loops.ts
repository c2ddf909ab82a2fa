import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { expireOverdue } from "./actions-end.ts";

/** Nothing depends on it being quick: starts and approvals look at the time themselves. */
const EXPIRE_EVERY_MS = 30_000;

/** Closes changes whose waves are over, so that lists tell the truth. */
export function startChangeLoop(world: World): Loop {
  return startLoop({
    name: "change-expiry",
    idleMs: EXPIRE_EVERY_MS,
    log: world.log,
    turn: async () => {
      await expireOverdue(world);
      return false;
    },
  });
}
