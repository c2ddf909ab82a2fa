import { expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import { erasureActions, holdActions, retentionActions } from "./asked.ts";
import { type Retention, retentionStep } from "./retention.ts";

const ada = "a" as SubjectId;
const bob = "b" as SubjectId;
const plain: Retention = { class: "rest", days: 1_000, asked: null };
const asked: Retention = { ...plain, asked: { days: 500, by: ada, at: 0 } };

test.each([
  ["longer counts at once", plain, { days: 2_000, by: ada }, { kind: "set", days: 2_000 }],
  [
    "longer counts at once where less was asked for",
    asked,
    { days: 2_000, by: ada },
    { kind: "set", days: 2_000 },
  ],
  ["the same is nothing", plain, { days: 1_000, by: ada }, { kind: "nothing" }],
  [
    "the same ends what was asked for",
    asked,
    { days: 1_000, by: ada },
    { kind: "set", days: 1_000 },
  ],
  ["shorter is asked for", plain, { days: 500, by: ada }, { kind: "ask", days: 500 }],
  [
    "another person who wants the same sets it",
    asked,
    { days: 500, by: bob },
    { kind: "set", days: 500 },
  ],
  [
    "another person who wants less asks anew",
    asked,
    { days: 450, by: bob },
    { kind: "ask", days: 450 },
  ],
] as const)("%s", (_, now, wanted, step) => {
  expect(retentionStep(now, wanted)).toEqual(step);
});

test("nobody agrees with themselves", () => {
  expect(retentionStep(asked, { days: 500, by: ada })).toMatchObject({ kind: "refused" });
});

const allowed = (actions: readonly { readonly verb: string; readonly allowed: boolean }[]) =>
  actions.filter((one) => one.allowed).map(({ verb }) => verb);

test("what may be done follows who asked, holds and rights", () => {
  const [first, second] = [ada, bob].map((person) => ({ person, refusal: null }));
  const none = { person: bob, refusal: "You may not." };
  const hold = { liftAskedBy: ada, liftedAt: null };
  expect([first!, second!, none].map((of) => allowed(holdActions(hold, of)))).toEqual([
    [],
    ["lift"],
    [],
  ]);
  expect(allowed(holdActions({ liftAskedBy: null, liftedAt: null }, first!))).toEqual(["lift"]);
  expect(allowed(holdActions({ liftAskedBy: ada, liftedAt: 1 }, second!))).toEqual([]);
  const erasure = { subject: "c" as SubjectId, askedBy: ada, hold: null };
  expect(allowed(erasureActions(erasure, first!))).toEqual(["withdraw"]);
  expect(allowed(erasureActions(erasure, second!))).toEqual(["erase", "withdraw"]);
  expect(allowed(erasureActions({ ...erasure, hold: "LH-1" }, second!))).toEqual(["withdraw"]);
  expect(allowed(erasureActions({ ...erasure, subject: bob }, second!))).toEqual(["withdraw"]);
  expect(allowed(erasureActions(erasure, none))).toEqual([]);
  expect(allowed(retentionActions({ class: "rest", by: ada }, first!))).toEqual([
    "set",
    "withdraw",
  ]);
  expect(allowed(retentionActions({ class: "rest", by: ada }, second!))).toContain("agree");
  expect(allowed(retentionActions(null, none))).toEqual([]);
});
