import { randomUUID } from "node:crypto";
import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { closeLine, forward, newMemory } from "./actions.ts";
import { addMissingSinks, leaveSink } from "./store.ts";

/** Woken when events are written; they get their place in the ledger a moment later. */
const IDLE_MS = 1_000;

/** One loop for each receiver, so that a slow one delays its own events only. */
export async function startForwarding(world: World): Promise<Loop> {
  const { to } = world.config.events;
  if (to.length > 0) await addMissingSinks(world.db, to);
  const server = randomUUID();
  const loops = to.map((sink) => {
    const memory = newMemory();
    const loop = startLoop({
      name: `event sink ${sink.name}`,
      idleMs: IDLE_MS,
      log: world.log,
      turn: () => forward(world, { sink, server, memory }),
    });
    return {
      wake: () => loop.wake(),
      async stop() {
        await loop.stop();
        closeLine(memory);
        await leaveSink(world.db, sink.name, server);
      },
    };
  });
  return {
    wake() {
      for (const loop of loops) loop.wake();
    },
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
