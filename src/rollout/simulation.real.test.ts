import { sql } from "kysely";
import { expect, test } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import { sha256 } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import { makeMachineKey, openMachineKey } from "../base/sshsig.ts";
import { emptyCalendar } from "../calendar/model.ts";
import { type Db, inTransaction } from "../db/database.ts";
import type { Executor } from "../fleet/model.ts";
import { takeResults } from "./actions-results.ts";
import { takeTurns } from "./actions-turn.ts";
import type { Engine } from "./engine.ts";
import { resultMove } from "./result-move.ts";
import { loadFacts } from "./store.ts";
import type { Claimed } from "./store-claims.ts";
import { haltRollout, lockForHalt, resumeRollout } from "./store-halts.ts";
import { permit } from "./store-permits.ts";
import { recordVerdict, type SignedResult, takeUnjudged } from "./store-results.ts";
import {
  addHosts,
  age,
  aRollout,
  brokenInvariants,
  type Story,
  type TargetRow,
  targetsOf,
} from "./store-story.ts";
import {
  dropTargets,
  endConversation,
  recordProgress,
  retryTargets,
  sweepTargets,
  takeOverConversations,
} from "./store-targets.ts";

/**
 * Two servers, a real database, and hosts that lose messages, answer late or twice, and vanish. The
 * engine's own code runs; only the wire and the hosts are simulated. Every run has a seed; a seed
 * that failed is put into `SIMULATION_SEED`.
 */
type Random = () => number;

function mulberry32(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const TTL_MS = 3_000;
/** A staged host waits this long for its permit, then holds (three asks of 20 s). */
const STAGED_MS = 60_000;

interface Job {
  readonly story: Story;
  readonly attempt: number;
  readonly epoch: number;
  phase: "staged" | "applying" | "ended";
  stagedAt: number;
  /** A permit on its way: the host may start until then. */
  permitUntil: number | null;
  last: { state: "done" | "failed" | "rolled-back" | "held"; code: string } | null;
}

class SimulatedHost {
  readonly id: HostId;
  counter = 0;
  job: Job | null = null;
  isGone = false;
  readonly outbox: SignedResult[] = [];
  /** One entry for each time the patch was really applied: plan and attempt. */
  readonly effects: string[] = [];
  made = 0;
  constructor(id: HostId) {
    this.id = id;
  }
}

class Simulation {
  readonly db: Db;
  readonly random: Random;
  readonly hosts = new Map<HostId, SimulatedHost>();
  readonly stories: Story[] = [];
  readonly engines: Engine[];
  /** Simulated time beside the database's; `age` moves both. */
  now = 0;
  haltedAt = new Map<string, number>();
  starts: { plan: string; at: number }[] = [];
  isKind = false;
  #nonce = 0;

  constructor(db: Db, engines: Engine[], random: Random) {
    this.db = db;
    this.engines = engines;
    this.random = random;
  }

  chance(p: number): boolean {
    return this.random() < (this.isKind ? 0 : p);
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!;
  }

  get server(): Engine {
    return this.pick(this.engines);
  }

  /** The engine decides; each order arrives, or is lost with the server that sent it. */
  async turn(): Promise<void> {
    const engine = this.server;
    const { claimed } = await takeTurns(engine, 100);
    for (const order of claimed) {
      if (this.chance(0.2)) continue;
      await this.deliver(engine, order);
      if (this.chance(0.1)) await this.deliver(engine, order);
    }
  }

  async deliver(engine: Engine, order: Claimed): Promise<void> {
    const host = this.hosts.get(order.host)!;
    const { rollout, attempt, epoch } = order;
    if (host.isGone) {
      const hold = {
        why: "host-unreachable",
        kind: "unreachable",
        problem: "gone",
        since: 0,
        retryAt: null,
      } as const;
      const dropped = { rollout, host: host.id, attempt, epoch, hold, retryAfterSeconds: 5 };
      await dropTargets(this.db, [dropped]);
      return;
    }
    if (order.counter <= host.counter) return;
    host.counter = order.counter;
    const story = this.stories.find((s) => s.id === rollout)!;
    const { job } = host;
    const isSame = job !== null && job.story === story && job.attempt === attempt;
    if (isSame && job.phase === "ended") return this.answer(host, story, job);
    if (job !== null && job.phase !== "ended") {
      // The worker holds the host's lock.
      const refused = this.result(host, { story, attempt, state: "refused", code: "E_BUSY" });
      if (!this.chance(0.3)) await this.receive(refused);
      return;
    }
    const phase = "staged";
    const stagedAt = this.now;
    host.job = { story, attempt, epoch, phase, stagedAt, permitUntil: null, last: null };
    await endConversation(
      this.db,
      { rollout, host: host.id, attempt, epoch },
      { owner: engine.server, retryAfterSeconds: 0, wasHeard: true },
    );
  }

  result(
    host: SimulatedHost,
    of: { story: Story; attempt: number; state: string; code: string },
  ): SignedResult {
    host.made += 1;
    const document = `${host.id} ${host.made}`;
    const kind = "apply" as const;
    const state = of.state as "done";
    const begun = of.state === "held" ? "HELD begun=no" : "";
    const isAccepted = of.state !== "refused";
    const said = { lastLine: begun, isAccepted, now: Date.now() };
    return {
      plan: of.story.plan,
      host: host.id,
      attempt: of.attempt,
      kind,
      state,
      code: of.code,
      way: "ssh",
      counter: host.made,
      document,
      digest: sha256(document),
      signature: "s",
      signedBy: "k",
      move: resultMove({ kind, state, code: of.code }, said),
      lookBy: null,
    };
  }

  answer(host: SimulatedHost, story: Story, job: Job): void {
    if (job.last === null) return;
    host.outbox.push(this.result(host, { story, attempt: job.attempt, ...job.last }));
  }

  async receive(result: SignedResult): Promise<void> {
    await inTransaction(this.db, (tx) => takeResults(tx, [result], Date.now()));
  }

  /** One host does one thing. */
  async hostActs(): Promise<void> {
    const host = this.pick([...this.hosts.values()]);
    if (!this.isKind && this.chance(0.05)) host.isGone = !host.isGone;
    const { job } = host;
    if (job === null) return;
    if (job.phase === "staged") return this.stagedActs(host, job);
    if (job.phase === "applying") {
      const roll = this.random();
      const last = this.isKind || roll < 0.9 ? "done" : roll < 0.95 ? "failed" : "rolled-back";
      this.end(host, job, { state: last, code: last === "done" ? "-" : "E_PROBE" });
    }
  }

  async stagedActs(host: SimulatedHost, job: Job): Promise<void> {
    if (job.permitUntil !== null) {
      const isFresh = this.now < job.permitUntil;
      job.permitUntil = null;
      if (isFresh) return this.start(host, job);
    }
    if (this.now - job.stagedAt > STAGED_MS) {
      return this.end(host, job, { state: "held", code: "E_PERMIT" });
    }
    if (host.isGone) return;
    this.#nonce += 1;
    const nonce = this.#nonce.toString(16).padStart(32, "0");
    const { story, attempt, epoch } = job;
    const index = story.hosts.indexOf(host.id);
    const about = { rollout: story.id, host: host.id, index, attempt, epoch };
    const ask = { ...about, kind: "apply", nonce } as const;
    const under = { scopes: story.scopes, changes: [story.change], calendar: emptyCalendar };
    const granted = await permit(this.db, [ask], under);
    if (granted.length > 0 && !this.chance(0.3)) job.permitUntil = this.now + TTL_MS;
  }

  start(host: SimulatedHost, job: Job): void {
    job.phase = "applying";
    host.effects.push(`${job.story.plan} ${job.attempt}`);
    this.starts.push({ plan: job.story.plan, at: this.now });
  }

  end(host: SimulatedHost, job: Job, last: NonNullable<Job["last"]>): void {
    job.phase = "ended";
    job.last = last;
    this.answer(host, job.story, job);
  }

  /** A server asks a host again; what waits there comes, perhaps twice, perhaps not at all. */
  async takeOver(): Promise<void> {
    const engine = this.server;
    for (const key of await takeOverConversations(this.db, engine.server, 10)) {
      const host = this.hosts.get(key.host)!;
      const isMine = host.job !== null && host.job.attempt === key.attempt;
      if (!host.isGone && !this.chance(0.2)) {
        if (isMine && host.job!.phase === "applying") {
          const { rollout, attempt } = key;
          const line = { rollout, host: key.host, attempt, verb: "begin", step: "x" } as const;
          await inTransaction(this.db, (tx) => recordProgress(tx, [line]));
        }
        await this.collect(host);
      }
      const { server: owner } = engine;
      await endConversation(this.db, key, { owner, retryAfterSeconds: 2, wasHeard: !host.isGone });
    }
  }

  async collect(host: SimulatedHost): Promise<void> {
    for (const result of [...host.outbox]) {
      if (this.chance(0.2)) continue;
      await this.receive(result);
      if (!this.chance(0.3)) host.outbox.splice(host.outbox.indexOf(result), 1);
    }
  }

  async look(): Promise<void> {
    const owner = this.server.server;
    const take = { owner, countMax: 5, leaseSeconds: 60 };
    const looks = await inTransaction(this.db, (tx) => takeUnjudged(tx, take));
    for (const { rollout, host, attempt } of looks) {
      if (this.chance(0.2)) continue;
      const verdict = this.chance(0.1) ? null : "verified";
      const judged = { rollout, host, attempt, owner, verdict, evidence: {}, retryAfterSeconds: 5 };
      await inTransaction(this.db, (tx) => recordVerdict(tx, { ...judged, verdict } as never));
    }
  }

  async pass(ms: number): Promise<void> {
    this.now += ms;
    await age(this.db, ms);
  }

  async person(): Promise<void> {
    const story = this.pick(this.stories);
    await inTransaction(this.db, async (tx) => {
      await lockForHalt(tx, `rollout:${story.id}`);
      const reason = { why: "person", text: "wait" } as const;
      if (this.chance(0.5)) {
        await haltRollout(tx, { rollout: story.id, reason, isFrozen: false });
        return;
      }
      await resumeRollout(tx, story.id);
      await retryTargets(tx, story.id, null);
    });
  }

  /** Notes when each rollout was seen halted, for the rule that nothing starts afterwards. */
  async noteHalts(): Promise<void> {
    const { rows } = await sql<{ plan: string; state: string }>`
      select plan, state from rollout`.execute(this.db);
    for (const { plan, state } of rows) {
      if (state !== "halted") this.haltedAt.delete(plan);
      else if (!this.haltedAt.has(plan)) this.haltedAt.set(plan, this.now);
    }
  }

  async check(): Promise<void> {
    expect(await brokenInvariants(this.db)).toEqual([]);
    for (const host of this.hosts.values()) {
      expect(new Set(host.effects).size).toBe(host.effects.length);
    }
    for (const { plan, at } of this.starts.splice(0)) {
      const haltedAt = this.haltedAt.get(plan);
      if (haltedAt !== undefined) expect(at).toBeLessThan(haltedAt + TTL_MS);
    }
    await this.noteHalts();
  }

  async step(): Promise<void> {
    const roll = this.random();
    if (roll < 0.25) await this.turn();
    else if (roll < 0.6) await this.hostActs();
    else if (roll < 0.7) await this.takeOver();
    else if (roll < 0.8) await this.look();
    else if (roll < 0.86) await sweepTargets(this.db);
    else if (roll < 0.97) await this.pass(this.pick([500, 2_000, 10_000, 130_000]));
    else if (!this.isKind) await this.person();
    await this.check();
  }
}

const noExecutor = {} as Executor;

async function simulate(seed: number): Promise<void> {
  const { world, close } = await testWorld();
  try {
    const dispatcherKey = openMachineKey(makeMachineKey().privateKeyPem);
    const engine = (server: string): Engine => {
      return { world, server, executor: noExecutor, dispatcherKey };
    };
    const sim = new Simulation(world.db, [engine("a"), engine("b")], mulberry32(seed));
    const ids = await addHosts(world.db, 8);
    for (const id of ids) sim.hosts.set(id, new SimulatedHost(id));
    const gate = { inFlightMax: 2, soakSeconds: 5, successRate: 0.5, failureBudget: 1 };
    for (const hosts of [ids, ids.slice(3)]) {
      const waves = [
        { ring: "canary", hosts: hosts.slice(0, 2), gate },
        { ring: "1", hosts: hosts.slice(2), gate },
      ];
      sim.stories.push(await aRollout(world.db, waves, { attemptsMax: 3 }));
    }
    for (let n = 0; n < 120; n += 1) await sim.step();
    await settle(sim);
    for (const story of sim.stories) await checkEnd(sim, story);
  } finally {
    await close();
  }
}

/** Everything works again: every host must come to an end that is explained. */
async function settle(sim: Simulation): Promise<void> {
  sim.isKind = true;
  for (const host of sim.hosts.values()) host.isGone = false;
  for (let n = 0; n < 60; n += 1) {
    for (const story of sim.stories) {
      await inTransaction(sim.db, (tx) => resumeRollout(tx, story.id));
    }
    await sim.noteHalts();
    await sim.turn();
    for (let acts = 0; acts < 12; acts += 1) await sim.hostActs();
    await sim.pass(15_000);
    await sim.takeOver();
    await sim.look();
    await sweepTargets(sim.db);
    await sim.check();
    if (await isQuiet(sim)) return;
  }
}

async function isQuiet(sim: Simulation): Promise<boolean> {
  const all = await Promise.all(sim.stories.map((story) => targetsOf(sim.db, story)));
  return all.flat().every(isAtRest);
}

function isAtRest(target: TargetRow): boolean {
  if (target.state === "done" || target.state === "noop") return target.verdict !== null;
  if (target.state === "held") return !target.isBegun;
  return ["failed", "rolled-back", "skipped"].includes(target.state);
}

async function checkEnd(sim: Simulation, story: Story): Promise<void> {
  const targets = await targetsOf(sim.db, story);
  const loaded = await loadFacts(sim.db, story.id);
  const gateFailed = loaded?.facts.waves.some((w) => w.holds.some((h) => h.why === "gate-failed"));
  for (const target of targets) {
    const effects = sim.hosts
      .get(target.host)!
      .effects.filter((effect) => effect.startsWith(story.plan));
    // A host that is done did it in that very attempt, once.
    if (target.state === "done") expect(effects).toContain(`${story.plan} ${target.attempt}`);
    if (target.state === "held" && target.attempt === 1) expect(effects).toEqual([]);
    // Only a gate that failed, for good reason, may leave hosts waiting.
    if (!isAtRest(target)) expect([target.state, gateFailed]).toEqual(["ready", true]);
  }
}

const first = Number(process.env["SIMULATION_SEED"] ?? Date.now() % 1_000_000);
const seeds = Array.from({ length: 5 }, (_, at) => first + at);

test.each(seeds)("nothing is lost, doubled or started against a halt (seed %i)", async (seed) => {
  await simulate(seed);
});
