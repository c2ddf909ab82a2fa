import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  binomialAbove,
  chanceToStop,
  detectableFailureRate,
  type FailureTest,
  stopsAt,
  suspicion,
} from "./failure-test.ts";

const usual: FailureTest = { baseline: 0.01, bad: 0.05, alpha: 0.01, beta: 0.05 };
const byTest = { failedMax: Number.MAX_SAFE_INTEGER, failures: usual };
const byCount = (failedMax: number) => ({ failedMax, failures: null });

describe("a fixed number of failures", () => {
  // scipy.stats.binom.sf of SciPy 1.17.1.
  test.each([
    [1, 10, 0.1, 0.2639010709],
    [2, 30, 0.1, 0.5886487604404943],
    [4, 100, 0.1, 0.9762889173365231],
    [1, 10, 0.05, 0.08613835589931637],
    [2, 30, 0.05, 0.18782118685303928],
    [8, 300, 0.05, 0.9659341864784938],
  ])("more than %i of %i at %f is as probable as SciPy says", (most, count, rate, chance) => {
    expect(binomialAbove(count, rate, most)).toBeCloseTo(chance, 12);
  });

  // brentq over scipy.stats.binom.sf(k, n, p) = 0.95.
  test.each([
    [3, 0, 0.6315968501359613],
    [10, 0, 0.2588655508930522],
    [20, 1, 0.21610616420684728],
    [100, 5, 0.10225337764327447],
    [1_000, 0, 0.002991249545095296],
    [1_000_000, 50_000, 0.05035995136217607],
  ])("%i hosts of which %i may fail detect the rate that SciPy finds", (hosts, most, rate) => {
    expect(detectableFailureRate(hosts, byCount(most))).toBeCloseTo(rate, 8);
  });

  test("a wave that may lose every host detects nothing", () => {
    expect(detectableFailureRate(5, byCount(5))).toBe(1);
    expect(detectableFailureRate(0, byCount(0))).toBe(1);
  });
});

describe("the sequential test", () => {
  test("stops at the third failure of the first hosts, and never at one alone", () => {
    expect(suspicion(usual, { failed: 2, well: 0 })).toBeLessThan(stopsAt(usual));
    expect(suspicion(usual, { failed: 3, well: 6 })).toBeGreaterThan(stopsAt(usual));
    expect(suspicion(usual, { failed: 3, well: 7 })).toBeLessThan(stopsAt(usual));
  });

  // The same walk in Python with dictionaries, and SciPy for the tails.
  test.each([
    [10, 0.5, 0.91015625],
    [30, 0.2, 0.8789139899073996],
    [100, 0.1, 0.9630392923318903],
    [300, 0.05, 0.9408715045274438],
    [1_000, 0.01, 0.006086684640284194],
  ])(
    "within %i hosts that fail at %f it stops as often as computed apart",
    (hosts, rate, chance) => {
      expect(chanceToStop(hosts, rate, byTest)).toBeCloseTo(chance, 10);
    },
  );

  test("a good patch is never stopped more often than Ville's inequality allows", () => {
    const rates = fc.record({
      baseline: fc.double({ min: 0.001, max: 0.05, noNaN: true }),
      factor: fc.double({ min: 2, max: 10, noNaN: true }),
      alpha: fc.double({ min: 0.001, max: 0.1, noNaN: true }),
      beta: fc.double({ min: 0.01, max: 0.2, noNaN: true }),
    });
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 200 }), ({ factor, ...one }, hosts) => {
        const failures = { ...one, bad: one.baseline * factor };
        const stopped = chanceToStop(hosts, one.baseline, { ...byTest, failures });
        expect(stopped).toBeLessThanOrEqual(one.alpha / (1 - one.beta) + 1e-12);
      }),
      { numRuns: 50 },
    );
  });

  test("with a fixed number beside it the sooner of the two stops", () => {
    const both = { failedMax: 0, failures: usual };
    expect(chanceToStop(10, 0.1, both)).toBeCloseTo(binomialAbove(10, 0.1, 0), 12);
    expect(detectableFailureRate(200, { failedMax: 200, failures: usual })).toBeLessThan(0.08);
  });
});
