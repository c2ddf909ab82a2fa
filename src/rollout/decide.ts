import { DAY_MS, type Instant, SECOND_MS } from "../base/instant.ts";
import { stopOdds, stopsAt, suspicion } from "../policy/failure-test.ts";
import { correlatedStratum } from "./correlation.ts";
import { stabilisationStop, stabilise, stableAt } from "./decide-after.ts";
import { gateStop, releaseReverts, revertHosts, revertWaves } from "./decide-reverts.ts";
import type { Decision, RolloutFacts, Stop, TakesBack } from "./decision.ts";
import { type GateJudgement, judgeGate } from "./gate.ts";
import { gateTimes } from "./gate-judge.ts";
import type { HaltReason, Hold } from "./hold.ts";
import { busyOf, isOver, releasable, type WaveFacts } from "./wave.ts";

/**
 * What the engine does next, from aggregates alone: pure, so that a crash resumes by reading and a
 * simulation runs the very same rules. The cost grows with the number of waves, never of hosts.
 *
 * A halt wins over everything in the same answer: with it nothing is opened and nothing is released
 * but ordered reverts, and those only while the rollout is not frozen.
 */

export function decide(facts: RolloutFacts, now: Instant): readonly Decision[] {
  if (facts.state === "finished" || facts.state === "stopped") return [];
  if (facts.state === "running") {
    const stop = firstStop(facts.waves, now) ?? stabilisationStop(facts, now);
    if (stop !== null) {
      const { wave, reason } = stop;
      const takesBack = reason.why === "gate" ? reason.takesBack : undefined;
      return [{ do: "halt", reason }, ...revertWaves(facts, takenBack(facts, wave, takesBack))];
    }
  }
  const decisions: Decision[] = facts.isFrozen
    ? []
    : [...takeBack(facts), ...revertHosts(facts, now), ...releaseReverts(facts)];
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
  if (isHalted || !facts.waves.every(isOver)) return decisions;
  const joins = openToJoin(facts);
  return joins === null ? stabilise(facts, now) : [...decisions, joins];
}

/** What holds the end of a rollout by rule: a wave that passed takes hosts until its time is over. */
function openToJoin({ isOpenToJoin, waves }: RolloutFacts): Decision | null {
  const last = waves.at(-1);
  if (isOpenToJoin !== true || last === undefined) return null;
  const open = waves.filter((wave) => wave.state === "passed").map((wave) => wave.notAfter);
  if (open.length === 0) return null;
  return { do: "hold", wave: last.number, hold: { why: "open-to-join", until: Math.max(...open) } };
}

/**
 * Hosts that were still at work when their wave was halted are taken back as they end; and a halt
 * whose own turn was cut off after it loses nothing.
 */
function takeBack(facts: RolloutFacts): readonly Decision[] {
  if (facts.state !== "halted") return [];
  const wave = facts.waves.find((w) => w.number === facts.haltedBy);
  return wave === undefined ? [] : revertWaves(facts, takenBack(facts, wave, facts.takesBack));
}

/** The last wave first: it is the one whose hosts had the patch for the shortest time. */
function takenBack(
  facts: RolloutFacts,
  wave: WaveFacts,
  takesBack: TakesBack | undefined,
): readonly WaveFacts[] {
  switch (takesBack) {
    case "none":
      return [];
    case "wave":
      return [wave];
    case "all":
      return facts.waves.toReversed();
    case undefined:
      return wave.gate.onFailure === "revert" ? [wave] : [];
  }
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
function firstStop(waves: readonly WaveFacts[], now: Instant): Stop | null {
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
    const failed = gateStop(wave, now);
    if (failed !== null) return { wave, reason: failed };
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
  const have = wave.signatures ?? 0;
  const need = wave.gate.signatures ?? 0;
  const holds: Hold[] = witnessHolds(wave);
  if (have < need) holds.push({ why: "wave-unsigned", wave: number, have, need });
  const parts = wave.unsigned ?? [];
  if (parts.length > 0) holds.push({ why: "sign-off-missing", wave: number, parts });
  const outside = wave.outside ?? [];
  if (outside.length > 0) holds.push({ why: "itsm", wave: number, parts: outside });
  if (holds.length > 0) return holds.map((hold) => ({ do: "hold", wave: number, hold }));
  return [{ do: "open-wave", wave: number }];
}

function decideOpen(wave: WaveFacts, now: Instant): readonly Decision[] {
  const judged = judgeGate(wave, now);
  if (judged.answer === "pass") return [{ do: "pass-wave", wave: wave.number }];
  const hold: Decision = { do: "hold", wave: wave.number, hold: judged.hold };
  // Hosts of a wave with a failed gate wait until the gate is good again, or somebody accepts it.
  const isStopped = judged.answer === "fail" && judged.hold.why === "gate";
  if (now <= wave.notAfter) return [...(isStopped ? [] : releaseOrSay(wave, now)), hold];
  // The time is over: nothing more starts. What soaks may still pass; what failed ends.
  return [...decideOver(wave).filter((d) => d.do !== "end-wave" || isHopeless(judged)), hold];
}

function isHopeless(judged: GateJudgement): boolean {
  return judged.answer === "fail" || judged.hold?.why === "evidence-missing";
}

/** A rule that was set or a witness that was lost after the wave opened holds it too. */
function witnessHolds({ number, ring, witnessGap: gap }: WaveFacts): Hold[] {
  const isCovered = gap === null || gap === undefined;
  return isCovered ? [] : [{ why: "witnesses-missing", wave: number, ring, ...gap }];
}

function releaseOrSay(wave: WaveFacts, now: Instant): readonly Decision[] {
  if (wave.counts.ready === 0) return [];
  const [unseen] = witnessHolds(wave);
  if (unseen !== undefined) return [{ do: "hold", wave: wave.number, hold: unseen }];
  const { windows } = wave;
  if (windows.length > 0 && !windows.some((w) => w.from <= now && now < w.to)) {
    const opensAt = windows.map((w) => w.from).filter((from) => from > now);
    const hold: Hold = {
      why: "window-closed",
      opensAt: opensAt.length === 0 ? null : Math.min(...opensAt),
    };
    return [{ do: "hold", wave: wave.number, hold }];
  }
  const said = [wave.roomHold, wave.calendarHold].flatMap((hold): readonly Decision[] =>
    hold === undefined ? [] : [{ do: "hold", wave: wave.number, hold }],
  );
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

/** When the engine should look again by itself: the next soak end, opening or end of a wave. */
export function nextLookAt(facts: RolloutFacts, now: Instant): Instant {
  const times = facts.waves.flatMap((wave) => [
    wave.notBefore,
    wave.notAfter + 1,
    ...wave.windows.map((window) => window.from),
    (wave.lastEndedAt ?? 0) + wave.gate.soakSeconds * SECOND_MS,
    ...(wave.gates ?? []).flatMap((stand) => gateTimes(stand, wave.lastEndedAt)),
  ]);
  const { after, waves } = facts;
  if (after !== undefined)
    times.push(stableAt(waves, after), ...after.gates.flatMap((stand) => gateTimes(stand, null)));
  return Math.min(now + DAY_MS, ...times.filter((time) => time > now));
}
