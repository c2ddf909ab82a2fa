import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonLanguageEffect, mannWhitney, upperTail } from "./mann-whitney.ts";

interface Case {
  readonly name: string;
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly method: string;
  readonly u: number;
  readonly p: { readonly greater: number; readonly less: number; readonly either: number };
}

/**
 * Made by SciPy 1.17.1 (scipy.stats.mannwhitneyu, method "exact" where there are no ties and
 * "asymptotic" with continuity correction elsewhere), from numbers drawn by Python's random.
 */
const golden = JSON.parse(
  readFileSync(new URL("./fixtures/mann-whitney.json", import.meta.url), "utf8"),
) as readonly Case[];

describe("the rank test gives the values that SciPy gives", () => {
  test.each(golden)("for $name", ({ first, second, method, u, p }) => {
    for (const alternative of ["greater", "less", "either"] as const) {
      const found = mannWhitney(first, second, alternative);
      expect(found.u).toBe(u);
      expect(found.method).toBe(method);
      expect(Math.abs(found.p - p[alternative])).toBeLessThan(1e-9);
    }
  });
});

describe("the exact distribution has the critical values of the published tables", () => {
  /** Of the usual tables (as in Siegel, Nonparametric Statistics, 1956): the largest significant U. */
  const table: readonly [n: number, m: number, oneSided05: number, twoSided05: number][] = [
    [5, 5, 4, 2],
    [8, 8, 15, 13],
    [9, 12, 30, 26],
    [10, 10, 27, 23],
    [15, 15, 72, 64],
    [10, 20, 62, 55],
    [20, 20, 138, 127],
  ];
  test.each(table)("for %i and %i", (n, m, oneSided, twoSided) => {
    expect(mannWhitney(...samplesWithU(n, m, oneSided), "less").p).toBeLessThanOrEqual(0.05);
    expect(mannWhitney(...samplesWithU(n, m, oneSided + 1), "less").p).toBeGreaterThan(0.05);
    expect(mannWhitney(...samplesWithU(n, m, twoSided), "either").p).toBeLessThanOrEqual(0.05);
    expect(mannWhitney(...samplesWithU(n, m, twoSided + 1), "either").p).toBeGreaterThan(0.05);
  });
});

/** Two samples without ties whose first is above the second in exactly `u` pairs. */
function samplesWithU(n: number, m: number, u: number): [number[], number[]] {
  const second = Array.from({ length: m }, (_, at) => at + 1);
  const first = Array.from({ length: n }, (_, at) => {
    const above = Math.max(0, Math.min(m, u - at * m));
    return above + 0.5 + at / 1000;
  });
  return [first, second];
}

const some = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 60 });

test("U counts the pairs, and swapping the samples swaps the sides", () => {
  fc.assert(
    fc.property(some, some, (first, second) => {
      const pairs = first.flatMap((a) => second.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
      const forward = mannWhitney(first, second, "greater");
      const back = mannWhitney(second, first, "less");
      expect(forward.u).toBeCloseTo(
        pairs.reduce<number>((sum, one) => sum + one, 0),
        9,
      );
      expect(forward.p).toBeCloseTo(back.p, 12);
      expect(forward.p).toBeGreaterThanOrEqual(0);
      expect(forward.p).toBeLessThanOrEqual(1);
      const cles = commonLanguageEffect(forward.u, first.length, second.length);
      expect(cles).toBeGreaterThanOrEqual(0);
      expect(cles).toBeLessThanOrEqual(1);
    }),
    { numRuns: 100 },
  );
});

test("values that are all the same speak for no difference", () => {
  const same = Array.from({ length: 30 }, () => 0);
  expect(mannWhitney(same, same, "either").p).toBe(1);
});

test("the tail of the normal distribution is that of the complementary error function", () => {
  // Python's math.erfc.
  const known: readonly [z: number, tail: number][] = [
    [0.1, 0.460172162722971],
    [1.96, 0.024997895148220435],
    [2.7, 0.003466973803040668],
    [2.9, 0.0018658133003840384],
    [6, 9.865876450377012e-10],
  ];
  for (const [z, tail] of known) {
    expect(Math.abs(upperTail(z) / tail - 1)).toBeLessThan(1e-11);
    expect(upperTail(-z)).toBeCloseTo(1 - tail, 14);
  }
});
