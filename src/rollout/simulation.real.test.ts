import { sql } from "kysely";
import { expect, test } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import { sha256 } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import { makeMachineKey, openMachineKey } from "../base/sshsig.ts";
import { emptyCalendar } from "../calendar/model.ts";
import { type Db, inTransaction } from "../db/database.ts";
import type { Executor } from "../fleet/model.ts";
import type { PlannedBudget } from "../plan/model.ts";
import { insertBudgets } from "../plan/store-budgets.ts";
import { takeResults } from "./actions-results.ts";
import { takeTurns } from "./actions-turn.ts";
import { FAILURES_MIN } from "./correlation.ts";
import type { Engine } from "./engine.ts";
import { resultMove } from "./result-move.ts";
import { type BookRollout, Books, type BookTarget } from "./simulation-books.ts";
import * as moves from "./simulation-books-moves.ts";
import {
  bookTurns,
  haltBook,
  loadFacts as loadBookFacts,
  resumeBook,
} from "./simulation-books-turn.ts";
import { joinBooks, mayJoin } from "./simulation-joins.ts";
import { type Random, randomFrom } from "./simulation-random.ts";
import { loadFacts, type NewRollout } from "./store.ts";
import type { Claimed } from "./store-claims.ts";
import { haltRollout, lockForHalt, resumeRollout } from "./store-halts.ts";
import { insertJoined, lockForJoin } from "./store-joins.ts";
import { type PermitAsk, permit } from "./store-permits.ts";
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
  keepLeases,
  recordProgress,
  retryTargets,
  sweepTargets,
  type TargetKey,
  takeOverConversations,
} from "./store-targets.ts";
import { takeTurns as takeTurnsOn } from "./turn.ts";
import type { WaveFacts } from "./wave.ts";

/**
 * Two servers, a real database, and hosts that lose messages, answer late or twice, and vanish. The
 * engine's own code runs; only the wire and the hosts are simulated. Every run has a seed; a seed
 * that failed is put into `SIMULATION_SEED`.
 */
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
  readonly random: Random["next"];
  readonly hosts = new Map<HostId, SimulatedHost>();
  readonly stories: Story[] = [];
  readonly engines: Engine[];
  /** Simulated time beside the database's; `age` moves both. */
  now = 0;
  haltedAt = new Map<string, number>();
  starts: { plan: string; at: number }[] = [];
  isKind = false;
  #nonce = 0;

  constructor(db: Db, engines: Engine[], random: Random["next"]) {
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
    const sim = new Simulation(world.db, [engine("a"), engine("b")], randomFrom(seed).next);
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
const seeds = Array.from({ length: 3 }, (_, at) => first + at);

test.each(seeds)("nothing is lost, doubled or started against a halt (seed %i)", async (seed) => {
  await simulate(seed);
});

/**
 * The simulation's books and PostgreSQL, told the same things in the same order: every row must end
 * the same. What passes `books` for thousands of seeds then says something about the real rows.
 */
class Twins {
  readonly db: Db;
  readonly engines: Engine[];
  readonly random: Random;
  readonly books: Books;
  readonly stories: Story[];
  readonly clusters = new Map<HostId, string>();
  /** Hosts that join a rollout later. */
  waiting: readonly HostId[] = [];
  #ageMs = 0;
  #made = 0;
  #said: SignedResult[] = [];

  constructor(db: Db, engines: Engine[], random: Random) {
    this.db = db;
    this.engines = engines;
    this.random = random;
    this.stories = [];
    this.books = new Books(() => performance.timeOrigin + performance.now() + this.#ageMs);
  }

  async add(hosts: readonly HostId[], budgets: readonly PlannedBudget[]): Promise<void> {
    const random = this.random;
    const waves = [hosts.slice(0, 2), hosts.slice(2)].map((part, at) => ({
      ring: `${at}`,
      hosts: part,
      gate: {
        inFlightMax: random.whole(1, 3),
        rate: random.pick([null, null, { hosts: 2, seconds: 61 }]),
        soakSeconds: random.pick([0, 5]),
        successRate: random.pick([0.5, 1]),
        failureBudget: random.whole(0, 2),
        failures: random.pick([null, { baseline: 0.01, bad: 0.3, alpha: 0.2, beta: 0.05 }]),
        onFailure: random.pick(["halt", "revert"] as const),
      },
    }));
    const made: NewRollout[] = [];
    const story = await aRollout(this.db, waves, { attemptsMax: 3 }, made);
    this.stories.push(story);
    const strata = (_host: HostId, body: string) => [
      { kind: "body", name: `body ${body.slice(0, 12)}` },
    ];
    await inTransaction(this.db, (tx) => insertBudgets(tx, story.plan, budgets));
    const labels = (host: HostId) => ({ cluster: this.clusters.get(host) ?? "" });
    for (const rollout of made) this.books.add({ rollout, strata, budgets, labels });
  }

  get owner(): Engine {
    return this.random.pick(this.engines);
  }

  anyTarget(): BookTarget {
    return this.random.pick([...this.books.targets()]);
  }

  /** Now and then of an attempt or epoch that is over. */
  keyOf({ rollout, host, attempt, epoch }: BookTarget): TargetKey {
    const late = (number: number): number => number - Number(this.random.chance(0.1));
    return { rollout, host, attempt: late(attempt), epoch: late(epoch) };
  }

  /** Two clusters of which budgets count the members. */
  async label(hosts: readonly HostId[]): Promise<void> {
    for (const [at, host] of hosts.entries()) this.clusters.set(host, at % 2 === 0 ? "x" : "y");
    for (const [host, cluster] of this.clusters) {
      await sql`update host set labels = jsonb_build_object('cluster', ${cluster}::text)
                 where id = ${host}`.execute(this.db);
    }
  }

  async turn(): Promise<void> {
    const engine = this.owner;
    const real = await takeTurns(engine, 100);
    const twin = await takeTurnsOn(bookTurns(this.books, engine.server), 100);
    const plain = (claimed: readonly Claimed[]) =>
      claimed.map(({ counter: _counter, issuedAt: _at, ...rest }) => rest);
    expect(plain(twin.claimed)).toEqual(plain(real.claimed));
  }

  /** A host that a rule selects by now; the reading before it has a simulation of its own. */
  async join(): Promise<void> {
    const story = this.random.pick(this.stories);
    const [host, ...later] = this.waiting;
    if (host === undefined) return;
    const body = this.anyTarget().body;
    const wave = this.random.whole(1, 2);
    const joiner = { rollout: story.id, host, wave, body, at: 0, max: 7 };
    if (mayJoin(this.books, [joiner]).length === 0) return;
    this.waiting = later;
    const joined = await inTransaction(this.db, async (tx) => {
      const count = await lockForJoin(tx, story.id);
      return count === null || count >= joiner.max
        ? []
        : insertJoined(tx, story.id, [{ host, wave, body, service: null }]);
    });
    expect(joinBooks(this.books, [joiner])).toBe(joined.length);
  }

  async permit(): Promise<void> {
    const target = this.anyTarget();
    const story = this.storyOf(target);
    this.#made += 1;
    const kind: PermitAsk["kind"] = this.random.chance(0.1) ? "reboot" : target.kind;
    const nonce = this.#made.toString(16).padStart(32, "0");
    const ask = { ...this.keyOf(target), index: target.leafIndex, kind, nonce };
    const under = { scopes: story.scopes, changes: [story.change], calendar: emptyCalendar };
    const real = await permit(this.db, [ask], under);
    expect(moves.permitAsks(this.books, [ask]).length).toBe(real.length);
  }

  async progress(): Promise<void> {
    const { rollout, host, attempt } = this.keyOf(this.anyTarget());
    const verb = this.random.pick(["begin", "reboot", "verify", null] as const);
    const line = { rollout, host, attempt, verb, step: "x" };
    await inTransaction(this.db, (tx) => recordProgress(tx, [line]));
    moves.progress(this.books, [line]);
  }

  async result(): Promise<void> {
    const target = this.anyTarget();
    const known = this.random.chance(0.15) ? this.#said : [];
    const result = known.length > 0 ? this.random.pick(known) : this.freshResult(target);
    this.#said.push(result);
    await inTransaction(this.db, (tx) => takeResults(tx, [result], Date.now()));
    moves.takeResults(this.books, [result]);
  }

  freshResult(target: BookTarget): SignedResult {
    this.#made += 1;
    const document = `${target.host} ${this.#made}`;
    const { attempt } = this.keyOf(target);
    const kinds = ["done", "done", "noop", "failed", "rolled-back", "held", "refused"] as const;
    const state = this.random.pick(kinds);
    const { kind } = target;
    const code = { held: "E_PERMIT", refused: "E_BUSY" }[state as string] ?? "E_PROBE";
    const lastLine = state === "held" && this.random.chance(0.6) ? "HELD begun=no" : "";
    const said = { lastLine, isAccepted: state !== "refused", now: Date.now() };
    return {
      ...{ plan: this.storyOf(target).plan, host: target.host, attempt, kind, state, code },
      ...{ way: "ssh", counter: this.#made, document, digest: sha256(document) },
      ...{ signature: "s", signedBy: "k", move: resultMove({ kind, state, code }, said) },
      lookBy: this.random.chance(0.3) ? this.owner.server : null,
    };
  }

  async talk(): Promise<void> {
    const key = this.keyOf(this.anyTarget());
    const owner = this.owner.server;
    const roll = this.random.next();
    if (roll < 0.3) {
      const hold = { why: "host-not-enrolled" } as const;
      const drops = [{ ...key, hold, retryAfterSeconds: 5 }];
      await dropTargets(this.db, drops);
      moves.drop(this.books, drops);
    } else if (roll < 0.6) {
      const end = { owner, retryAfterSeconds: 3, wasHeard: this.random.chance(0.5) };
      await endConversation(this.db, key, end);
      moves.endTalk(this.books, key, end);
    } else if (roll < 0.8) {
      await keepLeases(this.db, owner, { keys: [key], leaseSeconds: 120 });
      moves.keepTalks(this.books, owner, { keys: [key], leaseSeconds: 120 });
    } else {
      const real = await takeOverConversations(this.db, owner, 1_000);
      const twin = moves.takeOver(this.books, owner, 1_000);
      expect(twin.map((one) => one.host).sort()).toEqual(real.map((one) => one.host).sort());
    }
  }

  async look(): Promise<void> {
    const owner = this.owner.server;
    const take = { owner, countMax: 1_000, leaseSeconds: 12 };
    const looks = await inTransaction(this.db, (tx) => takeUnjudged(tx, take));
    const twins = moves.takeLooks(this.books, take);
    expect(twins.length).toBe(looks.length);
    for (const { rollout, host, attempt } of looks) {
      if (this.random.chance(0.3)) continue;
      const verdict = this.random.pick(["verified", "verified", "unverified", null] as const);
      const judged = { rollout, host, attempt, owner, verdict, evidence: {}, retryAfterSeconds: 5 };
      await inTransaction(this.db, (tx) => recordVerdict(tx, judged));
      moves.judge(this.books, judged);
    }
  }

  async person(): Promise<void> {
    const story = this.random.pick(this.stories);
    const book = this.books.rollout(story.id);
    const roll = this.random.next();
    const halt = { reason: { why: "person", text: "wait" } as const, isFrozen: roll < 0.1 };
    await inTransaction(this.db, async (tx) => {
      await lockForHalt(tx, `rollout:${story.id}`);
      if (roll < 0.4) await haltRollout(tx, { rollout: story.id, ...halt });
      else if (roll < 0.8) await resumeRollout(tx, story.id);
      else await retryTargets(tx, story.id, null);
    });
    if (roll < 0.4) haltBook(this.books, book, halt);
    else if (roll < 0.8) resumeBook(this.books, book);
    else moves.retryBook(this.books, book);
  }

  async pass(): Promise<void> {
    const ms = this.random.pick([730, 2_310, 14_170, 63_330, 131_070, 910_130]);
    await age(this.db, ms);
    this.#ageMs += ms;
  }

  async sweep(): Promise<void> {
    await sweepTargets(this.db);
    moves.sweep(this.books);
  }

  async step(): Promise<void> {
    const { random } = this;
    const commands = [
      ...[this.turn, this.turn, this.turn, this.permit, this.permit, this.permit, this.progress],
      ...[this.result, this.result, this.talk, this.look, this.look, this.sweep, this.pass],
      ...(random.chance(0.3) ? [this.person] : []),
      ...(random.chance(0.5) ? [this.join] : []),
    ];
    await random.pick(commands).call(this);
  }

  storyOf(target: BookTarget): Story {
    return this.stories.find((story) => story.id === target.rollout)!;
  }

  /** Rows of both, without the times themselves: whether there is one says the rule. */
  async compare(): Promise<void> {
    for (const story of this.stories) {
      const book = this.books.rollout(story.id);
      const real = await bookRows(this.db, story);
      expect(twinRows(this.books, book)).toEqual(real);
      const loaded = (await loadFacts(this.db, story.id))!;
      const twin = loadBookFacts(this.books, story.id);
      const counted = (wave: WaveFacts) => {
        const { counts, newFailures, newSuccesses, revertible, state, hasPassed } = wave;
        // The database counts strata only where failures can cluster, and only hosts that are done.
        const isAsked = newFailures >= FAILURES_MIN;
        const strata = isAsked ? wave.strata.filter((s) => s.ended + s.failed > 0) : [];
        return { counts, newFailures, newSuccesses, revertible, strata, state, hasPassed };
      };
      expect(twin.facts.waves.map(counted)).toEqual(loaded.facts.waves.map(counted));
      expect(twin.facts.haltedBy).toEqual(loaded.facts.haltedBy);
    }
  }
}

const rowColumns = ["leaseOwner", "leaseUntil", "talkUntil", "retryAt", "troubleSince", "endedAt"];

async function bookRows(db: Db, story: Story): Promise<readonly unknown[]> {
  const { rows } = await sql`
    select t.host, t.state, t.kind, t.is_begun as "isBegun", t.attempt, t.epoch, t.tries, t.verdict,
           t.is_acknowledged as "isAcknowledged", t.result_code as "resultCode",
           t.hold ->> 'why' as hold, s.rollout as slot, r.state as rollout, r.owner,
           r.owner_epoch as "ownerEpoch", r.generation, w.state as wave,
           array_remove(array[
             case when t.lease_owner is not null then 'leaseOwner' end,
             case when t.lease_until is not null then 'leaseUntil' end,
             case when t.talk_until is not null then 'talkUntil' end,
             case when t.retry_at is not null then 'retryAt' end,
             case when t.trouble_since is not null then 'troubleSince' end,
             case when t.ended_at is not null then 'endedAt' end], null) as "has"
      from target t join rollout r on r.id = t.rollout join host_slot s on s.host = t.host
      join wave w on w.rollout = t.rollout and w.number = t.wave
     where t.rollout = ${story.id} order by t.leaf_index`.execute(db);
  return rows;
}

function twinRows(books: Books, book: BookRollout): readonly unknown[] {
  return [...book.targets.values()].map((target) => {
    const { host, state, kind, isBegun, attempt, epoch, tries, verdict, isAcknowledged } = target;
    const { owner, ownerEpoch, generation } = book;
    return {
      ...{ host, state, kind, isBegun, attempt, epoch, tries, verdict, isAcknowledged },
      ...{ resultCode: target.resultCode, hold: target.hold?.why ?? null },
      ...{ slot: books.slot(host).rollout, rollout: book.state, owner, ownerEpoch, generation },
      wave: books.waveOf(target).state,
      has: rowColumns.filter((name) => target[name as "leaseOwner"] !== null),
    };
  });
}

test.each(seeds.slice(0, 1))(
  "the books of the simulation and PostgreSQL end every command with the same rows (seed %i)",
  async (seed) => {
    const { world, close } = await testWorld();
    try {
      const dispatcherKey = openMachineKey(makeMachineKey().privateKeyPem);
      const engines = ["a", "b"].map((server) => {
        return { world, server, executor: noExecutor, dispatcherKey };
      });
      const twins = new Twins(world.db, engines, randomFrom(seed));
      const all = await addHosts(world.db, 10);
      await twins.label(all);
      const ids = all.slice(0, 6);
      twins.waiting = all.slice(6);
      const most = (value: string, unavailableMax: number) => {
        return { key: "cluster", value, members: 3, unavailableMax };
      };
      await twins.add(ids, [most("x", 1), most("y", 2)]);
      await twins.add(ids.slice(2), [most("y", 1)]);
      for (let n = 0; n < 200; n += 1) {
        await twins.step();
        await twins.compare();
      }
    } finally {
      await close();
    }
  },
);
