import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { shopFleet } from "../../test/web/shop-fleet.ts";
import { systemActor } from "../base/actor.ts";
import { DAY_MS } from "../base/instant.ts";
import { openPatch } from "../triage/actions.ts";
import { patchWhere } from "../triage/actions-where.ts";
import { breachForecast } from "./actions-breach.ts";

let test: TestWorld;
let aheadMs = 0;

beforeAll(async () => {
  test = await testWorld({ clock: () => Date.now() + aheadMs });
  await shopFleet(test.world);
});
afterAll(async () => test.close());

it("tells for every host that lacks an update whether it will miss the date, and why", async () => {
  const { patch } = await openPatch(test.world, systemActor, { source: "openssl" });
  const where = await patchWhere(test.world, systemActor, {
    ...{ patch: patch.id, skip: 0, limit: 1000 },
  });
  const [found] = await breachForecast(test.world, systemActor, { patch: patch.id });
  expect(found?.hostsBehind).toBe(where.counts.older + where.counts.partly);
  const hosts = found?.groups.reduce((sum, group) => sum + group.hosts, 0);
  expect(hosts).toBe(found?.hostsBehind);
  expect(found?.groups.some(({ sentence }) => /Nothing is planned/.test(sentence))).toBe(true);
  aheadMs = 30 * DAY_MS;
  const [later] = await breachForecast(test.world, systemActor, {});
  expect(later?.verdict).toBe("missed");
  expect(later?.groups.every(({ verdict }) => verdict === "missed")).toBe(true);
  aheadMs = 0;
});
