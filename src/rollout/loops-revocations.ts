import { startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { takeTellings, tellRevocation } from "./actions-tell.ts";
import type { Telling } from "./revocation.ts";

/** A new revocation wakes the loop; this is for hosts that were away. */
const IDLE_MS = 2_000;
/** Hosts that call in are waited for, so many more are told at once than there are cores. */
const TELLINGS_MAX = 64;

/** Tells hosts of revocations, each on its own, so that a dead one holds up no other. */
export function startRevocations(world: World): { wake(): void; stop(): Promise<void> } {
  const abort = new AbortController();
  const running = new Map<Telling, Promise<void>>();
  const tell = async (telling: Telling): Promise<void> => {
    try {
      await tellRevocation(world, telling, abort.signal);
    } catch (cause) {
      // Its lease ends, and then it is told again.
      world.log.error({ err: cause, host: telling.host }, "a host could not be told");
    } finally {
      running.delete(telling);
      loop.wake();
    }
  };
  const loop = startLoop({
    name: "revocations",
    idleMs: IDLE_MS,
    log: world.log,
    async turn() {
      const room = TELLINGS_MAX - running.size;
      for (const telling of room > 0 ? await takeTellings(world, room) : []) {
        running.set(telling, tell(telling));
      }
      return false;
    },
  });
  return {
    wake: loop.wake,
    async stop() {
      await loop.stop();
      abort.abort();
      await Promise.all(running.values());
    },
  };
}
