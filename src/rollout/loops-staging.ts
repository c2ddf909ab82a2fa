import { startEachAlone } from "../base/each-alone.ts";
import { stageHost, takeStaging } from "./actions-staging.ts";
import type { Engine } from "./engine.ts";
import type { Presence } from "./loops-presence.ts";

const IDLE_MS = 5_000;
/** Each waits for a download: more at once would only share the same line. */
const STAGED_AT_ONCE_MAX = 16;

/** Brings files to hosts whose wave is near. */
export function startStaging(
  engine: Engine,
  presence: Presence,
): { wake(): void; stop(): Promise<void> } {
  const { log } = engine.world;
  return startEachAlone({
    name: "rollout-staging",
    idleMs: IDLE_MS,
    log,
    atOnceMax: STAGED_AT_ONCE_MAX,
    take: async (room) => (presence.isHeld() ? takeStaging(engine, room) : []),
    work: (staging, signal) => stageHost(engine, staging, signal),
    failed: ({ host }, cause) => log.error({ err: cause, host }, "files could not be staged"),
  });
}
