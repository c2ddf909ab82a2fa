import { expect, test } from "vitest";
import { inputsOf } from "./corpus-files.ts";
import { tryInput } from "./fuzzer.ts";
import { chanceOf, mutate } from "./mutate.ts";
import type { FuzzTarget } from "./target.ts";
import { fuzzTargets } from "./targets.ts";

/** What `npm run fuzz` found stays found, and each parser gets a few changed inputs in every run. */
const CHANGED_INPUTS = 15;

function* changedInputs({ words }: FuzzTarget, pool: readonly Buffer[]): Generator<Buffer> {
  const chance = chanceOf(1);
  const pick = (): Buffer => pool[chance.below(pool.length)] ?? Buffer.alloc(0);
  for (let left = CHANGED_INPUTS; left > 0; left -= 1) {
    yield mutate(pick(), { chance, words, other: pick() });
  }
}

test.each(fuzzTargets)(
  "$name keeps its promises for its corpus and for changes of it",
  async (target) => {
    const pool = inputsOf(target);
    for (const input of [...pool, ...changedInputs(target, pool)]) {
      expect((await tryInput(target, input))?.why).toBeUndefined();
    }
  },
);

test("an error that a parser does not promise is a finding, and so is a changed prototype", async () => {
  const bad = { name: "bad", seeds: [], words: [], isRefusal: () => false };
  const throwing = { ...bad, run: () => JSON.parse("{") };
  expect((await tryInput(throwing, Buffer.alloc(0)))?.why).toContain("SyntaxError");
  const grown = Object.prototype as Record<string, unknown>;
  const growing = { ...bad, run: () => (grown["grown"] = 1) };
  expect((await tryInput(growing, Buffer.alloc(0)))?.why).toBe("a prototype was changed");
  delete grown["grown"];
});
