import { expect, it } from "vitest";
import { liveText, type Rollout, rolloutText, type Target } from "./rollout.ts";

const outcomes = {
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
  outcomes,
  waves: [
    {
      number: 1,
      ring: "canary",
      state: "open",
      notBefore: "2026-11-21T22:00:00.000Z",
      notAfter: "2026-11-22T22:00:00.000Z",
      openedAt: null,
      passedAt: null,
      outcomes,
      inFlight: { busy: 1, allowed: 2 },
      failures: { count: 0, allowed: 1 },
      gate: { answer: "not-yet", verified: 1, needed: 2, of: 2, soakSeconds: 60, soakUntil: null },
      holds: [{ why: "soak", text: "soaks for 1 min" }],
    },
  ],
  actions: [],
  words: [],
  hostsOutsideScope: 0,
  ways: { piped: 2, installed: 0, notEnrolled: 0, weakens: ["a stolen server owns the host"] },
} as unknown as Rollout;

function aTarget(changes: Partial<Target>): Target {
  const none = { host: "h", wave: 1, state: "ready", attempt: 1, holds: [], evidence: null };
  return { ...none, name: "web-1", standing: "verified", sentence: "", ...changes } as Target;
}

it("draws each host with a shape of its own and says what the running one does", () => {
  const text = rolloutText(
    rollout,
    [aTarget({}), aTarget({ name: "web-2", standing: "running", sentence: "installs" })],
    0,
  );
  expect(text).toContain("■▣");
  expect(text).toContain("▣ web-2: installs");
  expect(text).toContain("gate … 1 of 2 verified, 2 needed, soak 1 min");
  expect(text).toContain("at once 1/2");
  expect(text).toContain("waits: soaks for 1 min");
  expect(text).toContain("weaker: a stolen server owns the host");
});

it("shows counts where there are too many hosts to draw", () => {
  expect(rolloutText(rollout, [], 0)).toContain("canary  2 hosts  1 verified · 1 running");
});

it("gives a log one line a wave and a host, free of control characters", () => {
  const lines = liveText(rollout, [
    aTarget({ standing: "failed", sentence: "E_STEP \u001b[31mred\u0007" }),
    aTarget({ name: "web-9", standing: "waiting" }),
  ]);
  expect(lines).toBe("wave 1 canary: open\nweb-1: failed: E_STEP red�\nnow: canary: 1 running");
});
