import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import type { LogKey } from "./checkpoint.ts";
import { sequence } from "./loops-sequencer.ts";

/** Woken by the `ledger` channel; looks by itself as often as this in case a hint was lost. */
const IDLE_MS = 2_000;

export function startSequencer(world: World, key: LogKey): Loop {
  return startLoop({
    name: "ledger sequencer",
    idleMs: IDLE_MS,
    log: world.log,
    turn: () => sequence(world, key),
  });
}
