import type { Instant } from "../base/instant.ts";
import type { ItsmHeld } from "../change/itsm-hold.ts";
import type { FailureTest } from "../policy/failure-test.ts";
import type { Rate } from "../policy/rings-budgets.ts";
import type { Gate } from "../policy/rings-gates.ts";
import type { Stratum } from "./correlation.ts";
import type { GateStand } from "./gate-judge.ts";
import type { Hold, MissingPart } from "./hold.ts";
import type { WaveState } from "./model.ts";

/** What gate and engine know of a wave: its rules, its time and where its hosts stand, as numbers. */

/** The policy of one ring, as counted numbers for this wave's size. */
export interface WaveGate {
  /** Most hosts of the wave that may be worked on at once. */
  readonly inFlightMax: number;
  /** Hosts that may start within so many seconds; none: only the number above counts. */
  readonly rate?: Rate | null | undefined;
  /** So long before it opens its files may come to the hosts; absent: with the job. */
  readonly stageSeconds?: number | undefined;
  readonly soakSeconds: number;
  /** Share (0–1) of the wave's hosts that must be verified. */
  readonly successRate: number;
  /** Failures that may happen before the rollout halts itself; 0: the first one halts. */
  readonly failureBudget: number;
  /** The sequential test that stops the wave too; null where only the number does. */
  readonly failures: FailureTest | null;
  readonly onFailure: "halt" | "revert";
  /** Signatures of approvers before the wave opens; absent: none. */
  readonly signatures?: number | undefined;
  /** What the policy asks beside that before the next wave opens; absent: nothing. */
  readonly gates?: readonly Gate[];
}

/** Hosts of one wave by where they stand; every host is counted in exactly one of the groups. */
export interface WaveCounts {
  /** Ready to bring the patch on: never tried or to be tried now, and those waiting for a retry. */
  readonly ready: number;
  readonly deferred: number;
  /** Ready to take the patch off again, as ordered. */
  readonly readyRevert: number;
  /** Leased to verifying: the slot is held, and an answer is expected. */
  readonly active: number;
  /** Unknown, and held after the work had begun: the slot is held, no answer is expected soon. */
  readonly unknown: number;
  readonly checking: number;
  readonly verified: number;
  readonly unverified: number;
  readonly failed: number;
  readonly rolledBack: number;
  /** Stopped before anything was changed; only a person's retry goes on. */
  readonly held: number;
  readonly lost: number;
  readonly skipped: number;
}

export const noCounts: WaveCounts = {
  ready: 0,
  deferred: 0,
  readyRevert: 0,
  active: 0,
  unknown: 0,
  checking: 0,
  verified: 0,
  unverified: 0,
  failed: 0,
  rolledBack: 0,
  held: 0,
  lost: 0,
  skipped: 0,
};

/** Half-open. */
export interface Window {
  readonly from: Instant;
  readonly to: Instant;
}

/** How many of the witnesses that count for a ring signed, and how many must. */
export interface WitnessGap {
  readonly have: number;
  readonly need: number;
}

export interface WaveFacts {
  readonly number: number;
  readonly ring: string;
  readonly state: WaveState;
  readonly hasPassed: boolean;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Within which hosts may start; none: all of the wave's time. */
  readonly windows: readonly Window[];
  readonly gate: WaveGate;
  /** Witnesses that its ring's rule still waits for; null or absent: for none. */
  readonly witnessGap?: WitnessGap | null;
  /** Approvers who have signed that it may open; absent: none. */
  readonly signatures?: number;
  /** Sign-offs by people of the ownership map that it waits for; absent: none. */
  readonly unsigned?: readonly MissingPart[];
  /** Records in ITSM systems that hold it. */
  readonly outside?: readonly ItsmHeld[];
  readonly counts: WaveCounts;
  /** Failed, rolled back, unknown or lost hosts that nobody has acknowledged by resuming. */
  readonly newFailures: number;
  /** Verified hosts that nobody had seen when somebody last resumed: what speaks for the patch. */
  readonly newSuccesses: number;
  /** Done hosts that the statement still lets somebody take back on order. */
  readonly revertible: number;
  /** The last time a host of the wave ended or was judged; null before the first. */
  readonly lastEndedAt: Instant | null;
  readonly openedAt: Instant | null;
  readonly strata: readonly Stratum[];
  /** The gates that the policy names beside its hosts, with what is known of them; absent: none. */
  readonly gates?: readonly GateStand[];
  /** Hosts that were ordered back, and those of them that are at work now; absent: none. */
  readonly orderedBack?: number;
  readonly reverting?: number;
  /** Done hosts whose steps cannot be undone: nobody takes them back without a person. */
  readonly irreversible?: number;
  /** Why a budget over all rollouts, or the rate, holds hosts of the wave now. */
  readonly roomHold?: Hold;
  /** Why the calendar holds hosts of the wave now; absent where it holds none. */
  readonly calendarHold?: Hold;
}

/** How many more hosts of the wave may be started; the budget counts every held slot. */
export function releasable(wave: WaveFacts): number {
  const room = wave.gate.inFlightMax - busyOf(wave.counts);
  return Math.max(0, Math.min(room, wave.counts.ready + wave.counts.readyRevert));
}

export function busyOf(counts: WaveCounts): number {
  return counts.active + counts.unknown;
}

/** Nothing of the wave is open any more: no host waits, works, or is still to be looked at. */
export function isOver(wave: WaveFacts): boolean {
  const { ready, deferred, readyRevert, checking } = wave.counts;
  const isJudged = wave.state === "passed" || wave.state === "ended";
  return isJudged && ready + deferred + readyRevert + checking + busyOf(wave.counts) === 0;
}
