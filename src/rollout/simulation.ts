import { present } from "../base/failure.ts";
import type { HostId, RolloutId } from "../base/ids.ts";
import { HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import type { HaltReason } from "./hold.ts";
import { standingOf } from "./model.ts";
import { type BookRollout, Books, type BookTarget, type NewBook } from "./simulation-books.ts";
import { loseBook, retryBook } from "./simulation-books-moves.ts";
import { haltBook, resumeBook } from "./simulation-books-turn.ts";
import { VirtualClock } from "./simulation-clock.ts";
import { type GateCourse, goodCourse, measureBooks } from "./simulation-gates.ts";
import { VirtualHost } from "./simulation-host.ts";
import { brokenChains, brokenNow, unexplained } from "./simulation-invariants.ts";
import { brokenRules, type Joiner } from "./simulation-joins.ts";
import { type Random, randomFrom } from "./simulation-random.ts";
import { type ServerWorld, VirtualServer } from "./simulation-server.ts";
import {
  type Effect,
  type Faults,
  type HostModel,
  noFaults,
  type Pace,
} from "./simulation-stage.ts";

/**
 * A rollout from its first wave to its last, with the engine's own turn and decisions, virtual hosts
 * and a virtual clock: pure, and the same for the same seed. After every statement the rules are
 * checked that must hold whatever went wrong; the first one that does not ends the run.
 */
export interface SimulationInput {
  readonly seed: number;
  readonly startsAt: Instant;
  readonly rollouts: readonly NewBook[];
  readonly hosts: readonly HostModel[];
  readonly servers: number;
  readonly talksMax: number;
  readonly turnsApartMs: number;
  readonly sweepMs: number;
  readonly pace: Pace;
  readonly faults: Faults;
  /** From then on nothing goes wrong any more, and people resume what is halted. */
  readonly kindFrom: Instant;
  /** Where the run is given up: nothing may be unexplained then. */
  readonly endsAt: Instant;
  /** Whether every rule is checked after every statement: for tests; a forecast needs no proof. */
  readonly isChecked: boolean;
  /** Ends as soon as every rollout is over, or waits for a person: how far did it get by itself? */
  readonly untilHalt: boolean;
  /** Hosts that rules select while their rollouts run; absent: none. */
  readonly joiners?: readonly Joiner[];
  /** What gates show; absent: all are good. */
  readonly gates?: GateCourse;
  readonly makeBooks?: (clock: () => Instant) => Books;
}

export interface SimulationReport {
  readonly seed: number;
  /** Rules that did not hold, in words; empty is what the engine promises. */
  readonly broken: readonly string[];
  readonly endedAt: Instant;
  readonly rollouts: readonly SimulatedRollout[];
}

export interface SimulatedRollout {
  readonly id: RolloutId;
  readonly state: BookRollout["state"];
  readonly haltedAt: Instant | null;
  readonly haltReason: HaltReason | null;
  /** The wave whose gate cannot pass any more; null while every gate passed or still may. */
  readonly gateFailed: number | null;
  /** Hosts on which the patch was begun, and those that it broke. */
  readonly started: number;
  readonly harmed: number;
  readonly verified: number;
  /** Hosts that were verified, and when. */
  readonly verifiedAt: readonly (readonly [HostId, Instant])[];
  readonly lastEndedAt: Instant | null;
  readonly wave: number;
}

/** After so long in a kind world people declare hosts lost: their approved time is over. */
const GIVE_UP_MS = HOUR_MS;

/** Well within what a gate may be silent for, and no more often than that needs. */
const MEASURE_EVERY_MS = MINUTE_MS;

export async function simulate(input: SimulationInput): Promise<SimulationReport> {
  const run = new Run(input);
  return run.toEnd();
}

class Run {
  readonly #input: SimulationInput;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #books: Books;
  readonly #hosts = new Map<HostId, VirtualHost>();
  readonly #world: ServerWorld;
  readonly #effects = new Set<string>();
  readonly #harmed = new Map<RolloutId, number>();
  readonly #started = new Map<RolloutId, number>();
  /** Hosts that work right now, whatever the books say. */
  readonly #working = new Map<HostId, Effect>();
  readonly #broken: string[] = [];
  readonly #servers: VirtualServer[];
  #databaseAheadMs = 0;
  #chainsChecked = 0;

  constructor(input: SimulationInput) {
    this.#input = input;
    this.#clock = new VirtualClock(input.startsAt);
    this.#random = randomFrom(input.seed);
    const clock = (): Instant => this.#clock.now + this.#databaseAheadMs;
    this.#books = input.makeBooks?.(clock) ?? new Books(clock);
    this.#world = {
      clock: this.#clock,
      random: this.#random,
      books: this.#books,
      pace: input.pace,
      faults: input.faults,
      hosts: this.#hosts,
      joiners: input.joiners ?? [],
      talksMax: input.talksMax,
      turnsApartMs: input.turnsApartMs,
      sweepMs: input.sweepMs,
      send: (message) => this.#send(message),
      begin: (effect) => this.#begin(effect),
      end: (effect) => this.#working.delete(effect.host),
      check: () => this.#check(),
    };
    for (const model of input.hosts) {
      this.#hosts.set(model.id, new VirtualHost(model, this.#world));
    }
    for (const rollout of input.rollouts) this.#books.add(rollout);
    this.#servers = Array.from(
      { length: input.servers },
      (_, at) => new VirtualServer(`s${at + 1}`, this.#world),
    );
  }

  async toEnd(): Promise<SimulationReport> {
    if (this.#input.faults !== noFaults) this.#everyMinute();
    for (const rollout of this.#books.rollouts.values()) this.#measure(rollout);
    for (const server of this.#servers) server.wake();
    while (this.#broken.length === 0 && !this.#isOver()) {
      const happening = this.#clock.next(this.#input.endsAt);
      if (happening === null) break;
      await happening();
    }
    if (this.#input.isChecked && this.#broken.length === 0) {
      this.#broken.push(...unexplained(this.#books, this.#effects));
    }
    return {
      seed: this.#input.seed,
      broken: this.#broken,
      endedAt: this.#clock.now,
      rollouts: [...this.#books.rollouts.values()].map((rollout) => this.#reportOf(rollout)),
    };
  }

  #isOver(): boolean {
    for (const rollout of this.#books.rollouts.values()) {
      const { state } = rollout;
      const isOver = state === "finished" || state === "stopped";
      const isStuck = state === "halted" || hasFailedGate(rollout);
      if (!isOver && !(this.#input.untilHalt && isStuck)) return false;
    }
    return true;
  }

  #reportOf(rollout: BookRollout): SimulatedRollout {
    const targets = [...rollout.targets.values()];
    const verified = targets.filter((target) => standingOf(target) === "verified");
    const ends = targets.flatMap(({ endedAt }) => (endedAt === null ? [] : [endedAt]));
    const opened = rollout.waves.filter((wave) => wave.openedAt !== null);
    return {
      id: rollout.id,
      state: rollout.state,
      haltedAt: rollout.haltedAt,
      haltReason: rollout.haltReason,
      gateFailed: failedGate(rollout),
      started: this.#started.get(rollout.id) ?? 0,
      harmed: this.#harmed.get(rollout.id) ?? 0,
      verified: verified.length,
      verifiedAt: verified.map((target) => [target.host, target.endedAt ?? this.#clock.now]),
      lastEndedAt: ends.reduce<Instant | null>((a, b) => Math.max(a ?? 0, b), null),
      wave: opened.length,
    };
  }

  #send(message: () => void): void {
    const { faults, pace } = this.#world;
    const copies = this.#random.chance(faults.duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.#random.chance(faults.loss)) continue;
      const isLate = this.#random.chance(faults.late);
      const lateMs = isLate ? this.#random.next() * faults.lateMs : 0;
      this.#clock.after(pace.messageMs * (0.5 + this.#random.next()) + lateMs, message);
    }
  }

  /** A host begins: the one moment at which every promise about starts is tested on the host itself. */
  #begin(effect: Effect): void {
    const { host, rollout: id, attempt, kind } = effect;
    const { rollout, wave } = this.#place(effect);
    const key = `${host} ${id} ${attempt} ${kind}`;
    this.#started.set(id, (this.#started.get(id) ?? 0) + 1);
    if (effect.isHarm) this.#harmed.set(id, (this.#harmed.get(id) ?? 0) + 1);
    const now = this.#books.clock();
    const ttlMs = rollout.permitTtlSeconds * SECOND_MS;
    const say = (rule: string): void => {
      this.#broken.push(`${rule}: ${key}`);
    };
    if (this.#effects.has(key)) say("applied twice");
    this.#effects.add(key);
    if (this.#working.has(host)) say("two jobs at once on one host");
    this.#working.set(host, effect);
    const busy = [...this.#working.values()].filter(
      (other) =>
        // Whom people declared lost they count no more, whatever it still does.
        !this.#books.slot(other.host).isQuarantined &&
        other.rollout === id &&
        this.#place(other).wave === wave,
    );
    if (busy.length > wave.gate.inFlightMax) say("more hosts at work than the budget allows");
    if (kind === "revert") return;
    // The database's clock may have jumped since; then the host cannot know.
    const slackMs = ttlMs + (this.#world.faults.databaseJump > 0 ? 15 * MINUTE_MS : 0);
    if (rollout.haltedAt !== null && now > rollout.haltedAt + slackMs) say("started after a halt");
    if (now < wave.notBefore || now > wave.notAfter + slackMs) say("started out of its time");
    const isInside =
      wave.windows.length === 0 ||
      wave.windows.some((window) => window.from <= now && now < window.to + slackMs);
    if (!isInside) say("started outside of its window");
  }

  #place(effect: Effect) {
    const rollout = this.#books.rollout(effect.rollout);
    const target = present(this.#books.target(effect), "the target of an effect");
    return { rollout, wave: this.#books.waveOf(target) };
  }

  #check(): void {
    if (!this.#input.isChecked) return;
    this.#broken.push(...brokenNow(this.#books, this.#hosts));
    this.#broken.push(...brokenRules(this.#books, this.#world.joiners));
    this.#broken.push(...brokenChains(this.#books, this.#chainsChecked));
    this.#chainsChecked = this.#books.moved.length;
  }

  #measure(rollout: BookRollout): void {
    const wantsMore = measureBooks(this.#books, rollout, this.#input.gates ?? goodCourse);
    if (wantsMore) this.#clock.after(MEASURE_EVERY_MS, () => this.#measure(rollout));
  }

  #everyMinute(): void {
    this.#clock.after(MINUTE_MS, () => {
      const { faults } = this.#world;
      const isKind = this.#clock.now >= this.#input.kindFrom;
      if (isKind) this.#world.faults = noFaults;
      for (const host of this.#hosts.values()) host.live();
      if (this.#random.chance(faults.databaseJump)) {
        this.#databaseAheadMs += this.#random.next() * 5 * MINUTE_MS;
      }
      for (const rollout of this.#books.rollouts.values()) this.#person(rollout, isKind);
      this.#everyMinute();
    });
  }

  #person(rollout: BookRollout, isKind: boolean): void {
    if (this.#clock.now > this.#input.kindFrom + GIVE_UP_MS) {
      for (const target of rollout.targets.values()) loseBook(this.#books, target);
    }
    const chance = isKind ? 1 : this.#world.faults.person;
    if (rollout.state === "halted" && this.#random.chance(Math.max(0.2, chance))) {
      resumeBook(this.#books, rollout);
      if (this.#random.chance(0.5)) retryBook(this.#books, rollout);
      for (const server of this.#servers) server.wake();
    } else if (!isKind && this.#random.chance(chance)) {
      const reason = { why: "person", text: "wait" } as const;
      haltBook(this.#books, rollout, { reason, isFrozen: this.#random.chance(0.2) });
    }
  }
}

function failedGate({ waves }: BookRollout): number | null {
  const failed = waves.find((wave) => wave.holds.some((hold) => hold.why === "gate-failed"));
  return failed?.number ?? null;
}

/** A gate has failed, and nothing is under way any more in the waves that were opened. */
function hasFailedGate(rollout: BookRollout): boolean {
  const failed = failedGate(rollout);
  if (failed === null) return false;
  return rollout.waves
    .filter((wave) => wave.number <= failed)
    .every((wave) => wave.targets.every((target) => isQuiet(target)));
}

function isQuiet(target: BookTarget): boolean {
  // Who was tried and is waited for does not change what the gate says.
  if (target.state === "ready") return target.retryAt !== null;
  const standing = standingOf(target);
  return standing !== "running" && standing !== "checking";
}
