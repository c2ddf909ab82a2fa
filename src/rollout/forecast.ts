import { type Instant, instantToText, SECOND_MS } from "../base/instant.ts";
import { hostsOf, judgeGate } from "./gate.ts";
import type { LoadedFacts } from "./store.ts";
import type { WaveFacts, Window } from "./wave.ts";

/**
 * When a rollout will be done, from how long its own hosts took so far and from the times that were
 * approved. Never invented: where there is nothing to go by, or a person or a silent host decides
 * when it goes on, there is no time but the reason why there is none.
 */
export type Forecast =
  | {
      readonly endsAt: Instant;
      /** About two standard errors: nineteen of twenty such forecasts hold, if hosts stay alike. */
      readonly marginMs: number;
      readonly measured: number;
      readonly reason: null;
    }
  | {
      readonly endsAt: null;
      readonly marginMs: null;
      readonly measured: number;
      readonly reason: string;
    };

/** How long hosts took, from being claimed to being judged. */
export interface Pace {
  readonly measured: number;
  readonly meanMs: number;
  /** Sample standard deviation; null below two hosts. */
  readonly deviationMs: number | null;
}

export function forecast(loaded: Pick<LoadedFacts, "facts" | "now">, pace: Pace): Forecast {
  const { facts, now } = loaded;
  const { measured } = pace;
  const none = (reason: string): Forecast => ({ endsAt: null, marginMs: null, measured, reason });
  if (facts.state === "finished" || facts.state === "stopped") {
    return none(`the rollout is ${facts.state}`);
  }
  if (facts.halted !== null) return none("it is halted; a person decides when it goes on");
  if (facts.approvalHold !== null) return none("it waits for approval");
  let at = now;
  let variance = 0;
  for (const wave of facts.waves.filter((one) => one.state !== "ended")) {
    const ahead = waveAhead(wave, { at, now, pace });
    if ("reason" in ahead) return none(ahead.reason);
    at = Math.max(at, ahead.endsAt);
    variance += ahead.variance;
  }
  return { endsAt: at, marginMs: Math.ceil(2 * Math.sqrt(variance)), measured, reason: null };
}

type Ahead = { readonly endsAt: Instant; readonly variance: number } | { readonly reason: string };

function waveAhead(
  wave: WaveFacts,
  given: { readonly at: Instant; readonly now: Instant; readonly pace: Pace },
): Ahead {
  const { counts, gate, number } = wave;
  const { now, pace } = given;
  const stop = whyNobodyKnows(wave, now);
  if (stop !== null) return { reason: stop };
  const atWork = counts.active + counts.checking;
  const open = counts.ready + counts.readyRevert + atWork;
  if (open === 0 && wave.state === "passed") return { endsAt: now, variance: 0 };
  if (open > 0 && pace.measured === 0) return { reason: "no host has finished yet" };
  const rounds = Math.ceil(open / gate.inFlightMax);
  // Hosts at work are on average half way.
  const workMs = rounds * pace.meanMs - (atWork > 0 ? pace.meanMs / 2 : 0);
  const startsAt = Math.max(given.at, wave.notBefore);
  const doneAt = open === 0 ? (wave.lastEndedAt ?? startsAt) : workEnd(startsAt, workMs, wave);
  if (doneAt === null) {
    return { reason: `wave ${number} needs more maintenance windows than were approved` };
  }
  if (open > 0 && doneAt > wave.notAfter) {
    const end = instantToText(wave.notAfter);
    return { reason: `at this pace wave ${number} is not done when its approved time ends ${end}` };
  }
  const soakMs = wave.state === "passed" ? 0 : gate.soakSeconds * SECOND_MS;
  return { endsAt: Math.max(now, doneAt + soakMs), variance: varianceOf(rounds, atWork, pace) };
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

/** Hosts start within windows only; null when the approved ones do not suffice. */
function workEnd(
  startsAt: Instant,
  workMs: number,
  wave: { readonly windows: readonly Window[] },
): Instant | null {
  if (wave.windows.length === 0) return startsAt + workMs;
  let leftMs = workMs;
  for (const window of wave.windows.toSorted((a, b) => a.from - b.from)) {
    const from = Math.max(startsAt, window.from);
    const roomMs = Math.max(0, window.to - from);
    if (leftMs <= roomMs) return from + leftMs;
    leftMs -= roomMs;
  }
  return null;
}

/** Of the rounds to come, of the mean itself, and of how far those at work really are. */
function varianceOf(rounds: number, atWork: number, pace: Pace): number {
  if (rounds === 0) return 0;
  // One host says nothing about how far others differ: as far as it took itself.
  const deviation = pace.deviationMs ?? pace.meanMs;
  const ofMean = (rounds * deviation) ** 2 / pace.measured;
  const ofBegun = atWork > 0 ? pace.meanMs ** 2 / 12 : 0;
  return rounds * deviation ** 2 + ofMean + ofBegun;
}
