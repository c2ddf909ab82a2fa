import { expect, test } from "vitest";
import { makeBatcher } from "./batcher.ts";

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

test("what comes while a batch is handled goes together once that one has ended", async () => {
  const sizes: number[] = [];
  let end = (): void => undefined;
  const batcher = makeBatcher<number, number>({
    waitMs: 1,
    countMax: 100,
    handle: async (items) => {
      sizes.push(items.length);
      if (sizes.length === 1) await new Promise<void>((resolve) => (end = resolve));
      return items;
    },
  });
  const first = batcher.add(1);
  void batcher.flush();
  const others = [2, 3].map((n) => batcher.add(n));
  end();
  expect(await Promise.all([first, ...others])).toEqual([1, 2, 3]);
  expect(sizes).toEqual([1, 2]);
});

test("a batch that hangs does not hold up the next one for long", async () => {
  const batcher = makeBatcher<number, number>({
    waitMs: 1,
    countMax: 100,
    handle: (items) => (items.includes(1) ? new Promise(() => undefined) : Promise.resolve(items)),
  });
  void batcher.add(1);
  void batcher.flush();
  expect(await batcher.add(2)).toBe(2);
});

test("what one of them said wrongly fails for that one alone", async () => {
  const batcher = makeBatcher<number, number>({
    waitMs: 1,
    countMax: 100,
    handle: async (items) => {
      if (items.includes(13)) throw new Error("integer out of range");
      return items;
    },
  });
  const answers = await Promise.allSettled([1, 13, 2, 13, 3].map((n) => batcher.add(n)));
  const statuses = answers.map((a) => a.status);
  expect(statuses).toEqual(["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"]);
});

test("a store that is away is not asked once for every item", async () => {
  let calls = 0;
  const batcher = makeBatcher<number, number>({
    waitMs: 1,
    countMax: 100,
    handle: async () => {
      calls += 1;
      throw new Error("no database");
    },
  });
  const many = Array.from({ length: 50 }, (_, n) => batcher.add(n));
  const answers = await Promise.allSettled(many);
  expect(answers.every((a) => a.status === "rejected")).toBe(true);
  expect(calls).toBe(5);
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
