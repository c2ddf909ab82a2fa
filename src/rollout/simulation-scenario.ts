import { sha256 } from "../base/digest.ts";
import type { HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import { HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import type { PlannedBudget } from "../plan/model.ts";
import type { Rate } from "../policy/rings-budgets.ts";
import type { SimulationInput } from "./simulation.ts";
import type { NewBook } from "./simulation-books.ts";
import type { Joiner } from "./simulation-joins.ts";
import { type Random, randomFrom } from "./simulation-random.ts";
import type { Faults } from "./simulation-stage.ts";
import type { NewTarget, NewWave } from "./store.ts";

/**
 * Scenarios for the tests of the engine: everything in them follows from a seed. A scenario that
 * broke a rule is made smaller, as long as the same rule still breaks, and kept in
 * `simulation-kept.json`.
 */
export interface Scenario {
  readonly seed: number;
  readonly hostCount: number;
  /** Over the same hosts, so that they wait for each other's slots. */
  readonly rolloutCount: number;
  readonly servers: number;
  readonly attemptsMax: number;
  readonly failureRate: number;
  readonly reboots: number;
  readonly minutes: number;
  /** Hosts that the first rollout's rule selects while it runs; absent: none, as before there were rules. */
  readonly joinCount?: number;
  readonly faults: Faults;
}

const STARTS_AT = Date.UTC(2026, 10, 21, 22);

export function scenarioFrom(seed: number): Scenario {
  const random = randomFrom(seed);
  // Most faults are off in any one scenario: each then meets the others in many combinations.
  const some = (most: number): number => (random.chance(0.5) ? random.next() * most : 0);
  return {
    seed,
    hostCount: random.whole(2, 14),
    rolloutCount: random.whole(1, 2),
    servers: random.whole(1, 3),
    attemptsMax: random.whole(1, 3),
    failureRate: some(0.3),
    reboots: some(1),
    minutes: random.whole(10, 30),
    // Drawn apart, so that the rest of each seed stays what it was.
    joinCount: joinsOf(randomFrom(seed + JOIN_SEEDS)),
    faults: {
      loss: some(0.3),
      duplicate: some(0.3),
      late: some(0.3),
      lateMs: random.pick([2_000, 20_000, 120_000]),
      serverCrash: some(0.01),
      serverPause: some(0.01),
      pauseMs: random.pick([3_000, 15_000, 60_000]),
      hostCrash: some(0.3),
      offline: some(0.1),
      offlineMs: random.pick([30_000, 300_000]),
      clockJump: some(0.05),
      databaseJump: some(0.05),
      person: some(0.05),
    },
  };
}

export function inputOf(scenario: Scenario): SimulationInput {
  const random = randomFrom(scenario.seed + 1);
  const hosts = Array.from({ length: scenario.hostCount }, (_, at) => `host-${at}` as HostId);
  const endsAt = STARTS_AT + scenario.minutes * MINUTE_MS;
  const joiners = joinersOf(scenario, endsAt);
  return {
    seed: scenario.seed,
    startsAt: STARTS_AT,
    rollouts: Array.from({ length: scenario.rolloutCount }, (_, at) =>
      aRollout(at, { hosts: at === 0 ? hosts : hosts.slice(1), endsAt, scenario, random }),
    ),
    joiners,
    hosts: [...hosts, ...joiners.map(({ host }) => host)].map((id) => ({
      id,
      failureRate: scenario.failureRate,
      rollbackRate: 0.5,
      reboots: random.chance(scenario.reboots),
      awayUntil: null,
    })),
    servers: scenario.servers,
    talksMax: 64,
    turnsApartMs: 50,
    sweepMs: 4_000,
    pace: {
      ...{ stageMs: 2_000, applyMs: 40_000, rebootMs: 30_000, lookMs: 1_000 },
      ...{ messageMs: 100, spread: 0.7 },
    },
    faults: scenario.faults,
    kindFrom: endsAt - 5 * MINUTE_MS,
    endsAt: endsAt + 3 * HOUR_MS,
    isChecked: true,
    untilHalt: false,
  };
}

function aRollout(
  at: number,
  given: {
    readonly hosts: readonly HostId[];
    readonly endsAt: Instant;
    readonly scenario: Scenario;
    readonly random: Random;
  },
): NewBook {
  const { hosts, endsAt, scenario, random } = given;
  const id = `rollout-${at}` as RolloutId;
  const cut = Math.max(1, Math.min(hosts.length - 1, random.whole(1, 3)));
  const parts = [hosts.slice(0, cut), hosts.slice(cut)].filter((part) => part.length > 0);
  const waves: NewWave[] = parts.map((_, index) => ({
    number: index + 1,
    ring: `ring-${index + 1}`,
    notBefore: STARTS_AT,
    notAfter: endsAt,
    windows: random.chance(0.4)
      ? [{ from: STARTS_AT + MINUTE_MS, to: STARTS_AT + 6 * MINUTE_MS }]
      : [],
    gate: {
      inFlightMax: random.whole(1, 4),
      rate: rateOf(randomFrom(scenario.seed + RATE_SEEDS + at * 8 + index)),
      soakSeconds: random.pick([0, 5, 60]),
      successRate: random.pick([0, 0.5, 1]),
      failureBudget: random.whole(0, 3),
      failures: random.chance(0.5) ? null : { baseline: 0.01, bad: 0.2, alpha: 0.05, beta: 0.05 },
      onFailure: random.pick(["halt", "revert"] as const),
    },
  }));
  const targets: NewTarget[] = parts
    .flatMap((part, index) => part.map((host) => ({ host, wave: index + 1 })))
    .map((target, leafIndex) => ({ ...target, leafIndex, body: bodyOf(leafIndex), service: null }));
  return {
    rollout: {
      ...{ id, plan: `plan-${at}` as PlanDigest, attemptsMax: scenario.attemptsMax },
      ...{ permitTtlSeconds: 3, revertSeconds: HOUR_MS / SECOND_MS, waves, targets },
    },
    strata: (_host, body) => [{ kind: "body", name: `body ${body.slice(0, 12)}` }],
    budgets: budgetsOf(randomFrom(scenario.seed + BUDGET_SEEDS + at)),
    labels: (host) => ({ cluster: clusterOf(host) }),
  };
}

const JOIN_SEEDS = 3_000_000_000;
const ROOM_SEEDS = 3_500_000_000;

function joinsOf(random: Random): number {
  return random.chance(0.3) ? random.whole(1, 6) : 0;
}

/** They come at any time, also when waves have ended, and the rule may have room for fewer. */
function joinersOf(
  { seed, joinCount = 0, hostCount }: Scenario,
  endsAt: Instant,
): readonly Joiner[] {
  const random = randomFrom(seed + ROOM_SEEDS);
  const max = hostCount + random.whole(1, 6);
  return Array.from({ length: joinCount }, (_, at) => ({
    rollout: "rollout-0" as RolloutId,
    host: `host-${hostCount + at}` as HostId,
    wave: hostCount > 1 ? random.whole(1, 2) : 1,
    body: bodyOf(at),
    at: STARTS_AT + random.next() * (endsAt - STARTS_AT),
    max,
  }));
}

function rateOf(random: Random): Rate | null {
  return random.chance(0.85)
    ? null
    : { hosts: random.whole(1, 3), seconds: random.pick([60, 120]) };
}

const RATE_SEEDS = 2_000_000_000;
/** Far from the seeds of the scenarios themselves. */
const BUDGET_SEEDS = 1_000_000_000;
const CLUSTERS = ["x", "y", "z"];

function clusterOf(host: HostId): string {
  return CLUSTERS[Number(host.slice("host-".length)) % CLUSTERS.length] ?? "";
}

function budgetsOf(random: Random): readonly PlannedBudget[] {
  if (random.chance(0.7)) return [];
  return CLUSTERS.filter(() => random.chance(0.7)).map((value) => {
    return { key: "cluster", value, members: 5, unavailableMax: random.whole(1, 3) };
  });
}

const bodies = ["a", "b"].map((text) => sha256(text));

function bodyOf(leafIndex: number): string {
  return bodies[leafIndex % bodies.length] ?? "";
}

/** The smallest scenario that still fails, found by making one part at a time simpler. */
export async function shrunk(
  scenario: Scenario,
  fails: (smaller: Scenario) => Promise<boolean>,
): Promise<Scenario> {
  for (const smaller of simpler(scenario)) {
    if (await fails(smaller)) return shrunk(smaller, fails);
  }
  return scenario;
}

function simpler(scenario: Scenario): readonly Scenario[] {
  const list: Scenario[] = [];
  for (const key of ["rolloutCount", "servers", "attemptsMax"] as const) {
    if (scenario[key] > 1) list.push({ ...scenario, [key]: scenario[key] - 1 });
  }
  for (const key of Object.keys(scenario.faults) as (keyof Faults)[]) {
    if (key === "lateMs" || key === "pauseMs" || key === "offlineMs") continue;
    if (scenario.faults[key] > 0) {
      list.push({ ...scenario, faults: { ...scenario.faults, [key]: 0 } });
    }
  }
  for (const key of ["failureRate", "reboots"] as const) {
    if (scenario[key] > 0) list.push({ ...scenario, [key]: 0 });
  }
  const { joinCount = 0 } = scenario;
  if (joinCount > 0) list.push({ ...scenario, joinCount: joinCount - 1 });
  if (scenario.hostCount > 1) list.push({ ...scenario, hostCount: scenario.hostCount - 1 });
  if (scenario.minutes > 10) list.push({ ...scenario, minutes: scenario.minutes - 5 });
  return list;
}
