import { setTimeout as sleep } from "node:timers/promises";
import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import type { LogKey } from "./checkpoint.ts";
import { sequence } from "./loops-sequencer.ts";

/** Woken by the `ledger` channel; looks by itself as often as this in case a hint was lost. */
const IDLE_MS = 2_000;
/**
 * Between two heads. A head costs a dozen statements, a signature and some synced files however many
 * events it takes in, so what comes in quick succession shares one; the first goes in at once.
 */
const HEADS_APART_MS = 500;

export function startSequencer(world: World, key: LogKey): Loop {
  return startLoop({
    name: "ledger sequencer",
    idleMs: IDLE_MS,
    log: world.log,
    async turn() {
      const hasMore = await sequence(world, key);
      if (!hasMore) await sleep(HEADS_APART_MS);
      return hasMore;
    },
  });
}
