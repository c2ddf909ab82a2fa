import { expect, test } from "vitest";
import { HOUR_MS, SECOND_MS } from "../base/instant.ts";
import type { Gate } from "../policy/rings-gates.ts";
import { type SimulationInput, simulate } from "./simulation.ts";
import type { GateCourse } from "./simulation-gates.ts";
import { inputOf, scenarioFrom } from "./simulation-scenario.ts";
import { noFaults } from "./simulation-stage.ts";

const gate: Gate = {
  name: "errors",
  onFail: "revert-all",
  rule: {
    kind: "prometheus",
    source: "main",
    query: "errors",
    threshold: { comparison: "<", value: 1 },
    interval: 30 * SECOND_MS,
    for: 0,
    failAfter: 3,
  },
};

/** One rollout without any fault whose gates go on being judged for two hours after its last wave. */
function stabilising(gates: GateCourse, reverts: { inFlightMax: number; hostsMax: number }) {
  const scenario = { ...scenarioFrom(7), rolloutCount: 1, servers: 1, failureRate: 0, reboots: 0 };
  const input = inputOf({ ...scenario, faults: noFaults });
  const rules = { stabilisationMs: 2 * HOUR_MS, reverts, networks: null, irreversible: [] };
  const endsAt = input.startsAt + 4 * HOUR_MS;
  const rollouts = input.rollouts.map((book) => {
    const waves = book.rollout.waves.map((wave) => ({ ...wave, notAfter: endsAt }));
    const rollout = { ...book.rollout, waves, rules, after: [gate], revertSeconds: 5 * 86_400 };
    return { ...book, rollout };
  });
  const paced = { turnsApartMs: 20_000, sweepMs: 60_000, isChecked: false, untilHalt: false };
  return { ...input, ...paced, rollouts, gates, endsAt } satisfies SimulationInput;
}

const most = { inFlightMax: 100, hostsMax: 100 };

test("a rollout finishes only when its gates have held for the whole time after it", async () => {
  const { rollouts } = await simulate(stabilising(() => "good", most));
  const [rollout] = rollouts;
  expect(rollout).toMatchObject({ state: "finished", haltReason: null });
  expect(rollout?.verified).toBeGreaterThan(0);
});

test("what breaks an hour later is taken back on every host, and no sooner", async () => {
  const input = stabilising((_gate, { now }) => {
    return now > input.startsAt + HOUR_MS ? "bad" : "good";
  }, most);
  const { rollouts } = await simulate({ ...input, endsAt: input.startsAt + 2 * HOUR_MS });
  const [rollout] = rollouts;
  expect(rollout?.haltReason).toMatchObject({ why: "gate", isStabilising: true, takesBack: "all" });
  expect(rollout?.haltedAt ?? 0).toBeGreaterThan(input.startsAt + HOUR_MS);
  expect(rollout?.verified).toBe(0);
});

test("beyond its budget nothing is taken back before a person says so", async () => {
  const course: GateCourse = (_gate, { now }) => (now > input.startsAt + HOUR_MS ? "bad" : "good");
  const input = stabilising(course, { inFlightMax: 1, hostsMax: 0 });
  const { rollouts } = await simulate({ ...input, endsAt: input.startsAt + 2 * HOUR_MS });
  expect(rollouts[0]?.state).toBe("halted");
  expect(rollouts[0]?.verified).toBeGreaterThan(0);
});

test("a window without data never ends by itself", async () => {
  const { rollouts } = await simulate(stabilising(() => "none", most));
  expect(rollouts[0]?.state).toBe("running");
});
