import { expect, test } from "vitest";
import { targetMoves, targetStates } from "./model.ts";
import { targetActions } from "./target-actions.ts";

const fresh = { kind: "apply", state: "ready", isBegun: false, attempt: 1, retryAt: null } as const;
const running = { state: "running", attemptsMax: 2 } as const;

function allowed(...given: Parameters<typeof targetActions>): string[] {
  return targetActions(...given)
    .filter((action) => action.allowed)
    .map((action) => action.verb);
}

test("a host is offered only what the state table lets happen, and every no says why", () => {
  for (const state of targetStates) {
    for (const isBegun of [true, false]) {
      const target = { ...fresh, state, isBegun };
      const moves = Object.keys(targetMoves[state]);
      const verbs = allowed(target, running, true).map((verb) => (verb === "lost" ? "lose" : verb));
      expect(moves).toEqual(expect.arrayContaining(verbs));
      for (const { allowed: may, reason } of targetActions(target, running, true)) {
        expect(reason === null).toBe(may);
      }
    }
  }
});

test("what has begun is neither left out nor tried again, but may be declared lost", () => {
  expect(allowed({ ...fresh, state: "held", isBegun: true }, running, true)).toEqual(["lost"]);
  expect(allowed({ ...fresh, state: "held" }, running, true)).toEqual(["retry", "skip"]);
});

test("what waits to be tried again may be tried at once, and needs no attempt for it", () => {
  const waits = { ...fresh, attempt: 2, retryAt: 1_000 };
  expect(allowed(waits, running, true)).toEqual(["retry", "skip"]);
  expect(allowed(waits, { ...running, state: "finished" }, true)).toEqual([]);
  expect(allowed(fresh, running, true)).toEqual(["skip"]);
});

test("nothing is offered when attempts are used, the rollout is over, or the right is missing", () => {
  const failed = { ...fresh, state: "failed" } as const;
  expect(allowed(failed, running, true)).toEqual(["retry"]);
  expect(allowed({ ...failed, attempt: 2 }, running, true)).toEqual([]);
  expect(allowed(failed, { ...running, state: "stopped" }, true)).toEqual([]);
  expect(allowed(failed, running, false)).toEqual([]);
});
