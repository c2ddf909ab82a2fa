import { expect, test } from "vitest";
import { MINUTE_MS } from "../base/instant.ts";
import { throughput } from "./throughput.ts";
import { noCounts, type WaveFacts, type WaveGate } from "./wave.ts";

const wave = (gate: Partial<WaveGate>) =>
  ({ number: 1, counts: noCounts, gate: { inFlightMax: 10, ...gate } }) as WaveFacts;
const of = (ceilings: Parameters<typeof throughput>[1]["ceilings"] = []) => ({
  ceilings,
  jobMs: MINUTE_MS,
});

test("a wave goes as fast as it allows itself where nothing else binds it", () => {
  expect(throughput(wave({}), of())).toEqual({ atOnce: 10, jobMs: MINUTE_MS });
});

test("budgets let fewer at once, and the label with the least room sets the pace", () => {
  const ceiling = { wave: 1, hosts: 100, atOnceMax: 4, roundsMin: 30 };
  expect(throughput(wave({}), of([ceiling]))).toEqual({ atOnce: 3, jobMs: MINUTE_MS });
  expect(throughput(wave({}), of([{ ...ceiling, wave: 2 }])).atOnce).toBe(10);
});

test("a rate lets as many be under way as start within a job, and spaces them where that is none", () => {
  const rate = { hosts: 6, seconds: 120 };
  expect(throughput(wave({ rate }), of())).toEqual({ atOnce: 3, jobMs: MINUTE_MS });
  const slow = { hosts: 1, seconds: 300 };
  expect(throughput(wave({ rate: slow }), of())).toEqual({ atOnce: 1, jobMs: 5 * MINUTE_MS });
});
