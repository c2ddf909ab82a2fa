import fc from "fast-check";
import { expect, test } from "vitest";
import { isDeeperThan } from "./json-depth.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("agrees with the depth of the parsed value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 7 }), (value, most) => {
      expect(isDeeperThan(JSON.stringify(value), most)).toBe(depthOf(value) > most);
    }),
    { numRuns: 1000 },
  );
});

test("takes time in proportion to hostile text", () => {
  const hostile = `"${'\\"'.repeat(500_000)}`;
  expect(isDeeperThan(hostile, 3)).toBe(false);
  expect(isDeeperThan("[".repeat(1_000_000), 32)).toBe(true);
});
