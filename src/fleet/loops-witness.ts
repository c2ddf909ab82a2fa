import { startEachAlone } from "../base/each-alone.ts";
import type { World } from "../db/world.ts";
import { askWitness, proposeNext, takeWitnesses } from "./actions-witness.ts";

/** Approvals wait for it, so it looks often; both questions are answered by a handful of rows. */
const IDLE_MS = 1_000;
const ASKED_AT_ONCE_MAX = 64;

/** Puts heads before the witnesses. */
export function startWitnesses(world: World): { wake(): void; stop(): Promise<void> } {
  return startEachAlone({
    name: "witnesses",
    idleMs: IDLE_MS,
    log: world.log,
    atOnceMax: ASKED_AT_ONCE_MAX,
    async take(room) {
      const areThere = await proposeNext(world);
      return areThere && room > 0 ? takeWitnesses(world, room) : [];
    },
    work: (witness, signal) => askWitness(world, witness, signal),
    failed: ({ name }, cause) =>
      world.log.error({ err: cause, witness: name }, "a witness could not be asked"),
  });
}
