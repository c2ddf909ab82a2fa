import { expect, test } from "vitest";
import { type InPieces, inOneGo } from "./pieces.ts";
import { givingWay } from "./slices.ts";

function* sumTo(most: number, seen: number[]): InPieces<number> {
  let sum = 0;
  for (let one = 1; one <= most; one += 1) {
    yield;
    seen.push(one);
    sum += one;
  }
  return sum;
}

test("a calculation in pieces gives the same in one go and giving way", async () => {
  expect(inOneGo(sumTo(100, []))).toBe(5050);
  expect(await givingWay(sumTo(100, []))).toBe(5050);
});

test("what else waits has its turn while a calculation is not over", async () => {
  const seen: number[] = [];
  let turns = 0;
  const other = setInterval(() => {
    turns += 1;
  }, 1);
  const work = (function* (): InPieces<void> {
    for (const stop = performance.now() + 60; performance.now() < stop; ) {
      yield;
      seen.push(turns);
    }
  })();
  await givingWay(work);
  clearInterval(other);
  expect(new Set(seen).size).toBeGreaterThan(1);
});

test("what a piece throws is thrown to who waits", async () => {
  const broken = function* (): InPieces<void> {
    yield;
    throw new Error("a piece broke");
  };
  await expect(givingWay(broken())).rejects.toThrow("a piece broke");
  expect(() => inOneGo(broken())).toThrow("a piece broke");
});
