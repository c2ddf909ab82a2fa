import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import { type Loop, startLoop } from "../base/loop.ts";
import type { Channel } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { isNewestToken } from "../fleet/actions-agent-poll.ts";
import { sshExecutor } from "../fleet/executors/ssh/executor.ts";
import type { Executor } from "../fleet/model.ts";
import { machineKey } from "../fleet/store-keys.ts";
import { reachFor } from "../reach/reach-by-certificate.ts";
import { measureDueGates } from "./actions-gates.ts";
import { joinRules } from "./actions-joins.ts";
import { giveBackLook, lookAtHost, stillLooking, takeLooks } from "./actions-verify.ts";
import { type Engine, KEEP_LEASES_MS } from "./engine.ts";
import { holdConversations } from "./loops-conversations.ts";
import { type Presence, startPresence } from "./loops-presence.ts";
import { startRevocations } from "./loops-revocations.ts";
import { startStaging } from "./loops-staging.ts";
import { startTurns } from "./loops-turns.ts";
import { lookAtIntegrated } from "./store-approvals.ts";
import { loadJobAbout } from "./store-job-about.ts";
import { releaseDead } from "./store-presence.ts";
import type { Unjudged } from "./store-results.ts";
import { loadStagingAbout } from "./store-staging.ts";
import { sweepTargets } from "./store-targets.ts";

/** The background work of rollouts in one server; any number of servers may run it side by side. */
export interface Rollouts {
  /** After a hint on the channel `rollout`, or on `change`: then an approval may have come into the log. */
  wake(channel?: Channel): void;
  stop(): Promise<void>;
}

const ENGINE_IDLE_MS = 1_000;
const SWEEP_MS = 2_000;
/** Gates are due some seconds apart at the least. */
const GATES_IDLE_MS = 2_000;
/** A host that a rule selects by now joins this soon; nobody waits for it. */
const JOINS_MS = 5_000;
/** So long without a sweep: this server was deaf, as its database was away or it stood still. */
const DEAF_MS = 15_000;
const LOOKS_MAX = 16;
/** Most hosts are looked at over the line that brought their job, and each of those wakes this loop too. */
const LOOKS_APART_MS = 100;

/** Knows for how long this server has listened to hosts without a break. */
class Ear {
  #since = performance.now();
  #last = this.#since;

  /** Gives the seconds to one sweep; one that fails heard nothing. */
  async listened<T>(sweep: (seconds: number) => Promise<T>): Promise<T> {
    const now = performance.now();
    if (now - this.#last > DEAF_MS) this.#since = now;
    const swept = await sweep((now - this.#since) / SECOND_MS);
    this.#last = performance.now();
    return swept;
  }
}

export function startRollouts(world: World, executor: Executor = defaultExecutor(world)): Rollouts {
  const engine: Engine = {
    world,
    server: `server-${randomBytes(8).toString("hex")}`,
    executor,
    dispatcherKey: machineKey(world.paths.state, "dispatcher"),
  };
  const { log } = world;
  const presence = startPresence(engine, () => {
    sweep.wake();
    turns.wake();
  });
  const talks = holdConversations(engine, (state) => {
    turns.wake();
    // It may have stopped for a reason that has passed already.
    if (state === "held") sweep.wake();
  });
  const turns = startTurns(engine, { isHeld: presence.isHeld, hands: talks.hands });
  const ear = new Ear();
  const sweep = startLoop({
    name: "rollout-sweep",
    idleMs: SWEEP_MS,
    log,
    async turn() {
      if (!presence.isHeld()) return false;
      const dead = await releaseDead(world.db, engine.server);
      if (dead.length > 0) looks.wake();
      const { expired, silent, again } = await ear.listened((s) => sweepTargets(world.db, s));
      if (dead.length + expired + silent + again > 0) turns.wake();
      await talks.takeOver();
      return false;
    },
  });
  const keep = startLoop({
    name: "rollout-leases",
    idleMs: KEEP_LEASES_MS,
    log,
    async turn() {
      await talks.keepLeases();
      return false;
    },
  });
  const gates = startGates(world);
  const joins = startJoins(world, presence, () => turns.wake());
  const looks = startLooks(engine, presence, () => turns.wake());
  const revocations = startRevocations(world);
  const staging = startStaging(engine, presence);
  const approvals = startApprovals(world, presence, () => turns.wake());
  const loops = [turns, sweep, keep, looks, gates, joins, revocations, staging, approvals];
  return {
    wake(channel) {
      if (channel === "change") approvals.wake();
      for (const loop of [turns, looks, revocations, staging]) loop.wake();
    },
    async stop() {
      await Promise.all(loops.map((l) => l.stop()));
      await talks.stop();
      await presence.stop();
    },
  };
}

export function defaultExecutor(world: World): Executor {
  return sshExecutor({
    tenant: world.config.deployment,
    transportTo(host, purpose) {
      if (purpose === "look") return reachFor(world, host, { purpose });
      const about = purpose === "stage" ? loadStagingAbout : loadJobAbout;
      return reachFor(world, host, { purpose: "job", judge: (tx) => about(tx, host.id) });
    },
    isNewestToken: (protocolId, token) => isNewestToken(world, protocolId, token),
  });
}

/** Brings forward the look at rollouts whose approval came into the log after they were started. */
function startApprovals(world: World, presence: Presence, onLook: () => void): Loop {
  return startLoop({
    name: "rollout-approvals",
    // Hints wake it; without one the rollout's own next look is soon enough.
    idleMs: MINUTE_MS,
    log: world.log,
    async turn() {
      if (presence.isHeld() && (await lookAtIntegrated(world.db))) onLook();
      return false;
    },
  });
}

/** Lets hosts join rollouts by rule. */
function startJoins(world: World, presence: Presence, onJoined: () => void) {
  return startLoop({
    name: "rollout-joins",
    idleMs: JOINS_MS,
    log: world.log,
    async turn() {
      if (presence.isHeld() && (await joinRules(world))) onJoined();
      return false;
    },
  });
}

/** Measures gates as they are due; a measurement under way is given up when the server ends. */
function startGates(world: World): Pick<Rollouts, "stop"> {
  const abort = new AbortController();
  const loop = startLoop({
    name: "rollout-gates",
    idleMs: GATES_IDLE_MS,
    log: world.log,
    turn: () => measureDueGates(world, abort.signal),
  });
  return {
    async stop() {
      abort.abort();
      await loop.stop();
    },
  };
}

/** Looks at hosts that say they are done, each on its own, so that a dead one holds up no other. */
function startLooks(engine: Engine, presence: Presence, onEnd: () => void): Loop {
  const abort = new AbortController();
  const running = new Map<Unjudged, Promise<void>>();
  /** Looks that failed here, as when the database went away: they are made again. */
  const failed = new Set<Unjudged>();
  const lookAndForget = async (look: Unjudged): Promise<void> => {
    try {
      await lookAtHost(engine, look, abort.signal);
    } catch (cause) {
      engine.world.log.error({ err: cause, host: look.host }, "a host could not be judged");
      failed.add(look);
    } finally {
      running.delete(look);
      onEnd();
    }
  };
  const loop = startLoop({
    name: "rollout-looks",
    idleMs: ENGINE_IDLE_MS,
    log: engine.world.log,
    async turn() {
      if (!presence.isHeld()) return false;
      for (const look of failed) {
        await giveBackLook(engine, look);
        failed.delete(look);
      }
      const room = LOOKS_MAX - running.size;
      for (const look of room > 0 ? await takeLooks(engine, room) : []) {
        running.set(look, lookAndForget(look));
      }
      await sleep(LOOKS_APART_MS);
      return false;
    },
  });
  const keep = startLoop({
    name: "rollout-look-leases",
    idleMs: KEEP_LEASES_MS,
    log: engine.world.log,
    async turn() {
      await stillLooking(engine, [...running.keys()]);
      return false;
    },
  });
  return {
    wake: loop.wake,
    async stop() {
      await Promise.all([loop.stop(), keep.stop()]);
      abort.abort();
      await Promise.all(running.values());
    },
  };
}
