import { describe, expect, test } from "vitest";
import type { ChangeId, HostId, PatchId, PlanDigest, RolloutId, SubjectId } from "../base/ids.ts";
import { HOUR_MS, MINUTE_MS } from "../base/instant.ts";
import { emptyCalendar } from "../calendar/model.ts";
import { explainTarget, type TargetFacts } from "./explain.ts";
import type { LoadedFacts, LoadedWave } from "./store.ts";
import { rolloutView } from "./view.ts";
import { noCounts } from "./wave.ts";

const NOW = Date.UTC(2026, 10, 21, 22);

function aWave(over: Partial<LoadedWave> = {}): LoadedWave {
  return {
    number: 1,
    ring: "canary",
    state: "open",
    hasPassed: false,
    notBefore: NOW - HOUR_MS,
    notAfter: NOW + HOUR_MS,
    windows: [],
    gate: {
      inFlightMax: 2,
      soakSeconds: 600,
      successRate: 0.95,
      failureBudget: 0,
      failures: null,
      onFailure: "halt",
    },
    counts: { ...noCounts, verified: 16 },
    newFailures: 0,
    newSuccesses: 0,
    revertible: 0,
    retryable: 0,
    lastEndedAt: NOW - MINUTE_MS,
    openedAt: NOW - HOUR_MS,
    passedAt: null,
    strata: [],
    holds: [{ why: "soak", wave: 1, until: NOW + 9 * MINUTE_MS }],
    ...over,
  };
}

const next = aWave({
  number: 2,
  ring: "1",
  state: "waiting",
  counts: { ...noCounts, ready: 4 },
  openedAt: null,
  lastEndedAt: null,
  holds: [{ why: "wave-order", wave: 2, after: 1 }],
});

function loaded(over: Partial<LoadedFacts["row"]> = {}): LoadedFacts {
  const row: LoadedFacts["row"] = {
    id: "r" as RolloutId,
    number: 7,
    plan: "p" as PlanDigest,
    change: "c" as ChangeId,
    patch: "x" as PatchId,
    class: "normal",
    title: "Upgrade libssl3",
    changeNumber: 88,
    patchNumber: 142,
    state: "running",
    isFrozen: false,
    haltedAt: null,
    haltReason: null,
    attemptsMax: 2,
    permitTtlSeconds: 3,
    revertSeconds: null,
    scopes: ["all"],
    rule: null,
    generation: 1,
    startedBy: "s" as SubjectId,
    startedAt: NOW - HOUR_MS,
    endedAt: null,
    ...over,
  };
  const halted = row.state === "halted" ? { scope: "this rollout", since: NOW } : null;
  const { state } = row;
  const facts = {
    state,
    isFrozen: false,
    halted,
    haltedBy: null,
    approvalHold: null,
    waves: [aWave(), next],
  };
  return { row, facts, now: NOW, lookAt: "2026-11-22 04:00:00+00" };
}

function aTarget(over: Partial<TargetFacts> = {}): TargetFacts {
  return {
    host: "h" as HostId,
    name: "web-17",
    wave: 2,
    kind: "apply",
    state: "ready",
    isBegun: false,
    attempt: 1,
    verdict: null,
    hold: null,
    retryAt: null,
    troubleSince: null,
    step: null,
    resultCode: null,
    way: null,
    evidence: null,
    endedAt: null,
    busyWith: null,
    isQuarantined: false,
    labels: {},
    zone: null,
    ownWindows: null,
    ...over,
  };
}

const rights = {
  ...{ mayHalt: true, mayApprove: false, roles: [], isRequester: false },
  asked: null,
};

describe("the rollout in one picture", () => {
  test("says in one sentence what happens now, and shows each gate with its evidence", () => {
    const view = rolloutView(loaded(), { ...rights, mayOperate: true });
    expect(view.now).toMatch(/^canary: waits; wave 1 is done and soaks; the gate is judged 2026/);
    expect(view.waves[0]?.gate).toMatchObject({ answer: "not-yet", verified: 16, needed: 16 });
    expect(view.outcomes).toMatchObject({ verified: 16, waiting: 4, hosts: 20 });
  });

  test("offers what the state table allows, and says beside the rest why not", () => {
    const view = rolloutView(loaded(), { ...rights, mayOperate: false });
    expect(view.actions.map((a) => [a.verb, a.isAllowed, a.reason])).toEqual([
      ["halt", true, ""],
      ["resume", false, "you may not do this to its hosts"],
      ["agree", false, "you may not do this to its hosts"],
      ["stop", false, "you may not do this to its hosts"],
      ["retry", false, "you may not do this to its hosts"],
      ["revert", false, "you may not do this to its hosts"],
      ["skip", false, "you may not do this to its hosts"],
    ]);
  });

  test("a halt says why", () => {
    const haltReason = { why: "failure-budget", wave: 1, failures: 2, allowed: 1 } as const;
    const view = rolloutView(loaded({ state: "halted", haltedAt: NOW, haltReason }), {
      ...rights,
      mayOperate: true,
    });
    expect(view.now).toBe(
      "halted: 2 hosts of wave 1 failed; the plan allows 1; nothing starts until somebody resumes",
    );
  });
});

describe("why a host stands where it stands", () => {
  test("names the wave before and what its gate waits for", () => {
    expect(explainTarget(aTarget(), loaded(), emptyCalendar).sentence).toBe(
      "waits: wave 2 waits for wave 1 to pass its gate; wave 1 is done and soaks; the gate is judged 2026-11-21T22:09:00.000Z (in 9 min)",
    );
  });

  test("passes on the host's own words and when it is tried again", () => {
    const retryAt = NOW + MINUTE_MS;
    const facts = "dpkg lock held by unattended-upgrades";
    const hold = { why: "host-refused", code: "E_LOCK", facts, retryAt } as const;
    expect(explainTarget(aTarget({ wave: 1, hold }), loaded(), emptyCalendar).sentence).toBe(
      `waits: the host refused: E_LOCK ${facts}; let the other run of the package manager end, or end it; tries again 2026-11-21T22:01:00.000Z (in 1 min)`,
    );
  });

  test("keeps the last trouble of a host that its rollout ended without", () => {
    const ended = loaded({ state: "stopped" });
    const sentenceOf = (some: Partial<TargetFacts>) =>
      explainTarget(aTarget({ state: "held", ...some }), ended, emptyCalendar).sentence;
    const since = NOW - MINUTE_MS;
    const reach = { kind: "no-answer", problem: "no answer to ssh", since, retryAt: null } as const;
    expect(sentenceOf({ attempt: 2, hold: { why: "host-unreachable", ...reach } })).toBe(
      "was never reached, and nothing was changed: the host cannot be reached since 2026-11-21T21:59:00.000Z: no answer to ssh; the rollout is stopped; what is left needs a new plan",
    );
    // Reasons of time alone say it themselves, and say it once.
    expect(sentenceOf({ hold: { why: "wave-over", endedAt: since } })).toBe(
      "did not start: the approved time ended 2026-11-21T21:59:00.000Z; what is left needs a new plan",
    );
    expect(sentenceOf({ hold: { why: "rollout-ended", state: "stopped" } })).toBe(
      "did not start: the rollout is stopped; what is left needs a new plan",
    );
    // One that was begun may have been changed, whatever became of its rollout.
    const word = { code: "E_STEP", facts: "", isBegun: true } as const;
    expect(sentenceOf({ isBegun: true, hold: { why: "host-held", ...word } })).not.toContain(
      "the rollout is stopped",
    );
  });

  const table: [sentence: string, target: TargetFacts][] = [
    ["is patched and verified", aTarget({ state: "done", verdict: "verified" })],
    [
      "is patched, but not verified (old code still runs)",
      aTarget({ state: "done", verdict: "unverified", evidence: { stale: ["nginx"] } }),
    ],
    [
      "was put back to its earlier versions after E_PROBE: all 2 approved attempts are used; another one needs a new plan",
      aTarget({ state: "rolled-back", resultCode: "E_PROBE", attempt: 2 }),
    ],
    [
      "at work: restarts nginx",
      aTarget({
        state: "applying",
        isBegun: true,
        step: "APPLYING step=2 verb=restart name=nginx",
      }),
    ],
    ["is given the job", aTarget({ state: "leased" })],
    [
      "failed with E_STEP: the one approved attempt is used; another one needs a new plan",
      aTarget({ state: "failed", resultCode: "E_STEP" }),
    ],
  ];
  test.each(table)("a host %s", (sentence, target) => {
    const attemptsMax = sentence.includes("the one") ? 1 : 2;
    expect(explainTarget(target, loaded({ attemptsMax }), emptyCalendar).sentence).toBe(sentence);
  });

  test("tells of a host that is still at work when its window has ended", () => {
    const endedAt = NOW - 60_000;
    const ownWindows = [{ from: NOW - HOUR_MS, to: endedAt }];
    const at = (some: Partial<TargetFacts>) =>
      explainTarget(aTarget({ state: "applying", ...some }), loaded(), emptyCalendar).holds.map(
        ({ hold }) => hold,
      );
    expect(at({ ownWindows })).toEqual([{ why: "past-window", endedAt }]);
    expect(at({ ownWindows: [{ from: NOW - HOUR_MS, to: NOW + 1 }] })).toEqual([]);
    // Taking back has no window.
    expect(at({ ownWindows, kind: "revert" })).toEqual([]);
  });
});
