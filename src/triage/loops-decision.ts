import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { endOverdueDeferrals } from "./actions-deferral.ts";
import { endOverdueExceptions } from "./actions-exception-end.ts";

/** Whoever shows a date looks at the time itself; this makes lists and the ledger say so too. */
const LOOK_EVERY_MS = 60_000;

/** Ends what was decided for a time: deferrals, and exceptions that rest on what is no longer so. */
export function startDecisionLoop(world: World): Loop {
  return startLoop({
    name: "decisions",
    idleMs: LOOK_EVERY_MS,
    log: world.log,
    turn: async () => {
      await endOverdueDeferrals(world);
      await endOverdueExceptions(world);
      return false;
    },
  });
}
