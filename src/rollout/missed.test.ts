import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../base/instant.ts";
import { type MissedFacts, missedOf } from "./missed.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const DIGEST = "9f3c12ab77aa".padEnd(64, "0");

/** A host that was off while its wave passed; the wave's time goes on for a day. */
function facts(over: Partial<MissedFacts> = {}): MissedFacts {
  return {
    ...{ rollout: 7, title: "Upgrade openssl", plan: DIGEST, patch: 1 },
    ...{ rolloutState: "running", state: "ready", since: NOW - HOUR_MS },
    hold: {
      ...{ why: "host-unreachable", kind: "no-answer", problem: "no answer to ssh" },
      ...{ since: NOW - HOUR_MS, retryAt: NOW + MINUTE_MS },
    },
    ...{ because: null, waveState: "passed", notBefore: NOW - DAY_MS, notAfter: NOW + DAY_MS },
    ...{ windows: [], isTriedAgain: false, retryAt: NOW + MINUTE_MS, words: null },
    ...{ other: null, next: null },
    ...over,
  } as MissedFacts;
}

const ended = { rolloutState: "finished", waveState: "ended", state: "held" } as const;

describe("a host whose wave's time is not over", () => {
  const cases: [what: string, over: Partial<MissedFacts>, fate: string, outlook: RegExp][] = [
    ["is tried again soon", {}, "tried", /^is tried again from 2026-11-24T12:01:00.000Z, /],
    [
      "at once, when its time has come",
      { retryAt: null },
      "tried",
      /at the next look, .* until 2026-11-25T12:00/,
    ],
    [
      "in its next window",
      { windows: [span(-20, -18), span(3, 5)] },
      "tried",
      /^is tried again from 2026-11-24T15:00:00.000Z, in each of its windows until/,
    ],
    [
      "not before the rollout goes on",
      { rolloutState: "halted" },
      "tried",
      /as soon as the rollout goes on$/,
    ],
    [
      "and by nobody when no window of it is left",
      { windows: [span(-20, -18)] },
      "nothing",
      /^no window of it is left .* --catch-up R-7 plans for it$/,
    ],
    ["and by a person when it refused for good", { state: "held" }, "nothing", /rollout retry R-7/],
    ["again when its reason passes", { state: "held", isTriedAgain: true }, "tried", /^is tried/],
  ];
  test.each(cases)("%s", (_, over, fate, outlook) => {
    const missed = missedOf(facts(over), NOW);
    expect(missed).toMatchObject({ kind: "waiting", fate, command: null });
    expect(missed.outlook).toMatch(outlook);
    expect(missed.why).toContain("no answer to ssh");
  });
});

function span(fromHours: number, toHours: number) {
  return { from: NOW + fromHours * HOUR_MS, to: NOW + toHours * HOUR_MS };
}

describe("a rollout that is over for a host", () => {
  test.each([
    ["finished", ended],
    ["stopped", { ...ended, rolloutState: "stopped", waveState: "open" } as const],
    ["past the wave's time", { notAfter: NOW - MINUTE_MS }],
    ["past the wave's end", { waveState: "ended" } as const],
  ])("was missed, and one command plans for it: %s", (_, over) => {
    expect(missedOf(facts(over), NOW)).toMatchObject({
      ...{ kind: "missed", fate: "nothing", href: "/rollouts/R-7" },
      command: "fettle plan create --catch-up R-7",
    });
  });

  test("is another one's when that has the host", () => {
    const missed = missedOf(facts({ ...ended, other: 9 }), NOW);
    expect(missed).toMatchObject({ fate: "taken", outlook: "R-9 has it and sees to it" });
    expect([missed.href, missed.command]).toEqual(["/rollouts/R-9", null]);
  });

  test.each([
    [null, null, "plan 9f3c12ab77aa has it; nobody has asked for its approval yet"],
    [9, "requested", "plan 9f3c12ab77aa has it; C-9 waits for approval"],
    [9, "approved", "plan 9f3c12ab77aa has it; C-9 is approved and not started"],
  ] as const)("is a plan's when that has the host (%s, %s)", (change, state, outlook) => {
    const next = { plan: DIGEST, change, state };
    const missed = missedOf(facts({ ...ended, next }), NOW);
    expect(missed).toMatchObject({ fate: "taken", outlook, href: `/plans/${DIGEST}` });
  });

  test("was left out by a person, by two people or by the plan, each with its reason", () => {
    const skipped = missedOf(facts({ state: "skipped", hold: null, words: "disk swap " }), NOW);
    expect(skipped).toMatchObject({ kind: "skipped", why: "a person left it out: disk swap" });
    expect(skipped.outlook).toContain("a new plan of P-1 takes it");
    const lost = missedOf(facts({ state: "lost", hold: null }), NOW);
    expect(lost).toMatchObject({ kind: "lost", command: null });
    expect(lost.outlook).toContain("enrol it again");
    const out = missedOf(
      facts({ state: "left-out", hold: null, because: { why: "never-inspected" } }),
      NOW,
    );
    expect(out).toMatchObject({
      why: "it was never inspected, so nothing is known about it",
      command: "fettle plan create --patch P-1 --policy FILE --parent 9f3c12ab77aa",
    });
  });
});
