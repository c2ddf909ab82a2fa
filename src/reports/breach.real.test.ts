import { afterAll, beforeAll, expect, it } from "vitest";
import { aPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { shopFleet } from "../../test/web/shop-fleet.ts";
import { systemActor } from "../base/actor.ts";
import { DAY_MS } from "../base/instant.ts";
import { readTimeline } from "../ledger/store.ts";
import { openPatch } from "../triage/actions.ts";
import { requestException } from "../triage/actions-exception.ts";
import { approveException } from "../triage/actions-exception-decide.ts";
import { patchWhere } from "../triage/actions-where.ts";
import { breachForecast } from "./actions-breach.ts";
import { decidePace, paceSheet } from "./actions-pace.ts";

let test: TestWorld;
let aheadMs = 0;

beforeAll(async () => {
  test = await testWorld({ hasStarter: true, clock: () => Date.now() + aheadMs });
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

it("tells hosts on which the whole case is excepted by the end of that, the others by its date", async () => {
  const { patch } = await openPatch(test.world, systemActor, { source: "openssl" });
  const [alice, bob] = [await aPerson(test.world, "alice"), await aPerson(test.world, "bob")];
  const until = Date.now() + 40 * DAY_MS;
  const asked = await requestException(test.world, alice.actor, {
    ...{ source: "openssl", selector: "service=db", reasonClass: "legacy", owner: "alice", until },
    ...{ reason: "the vendor certifies the old version only", control: "behind the firewall" },
    evidence: "https://wiki.example/waf",
  });
  await approveException(test.world, bob.actor, `X-${asked.number}`);
  const [before] = await breachForecast(test.world, systemActor, { patch: patch.id });
  expect(before?.effect).toMatchObject({ isExcepted: false });
  aheadMs = 35 * DAY_MS;
  const [found] = await breachForecast(test.world, systemActor, { patch: patch.id });
  aheadMs = 0;
  const excepted = found?.groups.filter(({ exceptedUntil }) => exceptedUntil !== null) ?? [];
  expect(excepted.flatMap(({ names }) => names).sort()).toEqual(["db-1", "db-2"]);
  expect(excepted.map(({ verdict }) => verdict)).not.toContain("missed");
  const others = found?.groups.filter(({ exceptedUntil }) => exceptedUntil === null) ?? [];
  expect(new Set(others.map(({ verdict }) => verdict))).toEqual(new Set(["missed"]));
});

it("keeps a decision between speed and stability with both sides as they were", async () => {
  const { patch } = await openPatch(test.world, systemActor, { source: "glibc" });
  const before = await paceSheet(test.world, systemActor, patch.id);
  expect(before.exposure.knownExploited.length).toBeGreaterThan(0);
  expect(before.exposure.perDay).toEqual({ low: 1, high: 1 });
  // Nothing was ever rolled out here: the range is everything, and says why.
  expect(before.change).toMatchObject({ basis: "none", failureRate: { low: 0, high: 1 } });
  const after = await decidePace(test.world, systemActor, {
    ...{ patch: patch.id, choice: "now" as const, words: "exploited, small change" },
  });
  expect(after.decisions).toMatchObject([
    {
      choice: "now",
      words: "exploited, small change",
      sheet: [...before.speed, ...before.stability],
    },
  ]);
  const [event] = await readTimeline(test.world.db, {
    ...{ patch: patch.id, order: "newest" as const, limit: 1 },
  });
  expect(event).toMatchObject({ type: "patch.paced", facts: { choice: "now" } });
});
