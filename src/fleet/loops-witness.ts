import { startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { askWitness, proposeNext, takeWitnesses } from "./actions-witness.ts";
import type { Witness } from "./store-witness.ts";

/** Approvals wait for it, so it looks often; both questions are answered by a handful of rows. */
const IDLE_MS = 1_000;
const ASKED_AT_ONCE_MAX = 64;

/** Puts heads before the witnesses, each on its own, so that a dead one holds up no other. */
export function startWitnesses(world: World): { wake(): void; stop(): Promise<void> } {
  const abort = new AbortController();
  const running = new Map<Witness, Promise<void>>();
  const ask = async (witness: Witness): Promise<void> => {
    try {
      await askWitness(world, witness, abort.signal);
    } catch (cause) {
      // Its lease ends, and then it is asked again.
      world.log.error({ err: cause, witness: witness.name }, "a witness could not be asked");
    } finally {
      running.delete(witness);
      loop.wake();
    }
  };
  const loop = startLoop({
    name: "witnesses",
    idleMs: IDLE_MS,
    log: world.log,
    async turn() {
      await proposeNext(world);
      const room = ASKED_AT_ONCE_MAX - running.size;
      for (const witness of room > 0 ? await takeWitnesses(world, room) : []) {
        running.set(witness, ask(witness));
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
