import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { present } from "../src/base/failure.ts";
import type { HostId, RolloutId } from "../src/base/ids.ts";
import { startLoop } from "../src/base/loop.ts";
import type { World } from "../src/db/world.ts";
import { EMPTY_HEAD } from "../src/fleet/order.ts";
import { machineKey } from "../src/fleet/store-keys.ts";
import { permitDesk } from "../src/rollout/actions-permit.ts";
import { resultDesk } from "../src/rollout/actions-results.ts";
import { type Engine, LEASE_SECONDS } from "../src/rollout/engine.ts";
import { startPresence } from "../src/rollout/loops-presence.ts";
import { startTurns } from "../src/rollout/loops-turns.ts";
import { loadRollout, type RolloutRow } from "../src/rollout/store.ts";
import type { Claimed } from "../src/rollout/store-claims.ts";
import { releaseDead } from "../src/rollout/store-presence.ts";
import { keepLeases, type TargetKey, takeOverConversations } from "../src/rollout/store-targets.ts";
import type { Hands } from "../src/rollout/turn.ts";
import { resultOf } from "./engine-claims.ts";

/**
 * The engine's own turn, claims, permits (signed) and results, with hosts that are done at once. What
 * is not as in use: nothing is sent over a network, and the looks at hosts, each a connection of its
 * own there, are written together.
 */
export interface Loop {
  /** When the first host of each wave was claimed, by `<rollout> <wave>`. */
  readonly firstClaims: ReadonlyMap<string, number>;
  readonly done: () => number;
  /** Looks again at once, as a hint from the database does. */
  wake(): void;
  stop(): Promise<void>;
}

/** What a host does once it may, and whether it did so before; its memory outlives the server's. */
export interface HostMemory {
  hasDone(host: HostId): boolean;
  apply(host: HostId): void;
}

/** Jobs at once over the whole fleet. */
export const ROOM = 4_000;
/** As the server's loops for leases and dead servers. */
const KEEP_EVERY_MS = 2_000;

const forgetful: HostMemory = { hasDone: () => false, apply: () => undefined };

export function startSimulatedLoop(world: World, memory: HostMemory = forgetful): Loop {
  const engine: Engine = {
    world,
    server: `bench-${randomBytes(4).toString("hex")}`,
    executor: new Proxy({} as Engine["executor"], { get: refuse }),
    dispatcherKey: machineKey(world.paths.state, "dispatcher"),
  };
  const host = simulatedHost(engine, memory);
  const firstClaims = new Map<string, number>();
  const talks = new Set<TargetKey>();
  let [done, reserved] = [0, 0];
  const begin = (one: Claimed): void => {
    talks.add(one);
    void host(one).then((isDone) => {
      talks.delete(one);
      done += Number(isDone);
      turns.wake();
    });
  };
  const hands: Hands = {
    reserve(countMax) {
      const some = Math.max(0, Math.min(countMax, ROOM - talks.size - reserved));
      reserved += some;
      return some;
    },
    settle(reservedThen, claimed) {
      reserved -= reservedThen;
      for (const one of claimed) {
        const wave = `${one.rollout} ${one.wave}`;
        if (!firstClaims.has(wave)) firstClaims.set(wave, performance.now());
        begin(one);
      }
    },
  };
  const presence = startPresence(engine, () => {
    turns.wake();
    house.wake();
  });
  const turns = startTurns(engine, { isHeld: presence.isHeld, hands });
  const house = startLoop({
    name: "house",
    idleMs: KEEP_EVERY_MS,
    log: world.log,
    async turn() {
      if (!presence.isHeld()) return false;
      for (const talk of await keepHouse(engine, talks)) begin(talk);
      turns.wake();
      return false;
    },
  });
  return {
    firstClaims,
    done: () => done,
    wake: () => turns.wake(),
    async stop() {
      await Promise.all([turns.stop(), house.stop()]);
      while (talks.size > 0) await sleep(5);
      await presence.stop();
    },
  };
}

function refuse(): never {
  throw new Error("the hosts of this benchmark are not reached over a network");
}

/** Keeps the talks of this server, and takes over those that nobody keeps, as the server's sweep does. */
async function keepHouse(
  engine: Engine,
  talks: ReadonlySet<TargetKey>,
): Promise<readonly Claimed[]> {
  const { db } = engine.world;
  await keepLeases(db, engine.server, { keys: [...talks], leaseSeconds: LEASE_SECONDS });
  await releaseDead(db, engine.server);
  const taken: Claimed[] = [];
  for (;;) {
    const keys = await takeOverConversations(db, engine.server, ROOM);
    if (keys.length === 0) return taken;
    const { rows } = await sql<Claimed>`
      select t.rollout, r.plan, t.host, t.wave, t.leaf_index as "leafIndex", t.body, t.kind,
             t.attempt, t.epoch, s.counter, 0 as "issuedAt"
        from target t join rollout r on r.id = t.rollout join host_slot s on s.host = t.host
       where t.host = any(${keys.map((key) => key.host)}::text[]) and t.is_busy`.execute(db);
    taken.push(...rows);
  }
}

/** Asks for its permit, applies, and says that it is done; false when it got no permit. */
function simulatedHost(engine: Engine, memory: HostMemory) {
  const [permits, results] = [permitDesk(engine), resultDesk(engine)];
  const rollouts = new Map<RolloutId, Promise<RolloutRow | null>>();
  const rolloutOf = async (id: RolloutId): Promise<RolloutRow> => {
    const loading = rollouts.get(id) ?? loadRollout(engine.world.db, id);
    rollouts.set(id, loading);
    return present(await loading, "the rollout of a claim");
  };
  return async (claimed: Claimed): Promise<boolean> => {
    if (!memory.hasDone(claimed.host)) {
      const answer = await permits(askOf(engine, claimed, await rolloutOf(claimed.rollout)));
      if (answer.kind !== "permit") return false;
      memory.apply(claimed.host);
    }
    await results(resultOf(claimed));
    return true;
  };
}

function askOf(engine: Engine, claimed: Claimed, { change, scopes }: RolloutRow) {
  const { rollout, host, plan, leafIndex: index, attempt, epoch } = claimed;
  const zeros = "0".repeat(64);
  const { deployment: tenant } = engine.world.config;
  const ask = {
    ...{ kind: "apply" as const, tenant, host: "h-1", plan, index, attempt, epoch },
    ...{ nonce: randomBytes(16).toString("hex"), state: "staged", boot: "boot" },
    ...{ token: zeros, policy: zeros, head: EMPTY_HEAD },
  };
  return { rollout, host, change, scopes, ask };
}

/** What looks at hosts would find: every host that says it is done is. Returns how many. */
export async function judgeAll(world: World): Promise<number> {
  const { rows } = await sql<{ rollout: string }>`
    update target set verdict = 'verified', lease_owner = null, lease_until = null
     where is_checking returning rollout`.execute(world.db);
  const rollouts = [...new Set(rows.map((row) => row.rollout))];
  await sql`update rollout set look_at = now()
             where id = any(${rollouts}::text[]) and state = 'running'`.execute(world.db);
  return rows.length;
}
