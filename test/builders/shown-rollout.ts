import type { Rollout, Target } from "../../src/cli/view/rollout.ts";

/** A rollout as the API tells it, for tests of what is shown. */
export const someOutcomes = {
  verified: 1,
  appliedUnverified: 0,
  failed: 0,
  rolledBack: 0,
  unknown: 0,
  skipped: 0,
  notStarted: 0,
  running: 1,
  checking: 0,
  waiting: 0,
  hosts: 2,
};

export function aRollout(changes: Partial<Rollout> = {}): Rollout {
  return { ...rollout, ...changes };
}

const rollout = {
  id: "r",
  ref: "R-1",
  title: "Upgrade nginx to 2",
  patch: "p",
  change: "C-1",
  plan: "f".repeat(64),
  state: "running",
  isFrozen: false,
  startedAt: "2026-11-21T22:00:00.000Z",
  endedAt: null,
  generation: 1,
  now: "canary: 1 running",
  haltReason: null,
  asked: null,
  forecast: {
    ...{ endsAt: null, marginSeconds: null, measured: 0, basis: "none" },
    reason: "no host has finished yet",
  },
  outcomes: someOutcomes,
  waves: [
    {
      number: 1,
      ring: "canary",
      state: "open",
      notBefore: "2026-11-21T22:00:00.000Z",
      notAfter: "2026-11-22T22:00:00.000Z",
      openedAt: null,
      passedAt: null,
      outcomes: someOutcomes,
      inFlight: { busy: 1, allowed: 2 },
      failures: { count: 0, allowed: 1 },
      gate: { answer: "not-yet", verified: 1, needed: 2, of: 2, soakSeconds: 60, soakUntil: null },
      gates: [],
      staging: null,
      holds: [{ why: "soak", text: "soaks for 1 min" }],
      forecast: null,
      forecastAtStart: null,
    },
  ],
  stabilisation: null,
  actions: [],
  words: [],
  hostsOutsideScope: 0,
  missed: {
    hosts: 0,
    catchUp: {
      verb: "catch-up",
      label: "Plan for them",
      allowed: false,
      reason: "it missed no host",
    },
  },
  rule: null,
  ways: { piped: 2, installed: 0, notEnrolled: 0, weakens: ["a stolen server owns the host"] },
} as unknown as Rollout;

export function aTarget(changes: Partial<Target>): Target {
  const none = { host: "h", wave: 1, state: "ready", attempt: 1, holds: [], evidence: null };
  return { ...none, name: "web-1", standing: "verified", sentence: "", ...changes } as Target;
}
