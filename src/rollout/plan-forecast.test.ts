import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../base/instant.ts";
import type { PlannedWave } from "../plan/model.ts";
import type { Pace } from "./forecast.ts";
import { missedToText, planForecastToText, untoldToText } from "./forecast-words.ts";
import { planForecast } from "./plan-forecast.ts";

const NOW = Date.UTC(2026, 10, 21, 22);
const steady: Pace = { measured: 40, meanMs: MINUTE_MS, deviationMs: 0, basis: "steps" };

function aWave(number: number, hostCount: number, some: Partial<PlannedWave> = {}): PlannedWave {
  return {
    number,
    ring: String(number),
    part: { kind: "ring" },
    notBefore: NOW,
    notAfter: NOW + 10 * HOUR_MS,
    windows: [],
    hostCount,
    limits: {
      batchSize: 2,
      inFlightMax: 2,
      rate: null,
      stageSeconds: null,
      failedMax: 0,
      failures: null,
      successRateMin: 1,
      soakSeconds: 600,
      rollback: "host",
    },
    ...some,
  };
}

function of(waves: readonly PlannedWave[], some: Partial<Parameters<typeof planForecast>[0]> = {}) {
  return planForecast({
    waves,
    ownTimes: [],
    ceilings: [],
    pace: steady,
    now: NOW,
    dueAt: null,
    ...some,
  });
}

describe("the forecast of a plan", () => {
  test("is that of its rollout before a host has begun", () => {
    const { waves } = of([aWave(1, 2), aWave(2, 6)]);
    expect(waves.map((wave) => wave.startsAt?.median)).toEqual([NOW, NOW + 11 * MINUTE_MS]);
    expect(waves.map((wave) => wave.doneAt?.median)).toEqual([
      NOW + MINUTE_MS,
      NOW + 14 * MINUTE_MS,
    ]);
    expect(waves.at(-1)?.endsAt?.median).toBe(NOW + 24 * MINUTE_MS);
  });

  test("counts the hosts that are done after the deadline, as likely as not and one time in ten", () => {
    const dueAt = NOW + 13 * MINUTE_MS;
    const plan = of([aWave(1, 2), aWave(2, 6)], {
      dueAt,
      pace: { ...steady, deviationMs: 30_000 },
    });
    expect(plan.waves[1]).toMatchObject({ late: { median: 2, high: 4 }, inTime: [2] });
    expect(plan.missed).toEqual({ dueAt, median: 2, high: 4, untold: 0 });
    expect(missedToText(plan.missed!)).toBe(
      "The deadline 2026-11-21T22:13:00.000Z is missed: 2 hosts would be done after it; one time in ten 4 hosts would.",
    );
  });

  test("keeps hosts with windows of their own apart from the others of their wave", () => {
    const late = [{ from: NOW + 3 * HOUR_MS, to: NOW + 4 * HOUR_MS }];
    const plan = of([aWave(1, 6)], {
      ownTimes: [{ wave: 1, hosts: 4, windows: late }],
      dueAt: NOW + HOUR_MS,
    });
    expect(plan.waves[0]).toMatchObject({
      doneAt: { median: NOW + 3 * HOUR_MS + 2 * MINUTE_MS },
      late: { median: 4, high: 4 },
      inTime: [0, 2],
    });
  });

  test("says of whom nobody can tell instead of a time", () => {
    const tight = aWave(2, 100, { notAfter: NOW + 20 * MINUTE_MS });
    const plan = of([aWave(1, 2), tight, aWave(3, 4)], { dueAt: NOW + HOUR_MS });
    expect(plan.waves.map((wave) => wave.endsAt === null)).toEqual([false, true, true]);
    expect(plan.missed).toMatchObject({ median: 0, high: 0, untold: 104 });
    expect(planForecastToText(plan)).toContain("at this pace wave 2 is not done");
    expect(untoldToText(plan, 1)).toBeNull();
    expect(untoldToText(plan, 3)).toBe("opens after ring 2, of which nobody can tell");
  });

  test("is none where no job was ever measured", () => {
    const plan = of([aWave(1, 2)], { pace: { ...steady, measured: 0, basis: "none" } });
    expect(plan.waves[0]?.startsAt).toBeNull();
    expect(planForecastToText(plan)).toBe(
      "Nobody can tell when it would be done: no host has finished yet.",
    );
  });

  test("of a million hosts takes less than two seconds", () => {
    const begin = performance.now();
    const limits = { ...aWave(1, 1).limits, batchSize: 500, inFlightMax: 500 };
    of([aWave(1, 1_000_000, { limits, notAfter: NOW + 1e12 })]);
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
});
