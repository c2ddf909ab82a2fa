import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import type { Gate, GateAction } from "../policy/rings-gates.ts";
import { decide, nextLookAt } from "./decide.ts";
import type { Decision, RolloutFacts } from "./decision.ts";
import { judgeGate, policyGates } from "./gate.ts";
import type { GateStand, GateWord } from "./gate-judge.ts";
import { type GateState, gapMaxOf, type Reading, withReading } from "./gate-state.ts";
import { haltToText, holdToText } from "./hold.ts";
import { noCounts, type WaveCounts, type WaveFacts } from "./wave.ts";

const NOW = Date.UTC(2026, 10, 21, 22);
const ENDED = NOW - 20 * MINUTE_MS;

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
    revertible: 3,
    lastEndedAt: ENDED,
    openedAt: NOW - HOUR_MS,
    strata: [],
    ...over,
    counts: { ...noCounts, verified: 3, ...over.counts },
  };
  return wave;
}

function aGate(onFail: GateAction = "hold", over: Partial<Gate> = {}): Gate {
  return {
    name: "errors",
    onFail,
    rule: {
      kind: "prometheus",
      source: "main",
      query: "errors",
      threshold: { comparison: "<", value: 0.01 },
      interval: 30 * SECOND_MS,
      for: 10 * MINUTE_MS,
      failAfter: 3,
    },
    ...over,
  };
}

function aReading(kind: Reading["kind"], at: number, badHosts: readonly string[] = []): Reading {
  return { kind, at, words: `measured ${kind}`, evidence: {}, badHosts };
}

function aState(kind: Reading["kind"], over: Partial<GateState> = {}): GateState {
  return { last: aReading(kind, NOW - SECOND_MS), since: ENDED, inARow: 9, ...over };
}

function aStand(state: GateState | null, gate = aGate(), words: readonly GateWord[] = []) {
  return { gate, state, words };
}

function facts(waves: readonly WaveFacts[], over: Partial<RolloutFacts> = {}): RolloutFacts {
  const nothing = { isFrozen: false, halted: null, haltedBy: null, approvalHold: null };
  return { state: "running", ...nothing, waves, ...over };
}

function verbs(decisions: readonly Decision[]): string[] {
  return decisions.map((d) => {
    if ("hold" in d) return `${d.do} ${d.hold.why}`;
    return d.do === "revert"
      ? `revert ${d.wave}${d.hosts === undefined ? "" : ` ${d.hosts}`}`
      : d.do;
  });
}

const answerOf = (stand: GateStand, wave: Partial<WaveFacts> = {}): string | undefined =>
  policyGates(aWave({ ...wave, gates: [stand] }), NOW)[0]?.answer;

describe("a gate that measures", () => {
  const table: [name: string, state: GateState | null, expected: string][] = [
    ["was never measured", null, "not-yet"],
    ["has held for its time since the last host", aState("good"), "pass"],
    ["has held for too short", aState("good", { since: NOW - 9 * MINUTE_MS }), "not-yet"],
    [
      "was good once and is silent now",
      aState("good", { last: aReading("good", NOW - 3 * MINUTE_MS) }),
      "not-yet",
    ],
    ["was bad once", aState("bad", { inARow: 1 }), "not-yet"],
    ["was bad three times in a row", aState("bad", { inARow: 3 }), "fail"],
    ["has no data, however long", aState("none"), "not-yet"],
    ["has data that proves nothing", aState("unsure"), "inconclusive"],
  ];
  test.each(table)("%s", (_name, state, expected) => {
    expect(answerOf(aStand(state))).toBe(expected);
  });

  test("has to hold with the last host patched, not with the first", () => {
    const state = aState("good", { since: NOW - HOUR_MS });
    expect(answerOf(aStand(state), { lastEndedAt: NOW - MINUTE_MS })).toBe("not-yet");
    expect(answerOf(aStand(state), { lastEndedAt: null })).toBe("not-yet");
  });

  test("fails when its deadline is over, with the reason why it has not passed", () => {
    const late = aGate();
    const gate = { ...late, rule: { ...late.rule, deadline: 5 * MINUTE_MS } } as Gate;
    const [judged] = policyGates(aWave({ gates: [aStand(aState("none"), gate)] }), NOW);
    expect(judged).toMatchObject({ answer: "fail" });
    expect(judged?.words).toBe("has not passed within 5 min: measured none");
  });

  test("passes by a person's word, and fails by one, with the reason", () => {
    const word = { person: "p", words: "known noise", at: NOW } as const;
    const accepted = aStand(aState("bad"), aGate(), [{ ...word, verdict: "accept" }]);
    const [judged] = policyGates(aWave({ gates: [accepted] }), NOW);
    expect(judged).toMatchObject({ answer: "pass", words: "accepted: known noise" });
    expect(answerOf(aStand(aState("good"), aGate(), [{ ...word, verdict: "refuse" }]))).toBe(
      "fail",
    );
  });
});

describe("readings are folded", () => {
  const gap = gapMaxOf(30 * SECOND_MS);

  test("alike ones count in a row, and another kind begins anew", () => {
    const first = withReading(null, aReading("bad", 0), gap);
    const second = withReading(first, aReading("bad", 30_000), gap);
    expect(second).toMatchObject({ since: 0, inARow: 2 });
    expect(withReading(second, aReading("good", 60_000), gap)).toMatchObject({
      since: 60_000,
      inARow: 1,
    });
  });

  test("a gap without any measurement breaks what held", () => {
    const first = withReading(null, aReading("good", 0), gap);
    expect(withReading(first, aReading("good", gap + 1), gap).since).toBe(gap + 1);
  });
});

describe("gates that people pass", () => {
  const word = (person: string) => ({ verdict: "accept", person, words: "fine", at: NOW }) as const;
  const signOff = aGate("hold", { rule: { kind: "signOff", role: "approver", people: 2 } });

  test("a sign-off waits for as many people as the policy says", () => {
    expect(answerOf(aStand(null, signOff, [word("a")]))).toBe("not-yet");
    expect(answerOf(aStand(null, signOff, [word("a"), word("b")]))).toBe("pass");
  });

  test("a sample that the wave cannot reach is unclear, never passed", () => {
    const sample = aGate("hold", { rule: { kind: "sample", hosts: 4 } });
    expect(answerOf(aStand(null, sample))).toBe("inconclusive");
    const waiting = aWave({ counts: { verified: 3, ready: 1 }, gates: [aStand(null, sample)] });
    expect(policyGates(waiting, NOW)[0]?.answer).toBe("not-yet");
    const more = aWave({ counts: { verified: 4 }, gates: [aStand(null, sample)] });
    expect(policyGates(more, NOW)[0]?.answer).toBe("pass");
  });
});

describe("what the engine does with gates", () => {
  const bad = (onFail: GateAction) => aStand(aState("bad", { inARow: 3 }), aGate(onFail));
  const good = aStand(aState("good"));
  const before = aWave({ state: "passed", hasPassed: true });
  const second = (stand: GateStand) => aWave({ number: 2, gates: [stand], counts: { ready: 2 } });
  const table: [name: string, given: RolloutFacts, expected: string[]][] = [
    ["all good: the wave passes", facts([aWave({ gates: [good] })]), ["pass-wave"]],
    ["one not yet: it waits", facts([aWave({ gates: [good, aStand(null)] })]), ["hold gate"]],
    [
      "one failed that holds: nothing more starts in the wave",
      facts([aWave({ counts: { ready: 2 }, gates: [bad("hold")] })]),
      ["hold gate"],
    ],
    ["one that halts", facts([aWave({ gates: [bad("halt")] })]), ["halt"]],
    [
      "one that takes the wave back",
      facts([before, second(bad("revert-wave"))]),
      ["halt", "revert 2"],
    ],
    [
      "one that takes everything back: the last wave first",
      facts([before, second(bad("revert-all"))]),
      ["halt", "revert 2", "revert 1"],
    ],
    [
      "one that takes back its hosts: they go, and the wave waits",
      facts([
        aWave({
          gates: [
            aStand(
              aState("bad", { last: aReading("bad", NOW, ["h1", "h2"]), inARow: 3 }),
              aGate("revert-host"),
            ),
          ],
        }),
      ]),
      ["revert 1 h1,h2", "hold gate"],
    ],
    [
      "what was still at work when it halted is taken back as it ends",
      facts([aWave({ revertible: 1 })], {
        state: "halted",
        halted: { scope: "this rollout", since: NOW },
        haltedBy: 1,
        takesBack: "all",
      }),
      ["revert 1", "hold halted"],
    ],
  ];
  test.each(table)("%s", (_name, given, expected) => {
    expect(verbs(decide(given, NOW))).toEqual(expected);
  });

  test("an unclear gate says that it waits for a person", () => {
    const judged = judgeGate(aWave({ gates: [aStand(aState("unsure"))] }), NOW);
    expect(judged.answer).toBe("inconclusive");
    expect(judged.hold === null ? "" : holdToText(judged.hold, NOW)).toBe(
      "the gate errors of wave 1 is inconclusive and waits for a person: measured unsure",
    );
  });

  test("a halt by a gate names it", () => {
    const [halt] = decide(facts([aWave({ gates: [bad("halt")] })]), NOW);
    expect(halt?.do === "halt" ? haltToText(halt.reason) : "").toBe(
      "the gate errors of wave 1 has failed: measured bad",
    );
  });
});

describe("reverts have a budget of their own", () => {
  const bad = aStand(aState("bad", { inARow: 3 }), aGate("revert-all"));
  const revertBudget = { inFlightMax: 2, hostsMax: 5 };
  const before = aWave({ state: "passed", hasPassed: true });
  const second = aWave({ number: 2, gates: [bad] });

  test("beyond it a person is asked, and what fits is taken back", () => {
    const decided = decide(facts([before, second], { revertBudget }), NOW);
    expect(verbs(decided)).toEqual(["halt", "revert 2", "hold revert-needs-person"]);
    const held = decided.at(-1);
    expect(held?.do === "hold" ? holdToText(held.hold, NOW) : "").toMatch(
      /^3 hosts of wave 1 should be taken back, and 3 were taken back already, of 5/,
    );
  });

  test("what cannot be undone waits for a person too", () => {
    const stuck = aWave({ gates: [bad], irreversible: 1 });
    expect(verbs(decide(facts([stuck]), NOW))).toEqual(["halt", "hold revert-needs-person"]);
  });

  test("all waves together take back no more at once than it says", () => {
    const back = (number: number, reverting: number) =>
      aWave({ number, state: "passed", hasPassed: true, reverting, counts: { readyRevert: 5 } });
    const released = decide(facts([back(1, 1), back(2, 0)], { revertBudget }), NOW).filter(
      (d) => d.do === "release",
    );
    expect(released).toEqual([{ do: "release", wave: 1, kind: "revert", countMax: 1 }]);
  });
});

describe("after the last wave", () => {
  const over = aWave({ state: "passed", hasPassed: true, notAfter: NOW + HOUR_MS });
  const watching = (stand: GateStand, forMs = HOUR_MS) => ({ after: { forMs, gates: [stand] } });
  const good = aStand(aState("good"));
  const table: [name: string, given: RolloutFacts, expected: string[]][] = [
    ["without a window it is finished", facts([over]), ["finish"]],
    ["in the window it waits", facts([over], watching(good)), ["hold stabilising"]],
    [
      "after it, with good gates, it is finished",
      facts([over], watching(good, MINUTE_MS)),
      ["finish"],
    ],
    [
      "after it, without data, it waits for a person: no data is never a pass",
      facts([over], watching(aStand(aState("none")), MINUTE_MS)),
      ["hold gate"],
    ],
    [
      "a gate that fails in it takes everything back",
      facts([over], watching(aStand(aState("bad"), aGate("revert-all")))),
      ["halt", "revert 1"],
    ],
    [
      "or asks, where the policy says so",
      facts([over], watching(aStand(aState("bad"), aGate("halt")))),
      ["halt"],
    ],
    [
      "a rollout that changed nothing has nothing to watch",
      facts([aWave({ ...over, counts: { verified: 0, skipped: 3 } })], watching(good)),
      ["finish"],
    ],
  ];
  test.each(table)("%s", (_name, given, expected) => {
    expect(verbs(decide(given, NOW))).toEqual(expected);
  });

  test("the engine looks again when the window ends, or a gate may have held for long enough", () => {
    const given = facts([over], watching(aStand(aState("good", { since: NOW - MINUTE_MS }))));
    const times = [nextLookAt(given, NOW)];
    expect(times[0]).toBe(NOW - SECOND_MS + gapMaxOf(30 * SECOND_MS) + 1);
  });
});
