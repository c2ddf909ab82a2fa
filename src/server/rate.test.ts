import fc from "fast-check";
import { expect, test } from "vitest";
import { makeRateLimit } from "./rate.ts";

test("lets a minute's worth through at once, then says when to come again", () => {
  const limit = makeRateLimit(60);
  for (let i = 0; i < 60; i++) expect(limit.take("ada", 1_000)).toBeNull();
  expect(limit.take("ada", 1_000)).toBe(1);
  expect(limit.take("bob", 1_000)).toBeNull();
  expect(limit.take("ada", 1_999)).toBe(1);
  expect(limit.take("ada", 2_000)).toBeNull();
});

test("a clock that goes back gives nothing away and locks nobody out", () => {
  const limit = makeRateLimit(1);
  expect(limit.take("ada", 100_000)).toBeNull();
  expect(limit.take("ada", 10_000)).not.toBeNull();
  expect(limit.take("ada", 70_000)).toBeNull();
});

test("never lets more through than the bucket and what flowed into it, and always some later", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 200 }),
      (perMinute, pauses) => {
        const limit = makeRateLimit(perMinute);
        let now = 0;
        let passed = 0;
        for (const pause of pauses) {
          now += pause;
          const wait = limit.take("ada", now);
          if (wait === null) passed += 1;
          else expect(limit.take("ada", now + wait * 1000)).toBeNull();
          if (wait !== null) now += wait * 1000;
          if (wait !== null) passed += 1;
          expect(passed).toBeLessThanOrEqual(perMinute + (now * perMinute) / 60_000 + 1e-6);
        }
      },
    ),
  );
});
