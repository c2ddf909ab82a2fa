import { type Instant, instantToText, SECOND_MS } from "../base/instant.ts";
import { hostsOf, judgeGate } from "./gate.ts";
import type { LoadedFacts } from "./store.ts";
import { type Ceiling, throughput } from "./throughput.ts";
import type { WaveFacts } from "./wave.ts";
import { type HostGroup, type Scheduled, scheduleWork } from "./work-schedule.ts";

/**
 * When a rollout will be done, from how long hosts took so far and from the times that were approved;
 * of a plan that has not begun the same, from how long hosts took elsewhere. Never invented: where
 * there is nothing to go by, or a person or a silent host decides when it goes on, there is no time
 * but the reason why there is none.
 */
export type Forecast = Course &
  (
    | {
        readonly endsAt: Instant;
        /** About two standard errors: nineteen of twenty such forecasts hold, if hosts stay alike. */
        readonly marginMs: number;
        readonly reason: null;
      }
    | { readonly endsAt: null; readonly marginMs: null; readonly reason: string }
  );

interface Course {
  readonly measured: number;
  readonly basis: Basis;
  /** Waves that have not ended, up to the first of which nobody can tell. */
  readonly waves: readonly WaveForecast[];
}

/** Whose jobs were measured. */
export const bases = ["own", "steps", "source", "fleet", "given", "none"] as const;
export type Basis = (typeof bases)[number];

/** How long hosts took, from being claimed to being judged. */
export interface Pace {
  readonly measured: number;
  readonly meanMs: number;
  /** Sample standard deviation; null below two hosts. */
  readonly deviationMs: number | null;
  readonly basis: Basis;
}

/** As likely as not by the first; by the second nine times in ten. */
export interface Likely {
  readonly median: Instant;
  readonly high: Instant;
}

export interface WaveForecast {
  readonly number: number;
  readonly startsAt: Likely;
  /** When its last host is done. */
  readonly doneAt: Likely;
  /** When its gate may pass: its hosts have soaked. */
  readonly endsAt: Likely;
  /** Hosts that are done in time, by the groups of `groupsOf`; as likely as not, and nine in ten. */
  readonly inTime: { readonly median: readonly number[]; readonly high: readonly number[] };
}

/** Hosts of a wave that may start at other times than their wave as a whole. */
export interface OwnTimes extends HostGroup {
  readonly wave: number;
}

export interface Ahead {
  readonly now: Instant;
  readonly pace: Pace;
  readonly ownTimes: readonly OwnTimes[];
  /** What budgets leave the waves. */
  readonly ceilings: readonly Ceiling[];
  readonly dueAt: Instant | null;
}

export function forecast(
  loaded: Pick<LoadedFacts, "facts" | "now">,
  pace: Pace,
  known: Partial<Pick<Ahead, "ownTimes" | "ceilings">> = {},
): Forecast {
  const { facts, now } = loaded;
  const reason = whyNotNow(facts);
  if (reason !== null) {
    const { measured, basis } = pace;
    return { endsAt: null, marginMs: null, measured, basis, waves: [], reason };
  }
  const waves = facts.waves.filter((one) => one.state !== "ended");
  const { ownTimes = [], ceilings = [] } = known;
  return forecastWaves(waves, { now, pace, ownTimes, ceilings, dueAt: null });
}

function whyNotNow(facts: LoadedFacts["facts"]): string | null {
  if (facts.state === "finished" || facts.state === "stopped") {
    return `the rollout is ${facts.state}`;
  }
  if (facts.halted !== null) return "it is halted; a person decides when it goes on";
  return facts.approvalHold === null ? null : "it waits for approval";
}

/** One after the other: a wave begins when the one before has soaked, in its own approved time. */
export function forecastWaves(waves: readonly WaveFacts[], ahead: Ahead): Forecast {
  const { now, pace } = ahead;
  const { measured, basis } = pace;
  const told: WaveForecast[] = [];
  let at: Likely = { median: now, high: now };
  let variance = 0;
  for (const wave of waves) {
    const own = workOf(wave, ahead);
    // By so much this wave adds to how late the whole comes one time in ten.
    const more = NINE_IN_TEN * (Math.sqrt(variance + own.variance) - Math.sqrt(variance));
    variance += own.variance;
    const slowMs = own.jobMs + more / Math.max(1, own.rounds);
    const next = waveAhead(wave, { ...ahead, at, slowMs, jobMs: own.jobMs });
    if ("reason" in next) {
      return { endsAt: null, marginMs: null, measured, basis, waves: told, reason: next.reason };
    }
    told.push(next);
    at = later(at, next.endsAt);
  }
  const marginMs = Math.ceil(2 * Math.sqrt(variance));
  return { endsAt: at.median, marginMs, measured, basis, waves: told, reason: null };
}

/** The normal distribution has nine tenths of itself below so many standard deviations. */
export const NINE_IN_TEN = 1.2816;

function waveAhead(
  wave: WaveFacts,
  given: Ahead & { readonly at: Likely; readonly jobMs: number; readonly slowMs: number },
): WaveForecast | { readonly reason: string } {
  const { number } = wave;
  const { pace, jobMs, slowMs, at } = given;
  const stop = whyNobodyKnows(wave, given.now);
  if (stop !== null) return { reason: stop };
  const open = openHosts(wave);
  if (open > 0 && pace.measured === 0) return { reason: NOTHING_MEASURED };
  const median = course(wave, given, { at: at.median, jobMs });
  if ("reason" in median) return median;
  // What would be too late one time in ten is told as the end of the approved time at least.
  const high = course(wave, given, { at: at.high, jobMs: slowMs });
  const slow = "reason" in high ? outOfTime(wave, median) : high;
  const pair = (key: "startsAt" | "doneAt" | "endsAt"): Likely => ({
    median: median[key],
    high: Math.max(median[key], slow[key]),
  });
  return {
    number,
    startsAt: pair("startsAt"),
    doneAt: pair("doneAt"),
    endsAt: pair("endsAt"),
    inTime: { median: median.inTime, high: slow.inTime },
  };
}

export const NOTHING_MEASURED = "no host has finished yet";

interface WaveCourse {
  readonly startsAt: Instant;
  readonly doneAt: Instant;
  readonly endsAt: Instant;
  readonly inTime: readonly number[];
}

/** One wave, if every host took `jobMs`. */
function course(
  wave: WaveFacts,
  given: Ahead,
  { at, jobMs }: { readonly at: Instant; readonly jobMs: number },
): WaveCourse | { readonly reason: string } {
  const { number, counts, gate } = wave;
  const { atOnce } = throughput(wave, { ...given, jobMs: given.pace.meanMs });
  const groups = groupsOf(wave, given.ownTimes);
  const opensAt = Math.max(at, wave.notBefore);
  const startsAt = wave.openedAt ?? Math.min(...groups.map((one) => firstOpen(one, opensAt)));
  const work = { from: opensAt, atOnce, jobMs, groups, dueAt: given.dueAt };
  const done = scheduleWork({ ...work, atWork: counts.active + counts.checking });
  if (done.stranded > 0) {
    return { reason: `wave ${number} needs more maintenance windows than were approved` };
  }
  const stop = tooLate(wave, done);
  if (stop !== null) return { reason: stop };
  const doneAt = done.endsAt ?? wave.lastEndedAt ?? opensAt;
  const soakMs = wave.state === "passed" ? 0 : gate.soakSeconds * SECOND_MS;
  const endsAt = Math.max(given.now, doneAt + soakMs);
  return { startsAt: Math.min(startsAt, doneAt), doneAt, endsAt, inTime: done.inTime };
}

function tooLate(wave: WaveFacts, { endsAt }: Scheduled): string | null {
  if (endsAt === null || endsAt <= wave.notAfter) return null;
  const end = instantToText(wave.notAfter);
  return `at this pace wave ${wave.number} is not done when its approved time ends ${end}`;
}

function outOfTime(wave: WaveFacts, median: WaveCourse): WaveCourse {
  const endsAt = Math.max(median.endsAt, wave.notAfter + wave.gate.soakSeconds * SECOND_MS);
  const none = median.inTime.map(() => 0);
  return { startsAt: median.startsAt, doneAt: wave.notAfter, endsAt, inTime: none };
}

/** Hosts with times of their own first, then all others together. */
export function groupsOf(wave: WaveFacts, ownTimes: readonly OwnTimes[]): readonly HostGroup[] {
  const own = ownTimes.filter((one) => one.wave === wave.number);
  const rest = wave.counts.ready + wave.counts.readyRevert - own.reduce((n, o) => n + o.hosts, 0);
  return [...own, { hosts: Math.max(0, rest), windows: wave.windows }];
}

function firstOpen({ hosts, windows }: HostGroup, at: Instant): Instant {
  if (hosts === 0) return Number.POSITIVE_INFINITY;
  if (windows.length === 0) return at;
  return Math.min(...windows.filter(({ to }) => to > at).map(({ from }) => Math.max(at, from)));
}

function openHosts({ counts }: WaveFacts): number {
  return counts.ready + counts.readyRevert + counts.active + counts.checking;
}

function later(at: Likely, end: Likely): Likely {
  return { median: Math.max(at.median, end.median), high: Math.max(at.high, end.high) };
}

/** What no pace can tell: hosts that do not answer, and gates that cannot pass any more. */
function whyNobodyKnows(wave: WaveFacts, now: Instant): string | null {
  const { counts, number } = wave;
  if (counts.unknown > 0) {
    return `no word from ${hosts(counts.unknown)} of wave ${number}, and work may be going on there`;
  }
  if (counts.deferred > 0) {
    return `${hosts(counts.deferred)} of wave ${number} must be tried again`;
  }
  if (wave.state === "passed") return null;
  if (hostsOf(wave) === counts.skipped) return `wave ${number} has no host left to judge`;
  return judgeGate(wave, now).answer === "fail"
    ? `wave ${number} cannot pass its gate any more`
    : null;
}

function hosts(count: number): string {
  return count === 1 ? "1 host" : `${count} hosts`;
}

/** Rounds to come; their variance, that of the mean itself, and how far those at work really are. */
function workOf(
  wave: WaveFacts,
  { pace, ceilings }: Ahead,
): { readonly rounds: number; readonly variance: number; readonly jobMs: number } {
  const { atOnce, jobMs } = throughput(wave, { ceilings, jobMs: pace.meanMs });
  const rounds = Math.ceil(openHosts(wave) / atOnce);
  if (rounds === 0) return { rounds, variance: 0, jobMs };
  // One host says nothing about how far others differ: as far as it took itself.
  const deviation = pace.deviationMs ?? pace.meanMs;
  const ofMean = (rounds * deviation) ** 2 / Math.max(1, pace.measured);
  const ofBegun = wave.counts.active + wave.counts.checking > 0 ? pace.meanMs ** 2 / 12 : 0;
  return { rounds, variance: rounds * deviation ** 2 + ofMean + ofBegun, jobMs };
}
