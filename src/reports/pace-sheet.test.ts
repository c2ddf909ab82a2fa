import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import { changeSide, exposureSide, rangeText, waitingFor, wilson } from "./pace-sheet.ts";

const hosts = { hosts: 10, exposedHosts: 4 };
const risk = (epss: number | null, isKnownExploited = false) => ({
  ...{ id: "CVE-2026-0001", epss, isKnownExploited },
});

describe("what a day of waiting exposes", () => {
  it("is certain for what is exploited, and open at the top where nobody gave a probability", () => {
    expect(exposureSide(hosts, [risk(0.1, true)]).perDay).toEqual({ low: 1, high: 1 });
    // Whoever asks may know more of the hosts; the sheet tells what it is about and no more.
    const more = { ...hosts, tier: 0 };
    expect(exposureSide(more, [])).toEqual({
      ...{ ...hosts, knownExploited: [], perDay: { low: 0, high: 0 }, unknown: 0 },
    });
    expect(exposureSide(hosts, [risk(null)])).toMatchObject({
      perDay: { low: 0, high: 1 },
      unknown: 1,
    });
  });

  it("is of one day, such that thirty of them give the probability that was published", () => {
    const side = exposureSide(hosts, [risk(0.6)]);
    const month = waitingFor("wait", { now: 0, until: 30 * DAY_MS, side });
    expect(month.exploited.low).toBeCloseTo(0.6, 10);
    expect(month.exposedHostDays).toBe(120);
    expect(waitingFor("now", { now: 5, until: 5, side }).exploited).toEqual({ low: 0, high: 0 });
  });

  it("lies between the likeliest flaw and all of them independently", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (all) => {
        const { perDay } = exposureSide(
          hosts,
          all.map((epss) => risk(epss)),
        );
        const one = exposureSide(hosts, [risk(Math.max(...all))]).perDay;
        expect(perDay.low).toBeCloseTo(one.low, 12);
        expect(perDay.high).toBeGreaterThanOrEqual(perDay.low - 1e-12);
        expect(perDay.high).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("what the change may break", () => {
  it("is judged by the nearest past, and by nothing where there is none", () => {
    const all = { hosts: 100, failed: 2 };
    expect(changeSide(10, { all }).basis).toBe("all");
    expect(changeSide(10, { all, source: { hosts: 4, failed: 0 } }).basis).toBe("source");
    expect(changeSide(10, { source: { hosts: 0, failed: 0 }, all }).basis).toBe("all");
    expect(changeSide(10, {})).toMatchObject({
      ...{ basis: "none", failureRate: { low: 0, high: 1 }, failedHosts: { low: 0, high: 10 } },
    });
  });

  // Values of R's prop.test(x, n, correct = FALSE), to four digits.
  it.each([
    [0, 10, 0, 0.2775],
    [1, 10, 0.0179, 0.4042],
    [5, 50, 0.0435, 0.2136],
    [10, 10, 0.7225, 1],
  ])("%i of %i is between %d and %d", (failed, n, low, high) => {
    const interval = wilson({ hosts: n, failed });
    expect(interval.low).toBeCloseTo(low, 3);
    expect(interval.high).toBeCloseTo(high, 3);
  });

  it("gets narrower with more hosts of the same share", () => {
    const width = (n: number) => {
      const { low, high } = wilson({ hosts: n, failed: n / 10 });
      return high - low;
    };
    expect(width(1000)).toBeLessThan(width(100));
    expect(width(100)).toBeLessThan(width(10));
  });
});

it("tells ranges with no more digits than they carry", () => {
  expect(rangeText({ low: 0.041, high: 0.09 })).toBe("4.1 % to 9 %");
  expect(rangeText({ low: 0.0002, high: 0.5 })).toBe("less than 0.1 % to 50 %");
  expect(rangeText({ low: 1, high: 1 })).toBe("100 %");
});
