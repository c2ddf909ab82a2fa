import fc from "fast-check";
import { expect, test } from "vitest";
import { HOUR_MS } from "../base/instant.ts";
import { nextStep, stepsDue } from "./escalation.ts";

const steps = [
  { after: HOUR_MS, to: ["alice"] },
  { after: 4 * HOUR_MS, to: ["head"] },
];

test("each step is told once and at its own time, however seldom or often somebody looks", () => {
  const looks = fc.array(fc.integer({ min: 0, max: 8 * HOUR_MS }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(looks, (times) => {
      const told: number[] = [];
      for (const now of [...times].sort((a, b) => a - b)) {
        for (const { step, dueAt } of stepsDue(steps, { since: 0, now, told })) {
          expect(dueAt).toBe(steps[step]?.after);
          expect(dueAt).toBeLessThanOrEqual(now);
          told.push(step);
        }
      }
      const last = Math.max(...times);
      expect(told).toEqual([0, 1].filter((step) => (steps[step]?.after ?? 0) <= last));
    }),
  );
});

test("a step comes neither a millisecond early nor late", () => {
  const at = (now: number) => stepsDue(steps, { since: 500, now, told: [] }).length;
  expect([at(HOUR_MS + 499), at(HOUR_MS + 500), at(4 * HOUR_MS + 500)]).toEqual([0, 1, 2]);
  expect(nextStep(steps, { since: 0, now: HOUR_MS })?.to).toEqual(["head"]);
  expect(nextStep(steps, { since: 0, now: 4 * HOUR_MS })).toBeNull();
});
