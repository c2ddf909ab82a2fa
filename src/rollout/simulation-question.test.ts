import { expect, test } from "vitest";
import { sha256 } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import { HOUR_MS, MINUTE_MS } from "../base/instant.ts";
import { answerOf, outcomeOf, type Question, spreadOf } from "./simulation-question.ts";
import { parseStratum, sharedOf } from "./simulation-stratum.ts";

/** What a user asks about a plan: two waves of 5 and 45 hosts, half of them on each of two systems. */
const startsAt = Date.UTC(2026, 10, 21, 22);
const body = sha256("body");

function question(over: Partial<Question> & { rate?: number; debian13?: number } = {}): Question {
  const { rate = 0, debian13 = rate, ...rest } = over;
  const hosts = Array.from({ length: 50 }, (_, at) => {
    const release = at % 2 === 0 ? "12" : "13";
    const host = { labels: { zone: "a" }, facts: { distribution: "debian", release } };
    return {
      ...{ id: `host-${at}` as HostId, wave: at < 5 ? 1 : 2, body, service: null },
      ...{ shared: sharedOf(host, body), isAway: false },
      failureRate: release === "13" ? debian13 : rate,
    };
  });
  const waves = [1, 2].map((number) => ({
    ...{ number, ring: `${number}`, notBefore: startsAt, notAfter: startsAt + 12 * HOUR_MS },
    windows: [],
    gate: {
      ...{ inFlightMax: number === 1 ? 1 : 10, soakSeconds: 60, successRate: 0.9 },
      ...{ failureBudget: 4, failures: null, onFailure: "halt" as const },
    },
  }));
  return {
    ...{ waves, hosts, startsAt, attemptsMax: 1, permitTtlSeconds: 3, revertSeconds: 3600 },
    ...{ applySeconds: 60, spread: 0.5, seed: 7, dueAt: null },
    ...rest,
  };
}

async function asked(of: Question, seeds = 12) {
  const outcomes = [];
  for (let seed = 0; seed < seeds; seed += 1) outcomes.push(await outcomeOf(of, seed));
  return answerOf(of, outcomes);
}

test("a good patch reaches every host, in about the time that its batches take", async () => {
  const answer = await asked(question());
  expect(answer).toMatchObject({ seeds: 12, hosts: 50, halted: 0, secondsToHalt: null });
  expect(answer.harmed.max).toBe(0);
  expect(answer.verified).toMatchObject({ median: 50, mean: 50 });
  // Five hosts one by one, a soak, then 45 hosts ten at a time, each about a minute.
  expect(answer.secondsToFinish?.median).toBeGreaterThan(5 * 60);
  expect(answer.secondsToFinish?.median).toBeLessThan(25 * 60);
});

test("a patch that breaks every second host is stopped before it has broken a dozen", async () => {
  const answer = await asked(question({ rate: 0.5 }));
  expect(answer.halted).toBe(12);
  expect(answer.secondsToFinish).toBeNull();
  expect(answer.harmed.median).toBeGreaterThan(0);
  expect(answer.harmed.max).toBeLessThanOrEqual(4 + 10);
  expect(answer.stops.reduce((sum, stop) => sum + stop.seeds, 0)).toBe(12);
});

test("a canary that cannot pass its gate stops the run where nothing is over its budget", async () => {
  const answer = await asked(question({ rate: 0, debian13: 1 }));
  expect(answer.stops).toEqual([{ wave: 1, why: "gate-failed", seeds: 12 }]);
  expect(answer.harmed).toMatchObject({ median: 2, max: 2 });
});

test("a patch that breaks one system only is stopped by what its hosts share", async () => {
  const of = question({ rate: 0, debian13: 1 });
  const waves = of.waves.map((wave) => {
    return { ...wave, gate: { ...wave.gate, successRate: 0.1, failureBudget: 50 } };
  });
  const answer = await asked({ ...of, waves });
  expect(answer.halted).toBe(12);
  expect(answer.stops.map((stop) => stop.why)).toContain("correlated-failures");
});

test("hosts that are out of reach are late, and so is what ends after the deadline", async () => {
  const away = question({ dueAt: startsAt + 11 * HOUR_MS });
  const hosts = away.hosts.map((host, at) => ({ ...host, isAway: at >= 48 }));
  expect((await asked({ ...away, hosts }, 5)).late).toMatchObject({ median: 2, max: 2 });
  const soon = await asked(question({ dueAt: startsAt + 4 * MINUTE_MS }), 5);
  expect(soon.late?.median).toBeGreaterThan(40);
});

test("the same seeds give the same answer, and the chart counts every run once", async () => {
  const of = question({ rate: 0.1 });
  const answer = await asked(of);
  expect(await asked(of)).toEqual(answer);
  expect(answer.chart.reduce((sum, bar) => sum + bar.seeds, 0)).toBe(12);
  expect(answer.chart.at(-1)?.to).toBeGreaterThan(answer.harmed.max);
});

test("a spread names the middle, one in twenty and the worst", () => {
  const values = Array.from({ length: 100 }, (_, at) => at + 1);
  expect(spreadOf(values)).toEqual({ mean: 50.5, median: 50, high: 95, max: 100 });
});

test("a stratum is a system, with or without its release, or any label", () => {
  const host = {
    labels: { zone: "a", service: "web" },
    facts: { distribution: "debian", release: "12" },
  };
  const isIn = (text: string) => parseStratum(text)?.(host);
  expect(["os=debian", "os=debian 12", "zone=a", "service=web"].map(isIn)).not.toContain(false);
  expect(["os=debian 13", "os=deb", "zone=b", "ring=1"].map(isIn)).not.toContain(true);
  expect(parseStratum("debian")).toBeNull();
  expect(parseStratum("os=")).toBeNull();
});
