import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holdName, holdNumber, prunableBelow } from "./hold.ts";

describe("what could be pruned", () => {
  test("ends at a whole tile, below the first entry that must stay, and never goes back", () => {
    const input = fc.record({
      first: fc.option(fc.nat(100_000)),
      size: fc.nat(100_000),
      tiles: fc.nat(50),
    });
    fc.assert(
      fc.property(input, ({ first, size, tiles }) => {
        const minimum = tiles * 256;
        const below = prunableBelow({ first, size, minimum });
        expect(below % 256).toBe(0);
        expect(below).toBeGreaterThanOrEqual(minimum);
        if (below > minimum) expect(below).toBeLessThanOrEqual(first ?? size);
      }),
    );
  });

  test.each([
    [255, 0],
    [256, 256],
    [511, 256],
    [null, 768],
  ])("with the first kept entry %s it is %s of 1,000", (first, below) => {
    expect(prunableBelow({ first, size: 1_000, minimum: 0 })).toBe(below);
  });
});

test("a hold has one name", () => {
  for (const name of [holdName(7), "lh-7", "7"]) expect(holdNumber(name)).toBe(7);
  for (const name of ["LH-0", "LH-07", "LH-7 ", "LH--7", ""]) expect(holdNumber(name)).toBeNull();
});
