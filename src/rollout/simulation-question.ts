import type { HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import { DAY_MS, type Instant, SECOND_MS } from "../base/instant.ts";
import { CONVERSATIONS_MAX } from "./engine.ts";
import { type SimulatedRollout, type SimulationInput, simulate } from "./simulation.ts";
import type { Shared } from "./simulation-books.ts";
import { noFaults } from "./simulation-stage.ts";
import type { NewWave } from "./store.ts";

/**
 * "What will this plan do, if the patch breaks so many hosts?" The plan is carried out once for each
 * seed, by the engine's own rules and without faults of the wire, until it is over or has halted
 * itself; what came out is told as a spread over the seeds.
 */
export interface Question {
  readonly waves: readonly NewWave[];
  readonly hosts: readonly AskedHost[];
  readonly startsAt: Instant;
  readonly attemptsMax: number;
  readonly permitTtlSeconds: number;
  readonly revertSeconds: number | null;
  /** The median time of a job on a host, and how far hosts differ (of its logarithm). */
  readonly applySeconds: number;
  readonly spread: number;
  readonly seed: number;
  /** Hosts that are not verified by then are late; null: there is no deadline. */
  readonly dueAt: Instant | null;
}

export interface AskedHost {
  readonly id: HostId;
  readonly wave: number;
  readonly body: string;
  readonly service: string | null;
  readonly shared: readonly Shared[];
  readonly failureRate: number;
  /** Out of reach for all of the plan's time. */
  readonly isAway: boolean;
}

/** What one seed came to. */
export interface SeedOutcome {
  /** It halted itself, or a gate cannot pass any more: it waits for a person. */
  readonly isHalted: boolean;
  /** The wave that stopped the rollout, or the last one that opened. */
  readonly wave: number;
  readonly why: string | null;
  readonly started: number;
  readonly harmed: number;
  readonly verified: number;
  readonly late: number;
  readonly endedAt: Instant;
}

export async function outcomeOf(question: Question, seedAt: number): Promise<SeedOutcome> {
  const input = inputOf(question, question.seed + seedAt);
  const { rollouts } = await simulate(input);
  const [rollout] = rollouts;
  if (rollout === undefined) throw new RangeError("one rollout goes in, so one comes out");
  return seedOutcome(question, rollout);
}

function seedOutcome(question: Question, rollout: SimulatedRollout): SeedOutcome {
  const { dueAt, hosts, startsAt } = question;
  const inTime = dueAt === null ? [] : rollout.verifiedAt.filter(([, at]) => at <= dueAt);
  const { haltReason: reason, gateFailed } = rollout;
  const stop = reason === null || reason.why === "person" ? null : reason;
  return {
    isHalted: stop !== null || gateFailed !== null,
    wave: stop?.wave ?? gateFailed ?? rollout.wave,
    why: stop?.why ?? (gateFailed === null ? null : "gate-failed"),
    started: rollout.started,
    harmed: rollout.harmed,
    verified: rollout.verified,
    late: dueAt === null ? 0 : hosts.length - inTime.length,
    endedAt: rollout.haltedAt ?? rollout.lastEndedAt ?? startsAt,
  };
}

export function inputOf(question: Question, seed: number): SimulationInput {
  const { waves, hosts, startsAt } = question;
  const endsAt = Math.max(startsAt, ...waves.map((wave) => wave.notAfter)) + DAY_MS;
  const shared = new Map(hosts.map((host) => [host.id, host.shared]));
  const targets = hosts.map(({ id: host, wave, body, service }, leafIndex) => {
    return { host, wave, leafIndex, body, service };
  });
  const { attemptsMax, permitTtlSeconds, revertSeconds } = question;
  return {
    seed,
    startsAt,
    rollouts: [
      {
        rollout: {
          ...{ id: "plan" as RolloutId, plan: "plan" as PlanDigest, attemptsMax },
          ...{ permitTtlSeconds, revertSeconds, waves, targets },
        },
        strata: (host) => shared.get(host) ?? [],
      },
    ],
    hosts: hosts.map(({ id, failureRate, isAway }) => ({
      ...{ id, failureRate, rollbackRate: 1, reboots: false },
      awayUntil: isAway ? endsAt : null,
    })),
    servers: 1,
    talksMax: CONVERSATIONS_MAX,
    // A host's word may wait this long for its turn: it makes a run some ten times shorter.
    turnsApartMs: 2 * SECOND_MS,
    sweepMs: 30 * SECOND_MS,
    pace: {
      ...{ stageMs: 2_000, applyMs: question.applySeconds * SECOND_MS, rebootMs: 60_000 },
      ...{ lookMs: 2_000, messageMs: 20, spread: question.spread },
    },
    faults: noFaults,
    kindFrom: endsAt,
    endsAt,
    isChecked: false,
    untilHalt: true,
  };
}

export interface Spread {
  readonly mean: number;
  readonly median: number;
  /** One of twenty seeds came to more. */
  readonly high: number;
  readonly max: number;
}

export interface Answer {
  /** How many of the asked seeds were carried out within the time that a question may take. */
  readonly seeds: number;
  readonly hosts: number;
  readonly halted: number;
  readonly started: Spread;
  readonly harmed: Spread;
  readonly verified: Spread;
  /** Of the seeds that were not halted; null when all were. */
  readonly secondsToFinish: Spread | null;
  /** Of the seeds that were halted; null when none was. */
  readonly secondsToHalt: Spread | null;
  /** Hosts not verified by the deadline; null when there is no deadline. */
  readonly late: Spread | null;
  /** Where and why the halted ones stopped. */
  readonly stops: readonly {
    readonly wave: number;
    readonly why: string;
    readonly seeds: number;
  }[];
  /** Seeds by how many hosts were harmed, for a chart: half-open ranges of equal width. */
  readonly chart: readonly { readonly from: number; readonly to: number; readonly seeds: number }[];
}

export function answerOf(question: Question, outcomes: readonly SeedOutcome[]): Answer {
  const over = (value: (one: SeedOutcome) => number, some = outcomes) => spreadOf(some.map(value));
  const seconds = (one: SeedOutcome) => (one.endedAt - question.startsAt) / SECOND_MS;
  const halted = outcomes.filter((one) => one.isHalted);
  const ended = outcomes.filter((one) => !one.isHalted);
  return {
    seeds: outcomes.length,
    hosts: question.hosts.length,
    halted: halted.length,
    started: over((one) => one.started),
    harmed: over((one) => one.harmed),
    verified: over((one) => one.verified),
    secondsToFinish: ended.length === 0 ? null : over(seconds, ended),
    secondsToHalt: halted.length === 0 ? null : over(seconds, halted),
    late: question.dueAt === null ? null : over((one) => one.late),
    stops: stopsOf(halted),
    chart: chartOf(outcomes.map((one) => one.harmed)),
  };
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, sorted.length);
  return { mean, median: at(0.5), high: at(0.95), max: sorted.at(-1) ?? 0 };
}

function stopsOf(halted: readonly SeedOutcome[]): Answer["stops"] {
  const counts = new Map<string, { wave: number; why: string; seeds: number }>();
  for (const { wave, why } of halted) {
    const key = `${wave} ${why}`;
    const stop = counts.get(key) ?? { wave, why: why ?? "person", seeds: 0 };
    stop.seeds += 1;
    counts.set(key, stop);
  }
  return [...counts.values()].sort((a, b) => a.wave - b.wave || b.seeds - a.seeds);
}

const BARS_MAX = 20;

function chartOf(values: readonly number[]): Answer["chart"] {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const width = Math.max(1, Math.ceil((most + 1) / BARS_MAX));
  return Array.from({ length: Math.floor(most / width) + 1 }, (_, at) => {
    const [from, to] = [at * width, (at + 1) * width];
    return { from, to, seeds: values.filter((value) => from <= value && value < to).length };
  });
}
