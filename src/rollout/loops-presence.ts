import { startLoop } from "../base/loop.ts";
import type { Engine } from "./engine.ts";
import { bePresent } from "./store-presence.ts";

/** This server's own word that it lives; nothing is begun before others can see it. */
export interface Presence {
  readonly isHeld: () => boolean;
  stop(): Promise<void>;
}

/** After its session broke, a server is there again this soon. */
const AGAIN_MS = 500;

export function startPresence(engine: Engine, onHeld: () => void): Presence {
  const { world, server } = engine;
  const abort = new AbortController();
  let isHeld = false;
  const loop = startLoop({
    name: "rollout-presence",
    idleMs: AGAIN_MS,
    log: world.log,
    async turn() {
      try {
        await bePresent(world.db, server, {
          signal: abort.signal,
          onHeld() {
            isHeld = true;
            onHeld();
          },
        });
      } finally {
        isHeld = false;
      }
      return false;
    },
  });
  return {
    isHeld: () => isHeld,
    async stop() {
      abort.abort();
      await loop.stop();
    },
  };
}
