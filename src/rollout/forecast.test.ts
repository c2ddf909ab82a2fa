import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import { forecast, type Pace } from "./forecast.ts";
import type { LoadedRolloutFacts, LoadedWave } from "./store.ts";
import { noCounts } from "./wave.ts";

const NOW = Date.UTC(2026, 10, 21, 22);

interface WaveInput extends Partial<Omit<LoadedWave, "counts">> {
  readonly counts?: Partial<LoadedWave["counts"]>;
}

function aWave(over: WaveInput = {}): LoadedWave {
  return {
    number: 1,
    ring: "canary",
    state: "open",
    hasPassed: false,
    notBefore: NOW - HOUR_MS,
    notAfter: NOW + 4 * HOUR_MS,
    windows: [],
    newFailures: 0,
    newSuccesses: 0,
    revertible: 0,
    retryable: 0,
    lastEndedAt: NOW - MINUTE_MS,
    openedAt: NOW - HOUR_MS,
    passedAt: null,
    strata: [],
    holds: [],
    ...over,
    gate: {
      inFlightMax: 2,
      soakSeconds: 600,
      successRate: 1,
      failureBudget: 0,
      failures: null,
      onFailure: "halt",
      ...over.gate,
    },
    counts: { ...noCounts, ...over.counts },
  };
}

function of(waves: readonly LoadedWave[], over: Partial<LoadedRolloutFacts> = {}, pace = steady) {
  const facts: LoadedRolloutFacts = {
    state: "running",
    isFrozen: false,
    halted: null,
    haltedBy: null,
    approvalHold: null,
    waves,
    ...over,
  };
  return forecast({ facts, now: NOW }, pace);
}

const steady: Pace = { measured: 4, meanMs: MINUTE_MS, deviationMs: 0, basis: "own" };
const later = aWave({
  number: 2,
  state: "waiting",
  counts: { ready: 6 },
  openedAt: null,
  lastEndedAt: null,
});

describe("the forecast of a rollout", () => {
  test("adds up rounds of hosts and soaks, wave after wave", () => {
    const canary = aWave({ counts: { verified: 1, ready: 3 } });
    // Two rounds of a minute and ten minutes of soak; then three rounds and again ten minutes.
    expect(of([canary, later])).toMatchObject({
      endsAt: NOW + (2 + 10 + 3 + 10) * MINUTE_MS,
      marginMs: 0,
      measured: 4,
      reason: null,
    });
  });

  test("counts what soaked already, and only waits for a soak when no host is left", () => {
    const soaking = aWave({ counts: { verified: 4 } });
    expect(of([soaking]).endsAt).toBe(NOW + 9 * MINUTE_MS);
  });

  test("takes hosts at work as half done", () => {
    const working = aWave({ counts: { active: 2, verified: 2 } });
    expect(of([working]).endsAt).toBe(NOW + 30 * SECOND_MS + 10 * MINUTE_MS);
  });

  test("waits for the approved time of a wave, and works within its windows only", () => {
    const tomorrow = aWave({
      counts: { ready: 4, verified: 1 },
      notBefore: NOW + HOUR_MS,
      windows: [
        { from: NOW, to: NOW + HOUR_MS + 90 * SECOND_MS },
        { from: NOW + 2 * HOUR_MS, to: NOW + 3 * HOUR_MS },
      ],
    });
    // The second pair may begin in the last half minute, and ends after it.
    expect(of([tomorrow]).endsAt).toBe(NOW + HOUR_MS + 12 * MINUTE_MS);
  });

  const noForecast: [reason: string, ...given: Parameters<typeof of>][] = [
    ["no host has finished yet", [later], {}, { ...steady, measured: 0 }],
    ["the rollout is finished", [], { state: "finished" }],
    [
      "it is halted; a person decides when it goes on",
      [later],
      { state: "halted", halted: { scope: "this rollout", since: NOW } },
    ],
    [
      "it waits for approval",
      [later],
      { approvalHold: { why: "approval-missing", have: 0, need: 1 } },
    ],
    [
      "no word from 1 host of wave 1, and work may be going on there",
      [aWave({ counts: { unknown: 1 } })],
    ],
    ["2 hosts of wave 1 must be tried again", [aWave({ counts: { deferred: 2, verified: 3 } })]],
    ["wave 1 cannot pass its gate any more", [aWave({ counts: { failed: 1, verified: 3 } })]],
    ["wave 1 has no host left to judge", [aWave({ counts: { skipped: 3 } })]],
    [
      "at this pace wave 1 is not done when its approved time ends 2026-11-21T22:00:30.000Z",
      [aWave({ counts: { ready: 2, verified: 1 }, notAfter: NOW + 30 * SECOND_MS })],
    ],
    [
      "wave 1 needs more maintenance windows than were approved",
      [
        aWave({
          counts: { ready: 3, verified: 1 },
          windows: [{ from: NOW, to: NOW + SECOND_MS }],
        }),
      ],
    ],
  ];
  test.each(noForecast)("is not given where %s", (reason, ...given) => {
    expect(of(...given)).toMatchObject({ endsAt: null, marginMs: null, reason });
  });

  test("tells of each wave when it starts and ends, and by when nine times in ten", () => {
    const pace = { ...steady, measured: 1e9, deviationMs: 30 * SECOND_MS };
    const canary = aWave({ state: "waiting", openedAt: null, counts: { ready: 1 } });
    const { waves } = of([canary, later], {}, pace);
    // One round of a minute and a soak of ten; z(0.9) = 1.2816 times the half minute of deviation.
    const high = 11 * MINUTE_MS + 1.2816 * 30 * SECOND_MS;
    expect(waves[0]).toMatchObject({
      startsAt: { median: NOW, high: NOW },
      doneAt: { median: NOW + MINUTE_MS },
      endsAt: { median: NOW + 11 * MINUTE_MS, high: expect.closeTo(NOW + high, -1) },
    });
    // Four rounds in all: their deviations add up as squares do.
    expect(waves[1]?.endsAt.median).toBe(NOW + 24 * MINUTE_MS);
    expect(waves[1]?.endsAt.high).toBeCloseTo(
      NOW + 24 * MINUTE_MS + 1.2816 * 2 * 30 * SECOND_MS,
      -1,
    );
  });

  test("lets what is slow one time in ten miss a window and wait for the next", () => {
    const next = { from: NOW + HOUR_MS, to: NOW + 2 * HOUR_MS };
    const tight = aWave({
      counts: { ready: 4 },
      windows: [{ from: NOW, to: NOW + MINUTE_MS + 1 }, next],
    });
    const pace = { ...steady, measured: 100, deviationMs: 10 * SECOND_MS };
    const [told] = of([tight], {}, pace).waves;
    expect(told?.doneAt.median).toBe(NOW + 2 * MINUTE_MS);
    expect(told?.doneAt.high).toBeGreaterThan(NOW + HOUR_MS);
  });

  test("is less sure of much work, of uneven hosts, and after one host alone", () => {
    const margin = (ready: number, pace: Pace): number =>
      of([aWave({ counts: { ready, verified: 1 } })], {}, pace).marginMs ?? -1;
    const uneven = { ...steady, deviationMs: 10 * SECOND_MS };
    expect(margin(2, uneven)).toBeGreaterThan(margin(2, steady));
    expect(margin(20, uneven)).toBeGreaterThan(margin(2, uneven));
    expect(margin(2, { ...steady, measured: 1, deviationMs: null })).toBeGreaterThan(
      margin(2, { ...steady, measured: 40, deviationMs: 5 * SECOND_MS }),
    );
  });

  test("never lies in the past, and never gets earlier with more to do", () => {
    const count = fc.integer({ min: 0, max: 200 });
    fc.assert(
      fc.property(
        count,
        count,
        count,
        fc.integer({ min: 1, max: 50 }),
        (ready, active, more, k) => {
          const wave = (n: number) =>
            aWave({
              counts: { ready: n, active, verified: 1 },
              notAfter: NOW + 1e12,
              gate: { ...later.gate, inFlightMax: k },
            });
          const few = of([wave(ready)]).endsAt;
          const many = of([wave(ready + more)]).endsAt;
          expect(few).toBeGreaterThanOrEqual(NOW);
          expect(many).toBeGreaterThanOrEqual(few ?? 0);
        },
      ),
    );
  });
});
