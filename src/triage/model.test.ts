import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type PatchState, patchMoves, stateAfter } from "./model.ts";

it("has the same states in the table as in the database's check", () => {
  const sql = readFileSync(new URL("../db/migrations/0005-triage.sql", import.meta.url), "utf8");
  const check = /patch_state check \(state in\s*\(([^)]*)\)/.exec(sql)?.[1] ?? "";
  const states = [...check.matchAll(/'([a-z]+)'/g)].map((match) => match[1]);
  expect(states.sort()).toEqual(Object.keys(patchMoves).sort());
});

it("never reaches rolling without having been approved", () => {
  const reachable = (from: PatchState, avoid: PatchState): Set<string> => {
    const seen = new Set<string>([from]);
    const queue: PatchState[] = [from];
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      for (const next of Object.values(patchMoves[state]) as PatchState[]) {
        if (next !== avoid && !seen.has(next)) {
          seen.add(next);
          queue.push(next);
        }
      }
    }
    return seen;
  };
  expect(reachable("triage", "approved").has("rolling")).toBe(false);
  expect(reachable("triage", "closed").has("rolling")).toBe(true);
});

it("answers null for a verb that the state does not have", () => {
  expect(stateAfter("closed", "start")).toBe(null);
  expect(stateAfter("triage", "plan")).toBe("planned");
});
