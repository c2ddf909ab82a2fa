import type { Instant } from "../base/instant.ts";
import type { PlannedWave } from "../plan/model.ts";
import {
  type Forecast,
  forecastWaves,
  groupsOf,
  type Likely,
  type OwnTimes,
  type Pace,
} from "./forecast.ts";
import { waveGate } from "./gate.ts";
import type { Ceiling } from "./throughput.ts";
import { noCounts, type WaveFacts } from "./wave.ts";

/**
 * A plan's forecast is that of its rollout before a host has begun: the same waves, with every host
 * waiting. Beside the times it tells which hosts would be done after the case's deadline.
 */
export interface PlanForecast {
  readonly forecast: Forecast;
  readonly waves: readonly PlannedCourse[];
  readonly missed: Missed | null;
}

export interface PlannedCourse {
  readonly number: number;
  readonly ring: string;
  readonly hosts: number;
  /** Null where nobody can tell; why stands in the forecast. */
  readonly startsAt: Likely | null;
  readonly doneAt: Likely | null;
  readonly endsAt: Likely | null;
  /** Hosts that are done after the deadline; null where there is none, or nobody can tell. */
  readonly late: { readonly median: number; readonly high: number } | null;
  /** How many hosts of each group are in time nine times in ten, in the order of the plan. */
  readonly inTime: readonly number[];
}

export interface Missed {
  readonly dueAt: Instant;
  readonly median: number;
  readonly high: number;
  /** Hosts of waves of which nobody can tell when they are done. */
  readonly untold: number;
}

export interface PlanToForecast {
  readonly waves: readonly PlannedWave[];
  readonly ownTimes: readonly OwnTimes[];
  readonly ceilings: readonly Ceiling[];
  readonly pace: Pace;
  readonly now: Instant;
  readonly dueAt: Instant | null;
}

export function planForecast(of: PlanToForecast): PlanForecast {
  const facts = of.waves.map(factsOf);
  const forecast = forecastWaves(facts, of);
  const told = new Map(forecast.waves.map((wave) => [wave.number, wave]));
  const waves = facts.map((wave, at): PlannedCourse => {
    const { number, ring } = wave;
    const hosts = of.waves[at]?.hostCount ?? 0;
    const found = told.get(number);
    const known = { number, ring, hosts };
    if (found === undefined) {
      return { ...known, startsAt: null, doneAt: null, endsAt: null, late: null, inTime: [] };
    }
    const { startsAt, doneAt, endsAt, inTime } = found;
    const sizes = groupsOf(wave, of.ownTimes).map((group) => group.hosts);
    const late = of.dueAt === null ? null : lateOf(sizes, inTime);
    return { ...known, startsAt, doneAt, endsAt, late, inTime: inTime.high };
  });
  return { forecast, waves, missed: missedOf(waves, of.dueAt) };
}

function lateOf(
  sizes: readonly number[],
  inTime: { readonly median: readonly number[]; readonly high: readonly number[] },
): { readonly median: number; readonly high: number } {
  const all = sum(sizes);
  const median = all - sum(inTime.median);
  return { median, high: Math.max(median, all - sum(inTime.high)) };
}

function missedOf(waves: readonly PlannedCourse[], dueAt: Instant | null): Missed | null {
  if (dueAt === null) return null;
  const untold = sum(waves.map((wave) => (wave.doneAt === null ? wave.hosts : 0)));
  const median = sum(waves.map((wave) => wave.late?.median ?? 0));
  const high = sum(waves.map((wave) => wave.late?.high ?? 0));
  return { dueAt, median, high, untold };
}

function factsOf(wave: PlannedWave): WaveFacts {
  const { number, ring, notBefore, notAfter, windows, hostCount, limits } = wave;
  return {
    ...{ number, ring, notBefore, notAfter, windows, gate: waveGate(limits) },
    state: "waiting",
    hasPassed: false,
    counts: { ...noCounts, ready: hostCount },
    newFailures: 0,
    newSuccesses: 0,
    revertible: 0,
    lastEndedAt: null,
    openedAt: null,
    strata: [],
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
