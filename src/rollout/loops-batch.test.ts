import { expect, test } from "vitest";
import { makeBatcher } from "./loops-batch.ts";

test("what comes together is handled together, and everybody gets their own answer", async () => {
  const sizes: number[] = [];
  const batcher = makeBatcher<number, number>({
    waitMs: 5,
    countMax: 3,
    handle: async (items) => {
      sizes.push(items.length);
      return items.map((n) => n * 2);
    },
  });
  expect(await Promise.all([1, 2, 3, 4].map((n) => batcher.add(n)))).toEqual([2, 4, 6, 8]);
  expect(sizes).toEqual([3, 1]);
});

test("a failure is everybody's answer, and the next batch is tried anew", async () => {
  let isBroken = true;
  const batcher = makeBatcher<number, number>({
    waitMs: 1,
    countMax: 10,
    handle: async (items) => {
      if (isBroken) throw new Error("no database");
      return items;
    },
  });
  const answers = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
  expect(answers.map((a) => a.status)).toEqual(["rejected", "rejected"]);
  isBroken = false;
  expect(await batcher.add(3)).toBe(3);
});
