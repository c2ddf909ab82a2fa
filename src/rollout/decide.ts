import { DAY_MS, type Instant, SECOND_MS } from "../base/instant.ts";
import { stopOdds, stopsAt, suspicion } from "../policy/failure-test.ts";
import { correlatedStratum } from "./correlation.ts";
import { type GateJudgement, judgeGate } from "./gate.ts";
import type { HaltReason, Hold } from "./hold.ts";
import type { RolloutState } from "./model.ts";
import type { WaveCounts, WaveFacts } from "./wave.ts";

/**
 * What the engine does next, from aggregates alone: pure, so that a crash resumes by reading and a
 * simulation runs the very same rules. The cost grows with the number of waves, never of hosts.
 *
 * A halt wins over everything in the same answer: with it nothing is opened and nothing is released
 * but ordered reverts, and those only while the rollout is not frozen.
 */

export interface RolloutFacts {
  readonly state: RolloutState;
  readonly isFrozen: boolean;
  /** A halt that covers the whole rollout, whoever set it; null while none does. */
  readonly halted: { readonly scope: string; readonly since: Instant } | null;
  /** The wave whose failures halted the rollout by itself; null after anything else. */
  readonly haltedBy: number | null;
  /** Why the approvals do not allow a start now; null while they do. */
  readonly approvalHold: Hold | null;
  readonly waves: readonly WaveFacts[];
}

export type Decision =
  | { readonly do: "open-wave"; readonly wave: number }
  | { readonly do: "pass-wave"; readonly wave: number }
  | { readonly do: "end-wave"; readonly wave: number }
  | { readonly do: "release"; readonly wave: number; readonly kind: "apply" | "revert" }
  | { readonly do: "hold"; readonly wave: number; readonly hold: Hold }
  | { readonly do: "halt"; readonly reason: HaltReason }
  | { readonly do: "revert"; readonly wave: number }
  | { readonly do: "give-up"; readonly wave: number; readonly hold: Hold }
  | { readonly do: "finish" };

export function decide(facts: RolloutFacts, now: Instant): readonly Decision[] {
  if (facts.state === "finished" || facts.state === "stopped") return [];
  if (facts.state === "running") {
    const stop = firstStop(facts.waves);
    if (stop !== null) return [{ do: "halt", reason: stop.reason }, ...revertOf(stop.wave)];
  }
  const decisions: Decision[] = facts.isFrozen
    ? []
    : [...takeBack(facts), ...facts.waves.flatMap(releaseReverts)];
  const stopped = standstill(facts);
  const isHalted = facts.state === "halted";
  for (const [at, wave] of facts.waves.entries()) {
    // What stands still starts nothing, but its time ends: else it would stand for ever.
    const mayEnd = !isHalted && now > wave.notAfter;
    if (stopped === null || mayEnd) {
      decisions.push(...decideWave(wave, facts.waves[at - 1] ?? null, now));
    } else if (wave.state !== "ended") {
      decisions.push({ do: "hold", wave: wave.number, hold: stopped });
    }
  }
  return !isHalted && facts.waves.every(isOver) ? [{ do: "finish" }] : decisions;
}

/**
 * Hosts that were still at work when their wave was halted are taken back as they end; and a halt
 * whose own turn was cut off after it loses nothing.
 */
function takeBack(facts: RolloutFacts): readonly Decision[] {
  if (facts.state !== "halted") return [];
  const wave = facts.waves.find((w) => w.number === facts.haltedBy);
  return wave === undefined || wave.revertible === 0 ? [] : revertOf(wave);
}

/** How many more hosts of the wave may be started; the budget counts every held slot. */
export function releasable(wave: WaveFacts): number {
  const room = wave.gate.inFlightMax - busyOf(wave.counts);
  return Math.max(0, Math.min(room, wave.counts.ready + wave.counts.readyRevert));
}

export function busyOf(counts: WaveCounts): number {
  return counts.active + counts.unknown;
}

function standstill(facts: RolloutFacts): Hold | null {
  if (facts.halted !== null) return { why: "halted", ...facts.halted };
  return facts.approvalHold;
}

/**
 * The first wave that proves the patch bad: over its budget, beyond the odds of its test, or failing
 * where one thing is shared. What speaks against the patch is carried from wave to wave, what speaks
 * for it is not: a thousand good hosts of one kind must not hide the first bad ones of another.
 */
function firstStop(
  waves: readonly WaveFacts[],
): { readonly wave: WaveFacts; readonly reason: HaltReason } | null {
  let carried = 0;
  for (const wave of waves) {
    const allowed = wave.gate.failureBudget;
    if (wave.newFailures > allowed) {
      const reason = {
        why: "failure-budget",
        wave: wave.number,
        failures: wave.newFailures,
        allowed,
      };
      return { wave, reason: reason as HaltReason };
    }
    const tested = testFailures(wave, carried);
    if (tested.reason !== null) return { wave, reason: tested.reason };
    carried = tested.carried;
    const cluster = wave.newFailures === 0 ? null : correlatedStratum(wave.strata);
    if (cluster !== null) {
      const { name: stratum, failed: failures, ended: of } = cluster;
      return {
        wave,
        reason: { why: "correlated-failures", wave: wave.number, stratum, failures, of },
      };
    }
  }
  return null;
}

/** Wald's test over the hosts of the wave; the odds are kept as logarithms. */
function testFailures(
  { gate: { failures: test }, number, newFailures: failed, newSuccesses: well }: WaveFacts,
  before: number,
): { readonly reason: HaltReason | null; readonly carried: number } {
  if (test === null) return { reason: null, carried: before };
  const now = before + suspicion(test, { failed, well });
  const { baseline, bad } = test;
  const isProven = failed > 0 && now >= stopsAt(test);
  const reason = {
    ...{ why: "failure-test", wave: number, failures: failed, of: failed + well },
    ...{ baseline, bad, odds: Math.round(stopOdds(test)) },
  } as HaltReason;
  return { reason: isProven ? reason : null, carried: Math.max(0, now) };
}

function revertOf(wave: WaveFacts): readonly Decision[] {
  return wave.gate.onFailure === "revert" ? [{ do: "revert", wave: wave.number }] : [];
}

function releaseReverts(wave: WaveFacts): readonly Decision[] {
  if (wave.counts.readyRevert === 0 || releasable(wave) === 0) return [];
  return [{ do: "release", wave: wave.number, kind: "revert" }];
}

function decideWave(
  wave: WaveFacts,
  previous: WaveFacts | null,
  now: Instant,
): readonly Decision[] {
  switch (wave.state) {
    case "waiting":
      return decideWaiting(wave, previous, now);
    case "open":
      return decideOpen(wave, now);
    case "passed":
      return now > wave.notAfter ? decideOver(wave) : releaseOrSay(wave, now);
    case "ended":
      return [];
  }
}

function decideWaiting(
  wave: WaveFacts,
  previous: WaveFacts | null,
  now: Instant,
): readonly Decision[] {
  const { number } = wave;
  if (now > wave.notAfter) {
    return [
      giveUp(wave, { why: "wave-over", endedAt: wave.notAfter }),
      { do: "end-wave", wave: number },
    ];
  }
  if (previous !== null && !previous.hasPassed) {
    const hold: Hold = { why: "wave-order", wave: number, after: previous.number };
    if (previous.state !== "ended") return [{ do: "hold", wave: number, hold }];
    return [giveUp(wave, hold), { do: "end-wave", wave: number }];
  }
  if (now < wave.notBefore) {
    return [{ do: "hold", wave: number, hold: { why: "too-early", opensAt: wave.notBefore } }];
  }
  return [{ do: "open-wave", wave: number }];
}

function decideOpen(wave: WaveFacts, now: Instant): readonly Decision[] {
  const judged = judgeGate(wave, now);
  if (judged.answer === "pass") return [{ do: "pass-wave", wave: wave.number }];
  const hold: Decision = { do: "hold", wave: wave.number, hold: judged.hold };
  if (now <= wave.notAfter) return [...releaseOrSay(wave, now), hold];
  // The time is over: nothing more starts. What soaks may still pass; what failed ends.
  return [...decideOver(wave).filter((d) => d.do !== "end-wave" || isHopeless(judged)), hold];
}

function isHopeless(judged: GateJudgement): boolean {
  return judged.answer === "fail" || judged.hold?.why === "evidence-missing";
}

function releaseOrSay(wave: WaveFacts, now: Instant): readonly Decision[] {
  if (wave.counts.ready === 0) return [];
  const { windows } = wave;
  if (windows.length > 0 && !windows.some((w) => w.from <= now && now < w.to)) {
    const opensAt = windows.map((w) => w.from).filter((from) => from > now);
    const hold: Hold = {
      why: "window-closed",
      opensAt: opensAt.length === 0 ? null : Math.min(...opensAt),
    };
    return [{ do: "hold", wave: wave.number, hold }];
  }
  const said: readonly Decision[] =
    wave.calendarHold === undefined
      ? []
      : [{ do: "hold", wave: wave.number, hold: wave.calendarHold }];
  // The claim asks the calendar for each host, so those that it leaves open go on.
  if (releasable(wave) > 0) return [...said, { do: "release", wave: wave.number, kind: "apply" }];
  const { inFlightMax: allowed } = wave.gate;
  const hold: Hold = { why: "budget-used", busy: busyOf(wave.counts), allowed };
  return [{ do: "hold", wave: wave.number, hold }];
}

function decideOver(wave: WaveFacts): readonly Decision[] {
  const over: Hold = { why: "wave-over", endedAt: wave.notAfter };
  if (wave.counts.ready + wave.counts.deferred > 0) {
    return [giveUp(wave, over)];
  }
  return busyOf(wave.counts) + wave.counts.checking > 0
    ? []
    : [{ do: "end-wave", wave: wave.number }];
}

function giveUp(wave: WaveFacts, hold: Hold): Decision {
  return { do: "give-up", wave: wave.number, hold };
}

/** Nothing of the wave is open any more: no host waits, works, or is still to be looked at. */
function isOver(wave: WaveFacts): boolean {
  const { ready, deferred, readyRevert, checking } = wave.counts;
  const isJudged = wave.state === "passed" || wave.state === "ended";
  return isJudged && ready + deferred + readyRevert + checking + busyOf(wave.counts) === 0;
}

/** When the engine should look again by itself: the next soak end, opening or end of a wave. */
export function nextLookAt(facts: RolloutFacts, now: Instant): Instant {
  const times = facts.waves.flatMap((wave) => [
    wave.notBefore,
    wave.notAfter + 1,
    ...wave.windows.map((window) => window.from),
    (wave.lastEndedAt ?? 0) + wave.gate.soakSeconds * SECOND_MS,
  ]);
  return Math.min(now + DAY_MS, ...times.filter((time) => time > now));
}
