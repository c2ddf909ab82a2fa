import { startEachAlone } from "../base/each-alone.ts";
import type { World } from "../db/world.ts";
import { takePolicyTellings, tellPolicies } from "./actions-host-policies.ts";

/** A new policy wakes the loop; this is for hosts that were away. */
const IDLE_MS = 5_000;
const TELLINGS_MAX = 64;

/** Carries published policies to hosts. */
export function startHostPolicies(world: World): { wake(): void; stop(): Promise<void> } {
  return startEachAlone({
    name: "host policies",
    idleMs: IDLE_MS,
    log: world.log,
    atOnceMax: TELLINGS_MAX,
    take: async (room) => (room > 0 ? takePolicyTellings(world, room) : []),
    work: (telling, signal) => tellPolicies(world, telling, signal),
    failed: ({ host }, cause) =>
      world.log.error({ err: cause, host }, "a host could not be told of a policy"),
  });
}
