import { randomUUID } from "node:crypto";
import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { mirrorAll } from "./actions.ts";
import type { SystemMemory } from "./actions-ask.ts";
import { leaveSystems } from "./store.ts";

/** Woken when events get their place in the ledger; states are read by their own times. */
const IDLE_MS = 2_000;

export function startMirrors(world: World): Loop {
  const server = randomUUID();
  const memories = new Map<string, SystemMemory>();
  const loop = startLoop({
    name: "ITSM mirrors",
    idleMs: IDLE_MS,
    log: world.log,
    turn: () => mirrorAll(world, { server, memories }),
  });
  return {
    wake: () => loop.wake(),
    async stop() {
      await loop.stop();
      await leaveSystems(world.db, server);
    },
  };
}
