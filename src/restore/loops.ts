import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { loadOpenRestore } from "./store.ts";

/** One row at most is read; whoever waits for it was told by a wake-up before. */
const IDLE_MS = 2_000;

/** Tells whether a restore is open, each time it looked: another server may have opened or ended it. */
export function startRestoreWatch(world: World, tell: (isOpen: boolean) => Promise<void>): Loop {
  return startLoop({
    name: "restore watch",
    idleMs: IDLE_MS,
    log: world.log,
    async turn() {
      await tell((await loadOpenRestore(world.db)) !== null);
      return false;
    },
  });
}
