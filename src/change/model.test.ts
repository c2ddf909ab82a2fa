import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { uuidOf } from "../../test/builders/plan.ts";
import type { ChangeId, PatchId, PlanDigest, SubjectId } from "../base/ids.ts";
import { mayApprove } from "./may-approve.ts";
import { type Change, type ChangeState, changeMoves, changeStates, nextState } from "./model.ts";
import { signaturesDigest } from "./signatures.ts";

const migration = readFileSync(
  new URL("../db/migrations/0007-change.sql", import.meta.url),
  "utf8",
);

describe("the state table", () => {
  test("is the one that the database checks", () => {
    const list =
      /constraint change_state check \(state in\s*\(([^)]*)\)/.exec(migration)?.[1] ?? "";
    const states = list.match(/'[a-z-]+'/g)?.map((text) => text.slice(1, -1)) ?? [];
    expect(states.sort()).toEqual([...changeStates].sort());
  });

  test("leads to running through approved only", () => {
    for (const state of changeStates) {
      const verbs = Object.entries(changeMoves[state]);
      const starts = verbs.filter(([, to]) => (to as ChangeState) === "running");
      expect(starts.map(([verb]) => verb)).toEqual(state === "approved" ? ["start"] : []);
    }
  });

  test("has no way out of what is over", () => {
    const over: ChangeState[] = [
      "completed",
      "failed",
      "backed-out",
      "rejected",
      "withdrawn",
      "expired",
    ];
    for (const state of over) expect(Object.keys(changeMoves[state])).toEqual([]);
    expect(nextState("requested", "start")).toBeNull();
  });
});

function aChange(some: Partial<Change>): Change {
  return {
    id: uuidOf("change") as ChangeId,
    number: 88,
    patch: uuidOf("patch") as PatchId,
    plan: "p" as PlanDigest,
    class: "normal",
    state: "requested",
    title: "t",
    reason: "r",
    backout: "b",
    risk: {
      hosts: 1,
      rings: [],
      restarts: [],
      needsReboot: false,
      reversibility: "downgrade",
      irreversible: [],
      pipedHosts: 0,
      firstWaveDetects: 1,
    },
    need: 1,
    level: "low",
    assessment: null,
    needsBoard: false,
    requestedBy: uuidOf("carol") as SubjectId,
    requesterPerson: uuidOf("carol") as SubjectId,
    requestedAt: 0,
    expiresAt: 1000,
    movedAt: 0,
    closedReason: null,
    ...some,
  };
}

test("nobody approves an own request, a request twice, late, or as a service", () => {
  const handles = ["alice", "bob", "carol"];
  fc.assert(
    fc.property(
      fc.constantFrom(...handles),
      fc.constantFrom(...handles),
      fc.constantFrom(...handles),
      fc.boolean(),
      fc.constantFrom(...changeStates),
      fc.integer({ min: 0, max: 2000 }),
      fc.subarray(handles),
      (requester, signedHandle, approver, isPerson, state, now, before) => {
        const may = mayApprove({
          change: aChange({ state, requesterPerson: uuidOf(requester) as SubjectId }),
          requester: signedHandle,
          approver: { person: uuidOf(approver) as SubjectId, handle: approver, isPerson },
          approvedBy: before.map((handle) => uuidOf(handle) as SubjectId),
          now,
        });
        const isFree =
          isPerson &&
          approver !== requester &&
          approver !== signedHandle &&
          state === "requested" &&
          now < 1000 &&
          !before.includes(approver);
        expect(may.isAllowed).toBe(isFree);
      },
    ),
    { numRuns: 2000 },
  );
});

test("the digest of an approval does not depend on the order in which signatures came", () => {
  expect(signaturesDigest(["b\n", "a\n"])).toBe(signaturesDigest(["a\n", "b\n"]));
  expect(signaturesDigest(["a\n"])).not.toBe(signaturesDigest(["b\n"]));
});
