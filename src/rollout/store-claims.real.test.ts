import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { Db } from "../db/database.ts";
import { type Claimed, claim } from "./store-claims.ts";
import { recordVerdict } from "./store-results.ts";
import { addHosts, aRollout, openAllWaves, own, type Story } from "./store-story.ts";
import { takeRollouts } from "./store-turn.ts";
import { loadBusyElsewhere, loadTargets } from "./store-view.ts";

let made: TestWorld;
let db: Db;
beforeEach(async () => {
  made = await testWorld();
  db = made.world.db;
});
afterEach(() => made.close());

async function claimFor(story: Story): Promise<readonly Claimed[]> {
  const { scopes, change } = story;
  const owned = await own(db, story, "a");
  const what = { wave: 1, kind: "apply", leaseSeconds: 60, scopes, change } as const;
  return claim(db, { ...owned, ...what });
}

test("a host that says it is done gets no other job before it was looked at", async () => {
  const hosts = await addHosts(db, 1);
  const [first, second] = [
    await aRollout(db, [{ ring: "canary", hosts }]),
    await aRollout(db, [{ ring: "canary", hosts }]),
  ];
  for (const story of [first, second]) await openAllWaves(db, story);
  expect(await claimFor(first)).toHaveLength(1);
  await sql`
    update target set state = 'done', ended_at = now(), is_begun = true, lease_owner = 'a',
           lease_until = null where rollout = ${first.id}`.execute(db);
  await sql`update host_slot set rollout = null`.execute(db);
  expect(await claimFor(second)).toEqual([]);
  const shown = { rollout: second.id, scopes: [[]], limit: 9 };
  expect(await loadTargets(db, shown)).toMatchObject([{ busyWith: first.number }]);
  await sql`update rollout set look_at = now() + interval '1 hour'`.execute(db);
  await recordVerdict(db, {
    rollout: first.id,
    host: hosts[0]!,
    attempt: 1,
    owner: "a",
    verdict: "verified",
    evidence: null,
    retryAfterSeconds: 1,
  });
  // Whoever waited for the host is looked at at once.
  expect(await takeRollouts(db, "a")).toHaveLength(2);
  expect(await claimFor(second)).toHaveLength(1);
});

test("a rollout tells which others are at work on hosts that wait in it, to who may see them", async () => {
  const hosts = await addHosts(db, 3);
  const first = await aRollout(db, [{ ring: "canary", hosts: hosts.slice(0, 2) }]);
  const second = await aRollout(db, [{ ring: "canary", hosts }]);
  for (const story of [first, second]) await openAllWaves(db, story);
  expect(await loadBusyElsewhere(db, second.id, [[]])).toEqual([]);
  expect(await claimFor(first)).toHaveLength(2);
  expect(await loadBusyElsewhere(db, second.id, [[]])).toEqual([
    { number: first.number, title: "Upgrade libssl3", hosts: 2 },
  ]);
  expect(await loadBusyElsewhere(db, first.id, [[]])).toEqual([]);
  const elsewhere = [{ op: "in", key: "env", values: ["prod"] }] as const;
  expect(await loadBusyElsewhere(db, second.id, [elsewhere])).toEqual([]);
});
