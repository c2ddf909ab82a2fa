import { describe, expect, test } from "vitest";
import {
  begunStates,
  holdsSlot,
  type MoveTable,
  move,
  rolloutMoves,
  standingOf,
  statesWith,
  targetMoves,
  targetStates,
  waveMoves,
} from "./model.ts";

describe("the state tables", () => {
  test.each([
    ["rollout", rolloutMoves],
    ["wave", waveMoves],
    ["target", targetMoves],
  ] as const)("of a %s name only states of their own, and reach every one", (_name, table) => {
    const moves: MoveTable = table;
    const states = Object.keys(moves);
    const reached = new Set([states[0]]);
    for (const state of states) for (const to of Object.values(moves[state]!)) reached.add(to);
    for (const to of reached) expect(states).toContain(to);
    expect([...reached].sort()).toEqual([...states].sort());
  });

  test("no move leads back to ready or leased once the host may be working", () => {
    for (const state of begunStates) {
      for (const to of Object.values(targetMoves[state])) {
        expect(["ready", "leased"]).not.toContain(to);
      }
    }
  });

  test("only a claim leads to leased and only a permit to permitted", () => {
    for (const state of targetStates) {
      for (const [verb, to] of Object.entries(targetMoves[state])) {
        if (to === "leased") expect([state, verb]).toEqual(["ready", "claim"]);
        if (to === "permitted") expect([state, verb]).toEqual(["leased", "permit"]);
      }
    }
  });

  test("a host whose word is missing is left only by its signed result or by burial", () => {
    const verbs = Object.keys(targetMoves.unknown).filter((verb) => !verb.startsWith("result-"));
    expect(verbs).toEqual(["lose"]);
  });

  test("a slot is held exactly where host protocol §11 says so", () => {
    const held = targetStates.filter((state) => holdsSlot({ state, isBegun: false }));
    expect(held).toEqual(["leased", ...begunStates]);
    expect(holdsSlot({ state: "held", isBegun: true })).toBe(true);
    expect(holdsSlot({ state: "done", isBegun: true })).toBe(false);
  });

  test("moves are looked up, and a missing one is null", () => {
    expect(move(targetMoves, "leased", "permit")).toBe("permitted");
    expect(move(targetMoves, "permitted", "expire")).toBeNull();
    expect(statesWith(targetMoves, "retry")).toEqual(["held", "failed", "rolled-back"]);
  });
});

test("a host that says done is being checked, and is verified only by a verdict", () => {
  const target = { state: "done", isBegun: true, hold: null } as const;
  expect(standingOf({ ...target, verdict: null })).toBe("checking");
  expect(standingOf({ ...target, verdict: "unverified" })).toBe("applied-unverified");
  expect(standingOf({ ...target, verdict: "verified" })).toBe("verified");
});
