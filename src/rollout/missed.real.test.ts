import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { RolloutId } from "../base/ids.ts";
import { requestChange } from "../change/actions.ts";
import { approveChange } from "../change/actions-approve.ts";
import { showChange } from "../change/actions-show.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { editHost } from "../inventory/actions.ts";
import { createPlan } from "../plan/actions.ts";
import { startRollout } from "./actions.ts";
import { catchUp } from "./actions-catch-up.ts";
import { stop } from "./actions-halt.ts";
import { skipHost } from "./actions-hosts.ts";
import { listMissed } from "./actions-missed.ts";
import { sweepTargets } from "./store-targets.ts";
import { passWave } from "./store-turn.ts";

/** What went past a host, against a real database; the hosts are rows that nobody reaches. */
let made: TestWorld;
let world: World;
let carol: TestPerson;
let alice: TestPerson;
let patch: string;

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  carol = await aPerson(world, "carol");
  alice = await aPerson(world, "alice", { role: "approver" });
  patch = await aPatch(world, carol);
  await someHosts(world, [
    { name: "db-1", labels: { ring: "1", service: "db", env: "prod" } },
    { name: "db-2", labels: { ring: "1", service: "db", env: "prod" } },
    { name: "db-3", labels: { ring: "1", service: "db", env: "prod" } },
  ]);
  await editHost(world, carol.actor, "db-3", { mode: "inspect-only" });
});
afterAll(() => made.close());

async function approved(digest: string): Promise<string> {
  const change = await requestChange(world, carol.actor, { plan: digest, reason: "fixes a CVE" });
  const { statement } = await showChange(world, carol.actor, change.id);
  await approveChange(world, alice.actor, {
    ...{ change: change.id, signature: alice.sign(statement) },
  });
  return `C-${change.number}`;
}

async function missedBy(host: string, actor = carol.actor) {
  const { items, total } = await listMissed(world, actor, { host, skip: 0, limit: 10 });
  expect(total).toBe(items.length);
  return items.map(({ facts, missed }) => ({ rollout: facts.rollout, ...missed }));
}

test("a host names the rollouts that went past it, why, and what will become of each", async () => {
  const asked = {
    patch,
    policy: { text: testRings },
    class: "normal",
    hosts: "service=db",
  } as const;
  const { plan } = await createPlan(world, carol.actor, asked, askedOpenssl);
  const first = await startRollout(world, carol.actor, { change: await approved(plan.digest) });
  const { id: rollout, number } = first;
  // Its turn has not come and nothing is wrong: nothing is missed, but the plan left one out.
  expect(await missedBy("db-1")).toEqual([]);
  expect(await missedBy("db-3")).toMatchObject([
    { rollout: number, kind: "left-out", why: "it is inspected only and never changed" },
  ]);

  await skipHost(world, carol.actor, {
    rollout,
    host: "db-2",
    reason: "its disk is being swapped",
  });
  expect(await missedBy("db-2")).toMatchObject([
    { kind: "skipped", fate: "nothing", why: "a person left it out: its disk is being swapped" },
  ]);

  await goOnWithout(rollout);
  const [pending] = await missedBy("db-1");
  expect(pending).toMatchObject({ kind: "waiting", fate: "tried" });
  expect(pending?.why).toContain("no route to host");

  await stop(world, carol.actor, { rollout, reason: "the night is over" });
  await sweepTargets(world.db);
  const [missed] = await missedBy("db-1");
  expect(missed).toMatchObject({
    ...{ rollout: number, kind: "missed", fate: "nothing" },
    command: `fettle plan create --catch-up R-${number}`,
  });
  expect(missed?.why).toContain("no route to host");

  // The very command that it names makes a plan that has the host.
  const given = { rollout: `R-${number}`, policy: undefined };
  const child = (await catchUp(world, carol.actor, given, askedOpenssl)).plan;
  const after = async () => (await missedBy("db-1")).map(({ fate, outlook }) => [fate, outlook]);
  const short = child.digest.slice(0, 12);
  expect(await after()).toEqual([
    ["taken", `plan ${short} has it; nobody has asked for its approval yet`],
  ]);
  const change = await approved(child.digest);
  expect(await after()).toEqual([
    ["taken", `plan ${short} has it; ${change} is approved and not started`],
  ]);
  const next = await startRollout(world, carol.actor, { change });
  expect(await after()).toEqual([["taken", `R-${next.number} has it and sees to it`]]);
  // Once the host has the patch, what went past it is no news.
  await sql`update target set state = 'done', is_begun = true, ended_at = now()
             where rollout = ${next.id} and host = (select id from host where name = 'db-1')
  `.execute(world.db);
  expect(await after()).toEqual([]);
});

/** Its wave passes without db-1, which nobody reached. */
async function goOnWithout(rollout: RolloutId): Promise<void> {
  const hold = {
    ...{ why: "host-unreachable", kind: "unreachable", problem: "no route to host" },
    ...{ since: world.clock(), retryAt: null },
  };
  await sql`
    update target set hold = ${JSON.stringify(hold)}::jsonb, trouble_since = now(), tries = 1
     where rollout = ${rollout} and state = 'ready'`.execute(world.db);
  await sql`update wave set state = 'open', opened_at = now() where rollout = ${rollout}`.execute(
    world.db,
  );
  await inTransaction(world.db, (tx) => passWave(tx, rollout, 1));
}

test("nothing of it is told to people who may not see rollouts of the host", async () => {
  const dev = await aPerson(world, "dev", { role: "operator", scope: "env=dev" });
  await expect(missedBy("db-3", dev.actor)).rejects.toThrow("There is no host");
  const prod = await aPerson(world, "prod", { role: "operator", scope: "env=prod" });
  expect(await missedBy("db-3", prod.actor)).toHaveLength(1);
});
