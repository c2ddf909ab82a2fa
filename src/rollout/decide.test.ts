import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../base/instant.ts";
import { decide, nextLookAt } from "./decide.ts";
import type { Decision, RolloutFacts } from "./decision.ts";
import { haltToText, holdToText } from "./hold.ts";
import { noCounts, releasable, type WaveCounts, type WaveFacts } from "./wave.ts";

const NOW = Date.UTC(2026, 10, 21, 22);

function aWave(over: Partial<Omit<WaveFacts, "counts">> & { counts?: Partial<WaveCounts> } = {}) {
  const wave: WaveFacts = {
    number: 1,
    ring: "canary",
    state: "open",
    hasPassed: false,
    notBefore: NOW - HOUR_MS,
    notAfter: NOW + HOUR_MS,
    windows: [],
    gate: {
      inFlightMax: 2,
      soakSeconds: 60,
      successRate: 1,
      failureBudget: 0,
      failures: null,
      onFailure: "halt",
    },
    newFailures: 0,
    newSuccesses: 0,
    revertible: 0,
    lastEndedAt: null,
    openedAt: NOW - HOUR_MS,
    strata: [],
    ...over,
    counts: { ...noCounts, ...over.counts },
  };
  return wave;
}

function facts(waves: readonly WaveFacts[], over: Partial<RolloutFacts> = {}): RolloutFacts {
  const nothing = { isFrozen: false, halted: null, haltedBy: null, approvalHold: null };
  return { state: "running", ...nothing, waves, ...over };
}

function verbs(decisions: readonly Decision[]): string[] {
  return decisions.map((d) => ("hold" in d ? `${d.do} ${d.hold.why}` : d.do));
}

function halted(
  [onFailure, revertible]: ["revert" | "halt", number],
  over: Partial<RolloutFacts>,
): RolloutFacts {
  const wave = aWave({ gate: { ...aWave().gate, onFailure }, counts: { verified: 1 }, revertible });
  const since = { scope: "this rollout", since: NOW };
  return facts([wave], { state: "halted", halted: since, ...over });
}

const expired = { approvalHold: { why: "approval-expired", at: NOW - 2 } } as const;

describe("what the engine does next", () => {
  const table: [name: string, given: RolloutFacts, expected: string[]][] = [
    ["a first wave whose time has come opens", facts([aWave({ state: "waiting" })]), ["open-wave"]],
    [
      "a wave whose ring's witnesses have not signed stays shut",
      facts([aWave({ state: "waiting", witnessGap: { have: 1, need: 2 } })]),
      ["hold witnesses-missing"],
    ],
    [
      "an open one starts nobody while they have not, as after one was lost",
      facts([aWave({ counts: { ready: 3 }, witnessGap: { have: 1, need: 2 } })]),
      ["hold witnesses-missing", "hold gate-not-yet"],
    ],
    [
      "a wave before its approved time waits",
      facts([aWave({ state: "waiting", notBefore: NOW + 1 })]),
      ["hold too-early"],
    ],
    [
      "an open wave with room releases and says what its gate lacks",
      facts([aWave({ counts: { ready: 3 } })]),
      ["release", "hold gate-not-yet"],
    ],
    [
      "outside its windows an open wave releases nothing",
      facts([aWave({ counts: { ready: 3 }, windows: [{ from: NOW + 1, to: NOW + 9 }] })]),
      ["hold window-closed", "hold gate-not-yet"],
    ],
    [
      "an ordered revert is not bound by the time of the wave",
      facts([aWave({ notAfter: NOW - 1, counts: { readyRevert: 1 }, state: "passed" })]),
      ["release", "end-wave"],
    ],
    [
      "an unknown host takes a place of the budget",
      facts([aWave({ counts: { ready: 3, active: 1, unknown: 1, verified: 9 } })]),
      ["hold budget-used", "hold gate-failed"],
    ],
    [
      "a wave that is all verified soaks first",
      facts([aWave({ counts: { verified: 3 }, lastEndedAt: NOW - MINUTE_MS + 1 })]),
      ["hold soak"],
    ],
    [
      "and passes when it has soaked",
      facts([aWave({ counts: { verified: 3 }, lastEndedAt: NOW - MINUTE_MS })]),
      ["pass-wave"],
    ],
    [
      "a host that reports done counts for nothing before somebody looked",
      facts([aWave({ counts: { verified: 2, checking: 1 }, lastEndedAt: 0 })]),
      ["hold gate-not-yet"],
    ],
    [
      "applied but unverified is not success",
      facts([aWave({ counts: { verified: 2, unverified: 1 }, lastEndedAt: 0 })]),
      ["hold gate-failed"],
    ],
    [
      "a wave whose hosts were all skipped proves nothing",
      facts([aWave({ counts: { skipped: 2 }, lastEndedAt: 0 })]),
      ["hold evidence-missing"],
    ],
    [
      "one failure over the budget halts and releases nothing",
      facts([aWave({ counts: { ready: 3, failed: 1 }, newFailures: 1 })]),
      ["halt"],
    ],
    [
      "a policy that says so takes the wave back",
      facts([
        aWave({
          gate: { ...aWave().gate, onFailure: "revert" },
          counts: { verified: 1, failed: 1 },
          newFailures: 1,
          revertible: 1,
        }),
      ]),
      ["halt", "revert"],
    ],
    [
      "a host of such a wave that ends after the halt is taken back too",
      halted(["revert", 1], { haltedBy: 1 }),
      ["revert", "hold halted"],
    ],
    [
      "nothing is taken back after a person's halt",
      halted(["revert", 1], { haltedBy: null }),
      ["hold halted"],
    ],
    [
      "nothing is taken back while frozen",
      halted(["revert", 1], { haltedBy: 1, isFrozen: true }),
      ["hold halted"],
    ],
    [
      "nothing is taken back where the policy only halts",
      halted(["halt", 1], { haltedBy: 1 }),
      ["hold halted"],
    ],
    [
      "with nothing left to take back nothing is ordered",
      halted(["revert", 0], { haltedBy: 1 }),
      ["hold halted"],
    ],
    [
      "a rollout whose approvals ran out ends with its time",
      facts([aWave({ notAfter: NOW - 1, counts: { deferred: 1, ready: 1 } })], expired),
      ["give-up wave-over", "hold gate-not-yet"],
    ],
    [
      "and is finished when nothing of it is open any more",
      facts([aWave({ state: "ended", notAfter: NOW - 1, counts: { held: 2 } })], expired),
      ["finish"],
    ],
    [
      "a halted rollout waits for a person, also after its time",
      facts([aWave({ notAfter: NOW - 1, counts: { ready: 1 } })], {
        state: "halted",
        halted: { scope: "this rollout", since: NOW },
      }),
      ["hold halted"],
    ],
    [
      "missing approvals hold everything",
      facts([aWave({ counts: { ready: 3 } })], {
        approvalHold: { why: "approval-expired", at: NOW - 1 },
      }),
      ["hold approval-expired"],
    ],
    [
      "a halted rollout carries out ordered reverts only",
      facts([aWave({ counts: { ready: 3, readyRevert: 1 } })], {
        state: "halted",
        halted: { scope: "rollout", since: NOW - 1 },
      }),
      ["release", "hold halted"],
    ],
    [
      "a frozen one not even those",
      facts([aWave({ counts: { readyRevert: 1 } })], {
        state: "halted",
        isFrozen: true,
        halted: { scope: "rollout", since: NOW - 1 },
      }),
      ["hold halted"],
    ],
    [
      "when the time of a wave is over, what has not begun is given up",
      facts([aWave({ notAfter: NOW - 1, counts: { deferred: 1, verified: 1 } })]),
      ["give-up wave-over", "hold gate-not-yet"],
    ],
    [
      "a wave that ended without passing takes the later ones with it",
      facts([
        aWave({ state: "ended", counts: { held: 1 } }),
        aWave({ number: 2, state: "waiting", counts: { ready: 4 } }),
      ]),
      ["give-up wave-order", "end-wave"],
    ],
    [
      "the rollout finishes when no host is open any more",
      facts([aWave({ state: "passed", hasPassed: true, counts: { verified: 2, held: 1 } })]),
      ["finish"],
    ],
    [
      "and not while one is unknown",
      facts([aWave({ state: "passed", hasPassed: true, counts: { verified: 9, unknown: 1 } })]),
      [],
    ],
  ];
  test.each(table)("%s", (_name, given, expected) => {
    expect(verbs(decide(given, NOW))).toEqual(expected);
  });

  test("nothing is decided about a rollout that has ended", () => {
    expect(decide(facts([aWave({ counts: { ready: 1 } })], { state: "stopped" }), NOW)).toEqual([]);
  });

  test("the engine looks again when a soak ends, a wave may open or its time is over", () => {
    const soaking = aWave({ counts: { verified: 1 }, lastEndedAt: NOW - 1000 });
    expect(nextLookAt(facts([soaking]), NOW)).toBe(NOW + 59_000);
  });

  test("failures that share a body stop a wave whose total is still within its budget", () => {
    const strata = [
      { kind: "os", name: "debian 12", ended: 44, failed: 4 },
      { kind: "body", name: "body a", ended: 40, failed: 0 },
      { kind: "body", name: "body b", ended: 4, failed: 4 },
    ];
    const wave = aWave({
      gate: { ...aWave().gate, failureBudget: 10, successRate: 0.5 },
      counts: { ready: 10, verified: 40, failed: 4 },
      newFailures: 4,
      strata,
    });
    const [halt] = decide(facts([wave]), NOW);
    expect(halt).toMatchObject({ do: "halt", reason: { why: "correlated-failures", failures: 4 } });
  });

  const failures = { baseline: 0.01, bad: 0.05, alpha: 0.01, beta: 0.05 };
  const tested = (over: Partial<Omit<WaveFacts, "counts">>) =>
    aWave({
      gate: { ...aWave().gate, failureBudget: 100, failures, successRate: 0 },
      counts: { ready: 100 },
      ...over,
    });

  test("the sequential test stops at the failures that prove the patch bad, and not before", () => {
    const haltOf = (waves: readonly WaveFacts[]) => decide(facts(waves), NOW)[0];
    expect(haltOf([tested({ newFailures: 3, newSuccesses: 7 })])?.do).not.toBe("halt");
    const halt = haltOf([tested({ newFailures: 3, newSuccesses: 6 })]);
    expect(halt).toMatchObject({
      do: "halt",
      reason: { why: "failure-test", wave: 1, failures: 3, of: 9, odds: 95 },
    });
    expect(halt?.do === "halt" && haltToText(halt.reason)).toMatch(
      /^3 of 9 hosts of wave 1 failed/,
    );
  });

  test("suspicion of one wave is carried into the next, comfort is not", () => {
    const passed = { state: "passed", hasPassed: true } as const;
    const second = tested({ number: 2, newFailures: 1, newSuccesses: 0 });
    const doubtful = tested({ ...passed, newFailures: 2, newSuccesses: 4 });
    const happy = tested({ ...passed, newFailures: 0, newSuccesses: 1_000 });
    expect(decide(facts([doubtful, second]), NOW)[0]).toMatchObject({ reason: { wave: 2 } });
    expect(decide(facts([happy, second]), NOW)[0]?.do).not.toBe("halt");
    const three = tested({ number: 2, newFailures: 3, newSuccesses: 0 });
    expect(decide(facts([happy, three]), NOW)[0]).toMatchObject({ do: "halt" });
  });

  test("with a number and a test the sooner of the two stops", () => {
    const gate = { ...aWave().gate, failureBudget: 1, failures };
    const halt = decide(facts([tested({ gate, newFailures: 2, newSuccesses: 90 })]), NOW)[0];
    expect(halt).toMatchObject({ reason: { why: "failure-budget", failures: 2, allowed: 1 } });
  });

  test("every hold has its own sentence", () => {
    const text = holdToText({ why: "soak", wave: 1, until: NOW + 5 * MINUTE_MS }, NOW);
    expect(text).toBe(
      "wave 1 is done and soaks; the gate is judged 2026-11-21T22:05:00.000Z (in 5 min)",
    );
  });
});

/** A fleet that answers in any order: each command moves some host, then the engine has its turn. */
class Fleet {
  readonly waves: { facts: WaveFacts; counts: Record<keyof WaveCounts, number> }[];
  state: RolloutFacts["state"] = "running";
  now = NOW;
  started = 0;
  constructor(sizes: readonly number[], gate: WaveFacts["gate"]) {
    this.waves = sizes.map((size, at) => ({
      facts: aWave({
        number: at + 1,
        state: "waiting",
        notBefore: NOW,
        notAfter: NOW + 100 * HOUR_MS,
        gate,
      }),
      counts: { ...noCounts, ready: size },
    }));
  }
  read(): RolloutFacts {
    const halted = this.state === "halted" ? { scope: "rollout", since: NOW } : null;
    const waves = this.waves.map(({ facts: f, counts }) => ({
      ...f,
      counts: { ...counts },
      newFailures: counts.failed + counts.rolledBack + counts.unknown,
    }));
    return facts(waves, { state: this.state, halted });
  }
  turn(): void {
    for (const decision of decide(this.read(), this.now)) this.apply(decision);
  }
  apply(decision: Decision): void {
    if (decision.do === "halt") this.state = "halted";
    if (!("wave" in decision)) return;
    const wave = this.waves[decision.wave - 1]!;
    if (decision.do === "open-wave") wave.facts = { ...wave.facts, state: "open" };
    if (decision.do === "pass-wave") {
      wave.facts = { ...wave.facts, state: "passed", hasPassed: true };
    }
    if (decision.do !== "release") return;
    expect(this.state).toBe("running");
    const n = releasable({ ...wave.facts, counts: wave.counts });
    wave.counts.ready -= n;
    wave.counts.active += n;
    this.started += n;
  }
  shift(at: number, from: keyof WaveCounts, to: keyof WaveCounts): void {
    const wave = this.waves[at % this.waves.length]!;
    if (wave.counts[from] === 0) return;
    wave.counts[from] -= 1;
    wave.counts[to] += 1;
    wave.facts = { ...wave.facts, lastEndedAt: this.now };
  }
}

const steps = fc.array(
  fc.tuple(
    fc.constantFrom(
      ["active", "checking"] as const,
      ["checking", "verified"] as const,
      ["checking", "unverified"] as const,
      ["active", "failed"] as const,
      ["active", "rolledBack"] as const,
      ["active", "unknown"] as const,
      ["unknown", "checking"] as const,
    ),
    fc.nat({ max: 2 }),
    fc.constantFrom(0, 1_000, MINUTE_MS),
  ),
  { minLength: 10, maxLength: 120 },
);

describe("in every interleaving", () => {
  test("no more hosts are worked on than the budget allows", () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 4 }),
        fc.nat({ max: 3 }),
        (moves, max, budget) => {
          const gate = {
            ...aWave().gate,
            inFlightMax: max,
            failureBudget: budget,
            successRate: 0.5,
          };
          const fleet = new Fleet([2, 5, 9], gate);
          for (const [[from, to], at, ms] of moves) {
            fleet.turn();
            fleet.shift(at, from, to);
            fleet.now += ms;
            for (const { counts } of fleet.waves) {
              expect(counts.active + counts.unknown).toBeLessThanOrEqual(max);
              expect(counts.failed + counts.rolledBack).toBeLessThanOrEqual(budget + max);
            }
          }
        },
      ),
    );
  });

  test("a canary that fails opens nothing in the next ring", () => {
    fc.assert(
      fc.property(steps, fc.constantFrom("failed", "rolledBack", "unverified"), (moves, end) => {
        const fleet = new Fleet([2, 5], { ...aWave().gate, inFlightMax: 2 });
        fleet.turn();
        fleet.turn();
        expect(fleet.waves[0]?.counts.active).toBe(2);
        fleet.shift(0, "active", end as "failed");
        for (const [[from, to], at, ms] of moves) {
          fleet.turn();
          fleet.shift(at, from, to);
          fleet.now += ms;
          expect(fleet.waves[1]?.facts.state).toBe("waiting");
          expect(fleet.waves[1]?.counts.ready).toBe(5);
        }
      }),
    );
  });

  test("a wave passes only when enough hosts are verified and the last one has soaked", () => {
    fc.assert(
      fc.property(steps, (moves) => {
        const fleet = new Fleet([2, 3], { ...aWave().gate, failureBudget: 1, successRate: 0.5 });
        for (const [[from, to], at, ms] of moves) {
          const before = fleet.waves[0]!;
          const state = before.facts.state;
          fleet.turn();
          if (state === "open" && before.facts.state === "passed") {
            expect(before.counts.verified).toBeGreaterThanOrEqual(1);
            expect(fleet.now - before.facts.lastEndedAt!).toBeGreaterThanOrEqual(MINUTE_MS);
          }
          if (fleet.waves[1]?.facts.state === "open") expect(before.facts.hasPassed).toBe(true);
          fleet.shift(at, from, to);
          fleet.now += ms;
        }
      }),
    );
  });
});
