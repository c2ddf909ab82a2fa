import { describe, expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import {
  closureOf,
  closuresFor,
  type Duty,
  dutiesOf,
  dutyCall,
  retrospectRefusal,
  reviewRefusal,
} from "./duty.ts";
import { measuresOf } from "./measure.ts";
import { changeStates } from "./model.ts";

const id = (name: string): SubjectId => name as SubjectId;
const policy = {
  emergency: { approvers: 2, from: [], retrospective: 2, review: 5 },
  workingDays: {
    zone: "UTC",
    days: ["monday", "tuesday", "wednesday", "thursday", "friday"] as (
      | "monday"
      | "tuesday"
      | "wednesday"
      | "thursday"
      | "friday"
    )[],
    holidays: [],
  },
};

describe("what an emergency owes", () => {
  const friday = Date.parse("2026-11-20T18:00:00Z");

  test("is due two and five working days after it began, whatever the weekend", () => {
    expect(dutiesOf(policy, friday).map(({ kind, dueAt }) => [kind, dueAt])).toEqual([
      ["retrospective", Date.parse("2026-11-25T00:00:00Z")],
      ["review", Date.parse("2026-11-28T00:00:00Z")],
    ]);
  });

  test("is told exactly half-way and when it is due, once each, on a clock that jumps or crawls", () => {
    for (const step of [DAY_MS / 24, DAY_MS, 10 * DAY_MS]) {
      let duty: Duty = {
        ...{ kind: "review", openedAt: 0, dueAt: 4 * DAY_MS },
        ...{ remindedAt: null, overdueAt: null, doneAt: null },
      };
      const told: (readonly [string, Instant])[] = [];
      for (let now = 0; now <= 20 * DAY_MS; now += step) {
        const call = dutyCall(duty, now);
        if (call === null) continue;
        told.push([call, now]);
        duty = call === "remind" ? { ...duty, remindedAt: now } : { ...duty, overdueAt: now };
      }
      const expected =
        step > 2 * DAY_MS
          ? [["overdue", 10 * DAY_MS]]
          : [
              ["remind", 2 * DAY_MS],
              ["overdue", 4 * DAY_MS],
            ];
      expect(told).toEqual(expected);
    }
    const done = { openedAt: 0, dueAt: 1, remindedAt: null, overdueAt: null, doneAt: 0 };
    expect(dutyCall({ kind: "review", ...done }, 9)).toBeNull();
  });

  const facts = {
    ...{ isPerson: true, person: id("zoe"), requester: id("carol") },
    ...{ approvedBy: [id("alice")], duty: { doneAt: null } },
  };
  test.each([
    [{}, null],
    [{ person: id("carol") }, "asked for it"],
    [{ person: id("alice") }, "had no part"],
    [{ isPerson: false }, "Only a person"],
    [{ duty: null }, "owes no decision"],
    [{ duty: { doneAt: 1 } }, "already"],
  ])("R3 is decided afterwards by somebody who had no part in it: %o", (some, text) => {
    const told = retrospectRefusal({ ...facts, ...some });
    if (text === null) expect(told).toBeNull();
    else expect(told).toContain(text);
  });
});

describe("a review", () => {
  const facts = { isPerson: true, person: id("zoe"), requester: id("carol") };
  test("is of what was carried out and has ended, and by somebody else than who asked", () => {
    for (const state of changeStates) {
      const told = reviewRefusal({ ...facts, state, isReviewed: false });
      expect(told === null).toBe(["completed", "failed", "backed-out"].includes(state));
    }
    const over = { ...facts, state: "completed" as const };
    expect(reviewRefusal({ ...over, isReviewed: true })).toContain("already");
    expect(reviewRefusal({ ...over, isReviewed: false, person: id("carol") })).toContain("asked");
  });

  test("never turns what failed into a success", () => {
    expect(closuresFor("completed")).toEqual(["successful", "successful-with-issues"]);
    expect(closuresFor("failed")).toEqual(["failed"]);
    expect(closuresFor("backed-out")).toEqual(["backed-out"]);
    expect(closuresFor("running")).toEqual([]);
    expect(closureOf("withdrawn", null)).toBe("cancelled");
  });
});

test("measures are shares of what ended, and nothing is no success", () => {
  expect(measuresOf([])).toMatchObject({ ended: 0, successful: null, leadMs: null });
  const group = { class: "normal", closure: null, leadMs: 100 } as const;
  const measures = measuresOf([
    { ...group, state: "completed", changes: 6 },
    { ...group, state: "completed", closure: "successful-with-issues", changes: 1 },
    { ...group, class: "emergency", state: "backed-out", changes: 2 },
    { ...group, state: "failed", changes: 1 },
  ]);
  expect(measures).toEqual({
    ...{ ended: 10, successful: 0.6, emergency: 0.2, backedOut: 0.2, leadMs: 40 },
  });
});
