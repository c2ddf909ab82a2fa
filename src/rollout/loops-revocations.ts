import { startEachAlone } from "../base/each-alone.ts";
import type { World } from "../db/world.ts";
import { takeTellings, tellRevocation } from "./actions-tell.ts";

/** A new revocation wakes the loop; this is for hosts that were away. */
const IDLE_MS = 2_000;
/** Hosts that call in are waited for, so many more are told at once than there are cores. */
const TELLINGS_MAX = 64;

/** Tells hosts of revocations. */
export function startRevocations(world: World): { wake(): void; stop(): Promise<void> } {
  return startEachAlone({
    name: "revocations",
    idleMs: IDLE_MS,
    log: world.log,
    atOnceMax: TELLINGS_MAX,
    take: async (room) => (room > 0 ? takeTellings(world, room) : []),
    work: (telling, signal) => tellRevocation(world, telling, signal),
    failed: ({ host }, cause) => world.log.error({ err: cause, host }, "a host could not be told"),
  });
}
