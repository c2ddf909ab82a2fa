import type { Hold } from "./hold.ts";

/**
 * Rollouts: a plan being carried out, as rows.
 *
 * A rollout has waves, a wave has targets (one row per host), and a host has one permanent slot row,
 * so that it never has two jobs at once over all rollouts. Which state may follow which stands in the
 * tables below and nowhere else: the server's guard, the checks in SQL, the buttons' reasons, the
 * explanation and the tests are made from them.
 *
 * Invariants: after a permit a target never goes back to `ready`, because the host may be working;
 * only a signed result, whatever its epoch, or two people who declare the host lost end it. A slot
 * that a host may be working under stays held and counts against budget and gate. No claim, permit,
 * ordered revert or wave opening commits after a halt has committed. Outcomes people see are judged
 * from fresh inventory: a host that says `done` is not verified before somebody looked.
 *
 * Never does this context talk to a host; it decides, and hands out work that `fleet` carries.
 */

export type MoveTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const rolloutMoves = {
  running: { halt: "halted", finish: "finished", stop: "stopped" },
  halted: { resume: "running", stop: "stopped" },
  /** Every target ended, whatever its outcome; `stopped`: a person ended it before. */
  finished: {},
  stopped: {},
} as const satisfies MoveTable;
export type RolloutState = keyof typeof rolloutMoves;

export const waveMoves = {
  waiting: { open: "open", end: "ended" },
  open: { pass: "passed", end: "ended" },
  /** Its gate passed. Hosts that were out of reach are still tried until its time is over. */
  passed: { end: "ended" },
  ended: {},
} as const satisfies MoveTable;
export type WaveState = keyof typeof waveMoves;

/** What ends a job: the states of a signed result (host protocol §3), by what was ordered. */
const signedResults = {
  "result-done": "done",
  "result-noop": "noop",
  "result-failed": "failed",
  "result-rolled-back": "rolled-back",
  "result-reverted": "reverted",
  "result-held": "held",
} as const;

/**
 * Host protocol §11. `held` is one state of two kinds, told apart by `isBegun`: before anything was
 * changed it frees the slot and waits for a new attempt; afterwards it is as open as `unknown`.
 */
export const targetMoves = {
  // A signed result for this very attempt is the truth even where this server forgot that it gave a
  // permit (a database restored from a backup). A refusal is only an answer to a dispatch.
  ready: {
    claim: "leased",
    skip: "skipped",
    "give-up": "held",
    "result-done": "done",
    "result-noop": "noop",
    "result-failed": "failed",
    "result-rolled-back": "rolled-back",
  },
  leased: {
    permit: "permitted",
    expire: "ready",
    drop: "ready",
    refused: "failed",
    ...signedResults,
  },
  permitted: {
    begin: "applying",
    reboot: "rebooting",
    verify: "verifying",
    silence: "unknown",
    ...signedResults,
  },
  applying: {
    reboot: "rebooting",
    verify: "verifying",
    silence: "unknown",
    ...signedResults,
  },
  rebooting: { verify: "verifying", silence: "unknown", ...signedResults },
  verifying: { reboot: "rebooting", silence: "unknown", ...signedResults },
  unknown: { lose: "lost", ...signedResults },
  held: { retry: "ready", skip: "skipped", lose: "lost", ...signedResults },
  done: { revert: "ready" },
  noop: {},
  failed: { retry: "ready" },
  "rolled-back": { retry: "ready" },
  reverted: {},
  skipped: {},
  lost: {},
} as const satisfies MoveTable;
export type TargetState = keyof typeof targetMoves;

export const rolloutStates = Object.keys(rolloutMoves) as readonly RolloutState[];
export const waveStates = Object.keys(waveMoves) as readonly WaveState[];
export const targetStates = Object.keys(targetMoves) as readonly TargetState[];

/** The state that `verb` leads to, or null where the table has no such move. */
export function move<T extends MoveTable>(table: T, from: keyof T & string, verb: string) {
  const next = (table[from] as Readonly<Record<string, string>>)[verb];
  return (next ?? null) as (keyof T & string) | null;
}

/** All states that `verb` leaves: what a guarded update may name in its `where`. */
export function statesWith<T extends MoveTable>(table: T, verb: string): readonly (keyof T)[] {
  return Object.keys(table).filter((state) => Object.hasOwn(table[state] ?? {}, verb));
}

/** The host may be working: the slot is held and only its own word (or burial) ends it. */
export const begunStates = [
  "permitted",
  "applying",
  "rebooting",
  "verifying",
  "unknown",
] as const satisfies readonly TargetState[];

export function holdsSlot(target: {
  readonly state: TargetState;
  readonly isBegun: boolean;
}): boolean {
  if (target.state === "leased") return true;
  if (target.state === "held") return target.isBegun;
  return (begunStates as readonly string[]).includes(target.state);
}

/** What was ordered: bring the patch on, or take it off again (host protocol §7.7). */
export type JobKind = "apply" | "revert";

/** The judgement of an inspection after the job; null while nobody has looked yet. */
export type Verdict = "verified" | "unverified";

export const outcomes = [
  "verified",
  "applied-unverified",
  "failed",
  "rolled-back",
  "unreachable",
  "skipped",
  "unknown",
] as const;
export type Outcome = (typeof outcomes)[number];

/** `waiting` and `running` are not outcomes: nothing has ended yet. */
export const standings = [...outcomes, "waiting", "running", "checking", "held"] as const;
export type Standing = (typeof standings)[number];

/** Where one host stands, in the words people see; kept apart from the engine's states. */
export function standingOf(target: {
  readonly state: TargetState;
  readonly isBegun: boolean;
  readonly verdict: Verdict | null;
  readonly hold: Hold | null;
}): Standing {
  switch (target.state) {
    case "ready":
      return "waiting";
    case "leased":
    case "permitted":
    case "applying":
    case "rebooting":
    case "verifying":
      return "running";
    case "unknown":
    case "lost":
      return "unknown";
    case "held":
      if (target.isBegun) return "unknown";
      return target.hold?.why === "host-unreachable" ? "unreachable" : "held";
    case "done":
    case "noop":
      if (target.verdict === null) return "checking";
      return target.verdict === "verified" ? "verified" : "applied-unverified";
    case "failed":
      return "failed";
    case "rolled-back":
    case "reverted":
      return "rolled-back";
    case "skipped":
      return "skipped";
  }
}
