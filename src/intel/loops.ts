import { setTimeout as sleep } from "node:timers/promises";
import { systemActor } from "../base/actor.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { refreshFeeds } from "./actions-network.ts";
import { applyRuntimePolicy } from "./actions-runtime-aside.ts";
import { endExpiredVex } from "./actions-vex.ts";
import { rematchOnce } from "./rematch.ts";

/** Hosts that are looked at one after the other are matched together; the first at once. */
const MATCHES_APART_MS = 500;

/** Keeps findings up to date: to be woken by the channels `feed` and `scan`. */
export function startMatching(world: World): Loop {
  return startLoop({
    name: "intel.match",
    idleMs: MINUTE_MS,
    log: world.log,
    async turn() {
      await endExpiredVex(world);
      const { hasMore } = await rematchOnce(world);
      if (!hasMore) {
        await applyRuntimePolicy(world);
        await sleep(MATCHES_APART_MS);
      }
      return hasMore;
    },
  });
}

/** Asks the publishers by timetable; does nothing where the network is switched off for feeds. */
export function startFeedRefresh(world: World): Loop {
  const stopped = new AbortController();
  const loop = startLoop({
    name: "intel.refresh",
    idleMs: MINUTE_MS,
    log: world.log,
    turn: async () => {
      if (world.config.feeds.network === "on" && !stopped.signal.aborted) {
        await refreshFeeds(world, systemActor, { isForced: false, signal: stopped.signal });
      }
      return false;
    },
  });
  return {
    wake: () => loop.wake(),
    stop: async () => {
      // A download under way must not hold up the end of the server.
      stopped.abort();
      await loop.stop();
    },
  };
}
