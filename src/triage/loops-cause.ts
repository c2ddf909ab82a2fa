import { SECOND_MS } from "../base/instant.ts";
import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { loadCauses } from "./store-cause.ts";

/** Cases are judged anew at most so often, however much is recorded; a look costs one index scan. */
const REST_MS = 15 * SECOND_MS;

/** Has cases judged anew after what can change their dates or their order was recorded. */
export function startCauseLoop(world: World, refresh: Pick<Loop, "wake">): Loop {
  let seen: number | null = null;
  let refreshedAt = Number.NEGATIVE_INFINITY;
  return startLoop({
    name: "causes",
    idleMs: REST_MS,
    log: world.log,
    async turn() {
      if (world.clock() - refreshedAt < REST_MS) return false;
      const { newest, hasCause } = await loadCauses(world.db, seen);
      seen = newest;
      if (!hasCause) return false;
      refreshedAt = world.clock();
      refresh.wake();
      return false;
    },
  });
}
