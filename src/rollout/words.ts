import type { Words } from "../base/word.ts";
import type { MissedKind } from "./missed.ts";
import type { RolloutState, Standing, WaveState } from "./model.ts";
import type { WaveView } from "./view.ts";

/** How rollouts, their waves, gates and hosts read. */
export const rolloutStateWords: Words<RolloutState> = {
  running: ["running", "running"],
  halted: ["bad", "halted"],
  finished: ["good", "finished"],
  stopped: ["attention", "stopped"],
};

export const waveStateWords: Words<WaveState> = {
  waiting: ["waiting", "waiting"],
  open: ["running", "open"],
  passed: ["good", "passed"],
  ended: ["unknown", "ended"],
};

export const gateWords: Words<WaveView["gate"]["answer"]> = {
  pass: ["good", "passed"],
  fail: ["bad", "cannot pass"],
  "not-yet": ["waiting", "not yet"],
  inconclusive: ["attention", "inconclusive"],
};

export const standingWords: Words<Standing> = {
  verified: ["good", "verified"],
  "applied-unverified": ["attention", "applied, unverified"],
  running: ["running", "running"],
  checking: ["running", "being checked"],
  waiting: ["waiting", "waiting"],
  held: ["attention", "held"],
  failed: ["bad", "failed"],
  "rolled-back": ["bad", "rolled back"],
  unreachable: ["attention", "unreachable"],
  unknown: ["unknown", "unknown"],
  skipped: ["unknown", "left out"],
};

/** Rollouts that went on or ended without a host. */
export const missedWords: Words<MissedKind> = {
  waiting: ["waiting", "still tried"],
  missed: ["attention", "missed it"],
  skipped: ["unknown", "left out by a person"],
  lost: ["unknown", "declared lost"],
  "left-out": ["attention", "not in the plan"],
};
