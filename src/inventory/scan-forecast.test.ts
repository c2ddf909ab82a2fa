import fc from "fast-check";
import { expect, test } from "vitest";
import { MINUTE_MS } from "../base/instant.ts";
import { scanForecast } from "./scan-forecast.ts";

const startedAt = 1_000_000;
const now = startedAt + MINUTE_MS;

test("a scan goes on at the rate at which its hosts answered", () => {
  expect(scanForecast({ startedAt, hosts: 40, done: 10 }, now)?.endsAt).toBe(now + 3 * MINUTE_MS);
});

test("nothing is forecast before the first answer, nor after the last", () => {
  expect(scanForecast({ startedAt, hosts: 40, done: 0 }, now)).toBeNull();
  expect(scanForecast({ startedAt, hosts: 40, done: 40 }, now)).toBeNull();
  expect(scanForecast({ startedAt, hosts: 0, done: 0 }, now)).toBeNull();
});

test("the margin shrinks with each answer and is never more than what is left", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9999 }), (done) => {
      const forecast = scanForecast({ startedAt, hosts: 10_000, done }, now);
      const next = scanForecast({ startedAt, hosts: 10_000, done: done + 1 }, now);
      expect(forecast?.marginMs).toBeLessThanOrEqual((forecast?.endsAt ?? 0) - now + 1);
      expect(next?.marginMs ?? 0).toBeLessThanOrEqual(forecast?.marginMs ?? 0);
    }),
  );
});
