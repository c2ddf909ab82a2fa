import fc from "fast-check";
import { expect, test } from "vitest";
import { KINDS_A_MINUTE_MAX, type Refusal, RefusalTally } from "./refusal-tally.ts";

const refusal = (of: Partial<Refusal> = {}): Refusal => ({
  subject: "s-1",
  method: "GET",
  route: "/api/v1/users",
  code: "forbidden",
  permission: "user.read",
  ...of,
});

test("tells the first of a kind at once and its repetitions a minute later", () => {
  const tally = new RefusalTally();
  tally.add(refusal(), 0);
  expect(tally.take(0)).toEqual([{ ...refusal(), count: 1 }]);
  for (let i = 0; i < 500; i++) tally.add(refusal(), 1_000);
  expect(tally.take(59_999)).toEqual([]);
  expect(tally.take(60_000)).toEqual([{ ...refusal(), count: 500 }]);
  expect(tally.take(120_000)).toEqual([]);
  tally.add(refusal(), 130_000);
  expect(tally.take(130_000)).toEqual([{ ...refusal(), count: 1 }]);
});

test("a flood of a million kinds stays a few lines a minute, and none of it goes uncounted", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3_000 }), { minLength: 1, maxLength: 500 }), (pauses) => {
      const tally = new RefusalTally();
      let now = 0;
      let told = 0;
      let lines = 0;
      for (const [at, pause] of pauses.entries()) {
        now += pause;
        tally.add(refusal({ route: `/r/${at}` }), now);
        for (const { count } of tally.take(now)) {
          told += count;
          lines += 1;
        }
      }
      const minutes = Math.floor(now / 60_000) + 1;
      expect(lines).toBeLessThanOrEqual((KINDS_A_MINUTE_MAX + 1) * minutes);
      for (const { count } of tally.takeAll()) told += count;
      expect(told).toBe(pauses.length);
    }),
  );
});
