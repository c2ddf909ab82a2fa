import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { World } from "../src/db/world.ts";
import { addHosts, aRollout } from "../src/rollout/store-story.ts";
import { judgeAll, startSimulatedLoop } from "./engine-loop.ts";

/** A rollout of waves of one size whose hosts are done at once, held to a rate by the waves' own limit. */
export interface WatchedRollout {
  readonly ref: string;
  /** Starts the engine's own turns, claims, permits and results; gives what ends them. */
  run(): () => Promise<void>;
  verified(): Promise<number>;
}

export async function watchedRollout(
  world: World,
  of: {
    readonly hosts: number;
    readonly waves: number;
    readonly rate: number;
    /** Hosts at the end of the last wave that have failed already. */
    readonly failed?: number;
  },
): Promise<WatchedRollout> {
  const { hosts, waves, rate } = of;
  const ids = await addHosts(world.db, hosts);
  const size = Math.ceil(hosts / waves);
  const { failed = 0 } = of;
  const gate = {
    ...{ inFlightMax: rate, rate: { hosts: rate, seconds: 1 }, soakSeconds: 0 },
    failureBudget: failed,
  };
  const story = await aRollout(
    world.db,
    Array.from({ length: Math.ceil(hosts / size) }, (_, at) => ({
      ring: `ring ${at + 1}`,
      hosts: ids.slice(at * size, (at + 1) * size),
      gate,
    })),
  );
  await sql`
    update target set state = 'failed', is_begun = true, attempt = 2, result_code = 'E_STEP',
           ended_at = now()
     where rollout = ${story.id} and leaf_index >= ${hosts - failed}`.execute(world.db);
  return {
    ref: `R-${story.number}`,
    run() {
      const loop = startSimulatedLoop(world);
      let isOver = false;
      const judging = (async () => {
        while (!isOver) {
          if ((await judgeAll(world)) > 0) loop.wake();
          await sleep(50);
        }
      })();
      return async () => {
        isOver = true;
        await judging;
        await loop.stop();
      };
    },
    async verified() {
      const { rows } = await sql<{ hosts: number }>`
        select count(*) as hosts from target where verdict = 'verified'`.execute(world.db);
      return rows[0]?.hosts ?? 0;
    },
  };
}
