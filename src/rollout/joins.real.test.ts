import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { requestChange } from "../change/actions.ts";
import { approveChange } from "../change/actions-approve.ts";
import { showChange } from "../change/actions-show.ts";
import type { World } from "../db/world.ts";
import { type CreatePlan, createPlan } from "../plan/actions.ts";
import { pageOfLeaves } from "../plan/actions-show.ts";
import { signedView } from "../plan/signed-view.ts";
import { loadBodies, loadLeafDigests, loadLeaves } from "../plan/store.ts";
import { buildTree } from "../plan/tree.ts";
import { startRollout } from "./actions.ts";
import { catchUp } from "./actions-catch-up.ts";
import { stop } from "./actions-halt.ts";
import { joinRules } from "./actions-joins.ts";
import { explain, pageOfTargets, showRollout } from "./actions-show.ts";
import type { RolloutRow } from "./store.ts";
import { sweepTargets } from "./store-targets.ts";

/** Plans by rule against a real database; the hosts are rows, the host program has tests of its own. */
let made: TestWorld;
let world: World;
let [carol, alice]: TestPerson[] = [];

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  carol = await aPerson(world, "carol");
  alice = await aPerson(world, "alice", { role: "approver" });
  patch = await aPatch(world, carol);
  await someHosts(world, [
    { name: "web-1", labels: { ring: "canary", service: "web", env: "prod" } },
    { name: "web-2", labels: { ring: "1", service: "web", env: "prod" } },
    { name: "web-3", labels: { ring: "1", service: "web", env: "prod" } },
    { name: "db-1", labels: { ring: "1", service: "db", env: "prod" } },
  ]);
});
afterAll(() => made.close());

let patch: string;

async function planned(by: TestPerson, some: Partial<CreatePlan> = {}) {
  const rule = { text: "env=prod,service=web", max: 5 };
  const request = { patch, policy: { text: testRings }, class: "normal" as const, rule, ...some };
  return createPlan(world, by.actor, request, askedOpenssl);
}

async function approved(digest: string): Promise<string> {
  const change = await requestChange(world, carol!.actor, { plan: digest, reason: "fixes a CVE" });
  const ref = `C-${change.number}`;
  const { statement } = await showChange(world, carol!.actor, ref);
  await approveChange(world, alice!.actor, { change: ref, signature: alice!.sign(statement) });
  return ref;
}

async function started(): Promise<RolloutRow> {
  const { plan } = await planned(carol!);
  return startRollout(world, carol!.actor, { change: await approved(plan.digest) });
}

async function namesOf(rollout: RolloutRow) {
  const page = { wave: undefined, standing: undefined, host: undefined, after: undefined };
  const of = { rollout: rollout.id, ...page, skip: undefined, limit: 100 };
  const { targets } = await pageOfTargets(world, carol!.actor, of);
  return targets.map(({ target }) => `${target.name} in wave ${target.wave}`);
}

const rule = { service: "web", env: "prod" };

describe("a plan by rule", () => {
  test("has leaves that name no host, and reads back as what was signed", async () => {
    const { plan } = await planned(carol!);
    expect(plan.statement).toContain("\nhosts rule env=prod service=web max 5\n");
    expect(await loadLeaves(world.db, plan.digest)).toEqual(plan.leaves);
    const texts = await pageOfLeaves(world, carol!.actor, {
      ...{ plan: plan.digest, after: undefined, limit: 100 },
    });
    expect(texts.map(({ leaf }) => leaf)).toEqual([0, 1]);
    const view = signedView({
      statement: plan.statement,
      leaves: texts.map(({ text }) => text),
      bodies: (await loadBodies(world.db, plan.digest)).map(({ text }) => text),
    });
    expect(view).toMatchObject({ digest: plan.digest, faults: [], hosts: 5 });
    const { root } = buildTree(await loadLeafDigests(world.db, plan.digest));
    expect(root).toBe(view.statement?.root);
  });

  test("says beside the approve button that its limit is this server's word alone", async () => {
    const { plan } = await planned(carol!);
    const change = await requestChange(world, carol!.actor, { plan: plan.digest, reason: "CVE" });
    const { weaker } = await showChange(world, carol!.actor, change.id);
    const [first] = weaker;
    expect(first).toMatchObject({ choice: "hosts by rule env=prod service=web" });
    expect(first?.givesUp).toContain("at most 5 is kept by this server alone");
  });

  test("is refused to whoever does not hold the right over all that could ever join", async () => {
    const prod = await aPerson(world, "prod-op", { role: "operator", scope: "env=prod" });
    expect((await planned(prod)).plan.leaves).toHaveLength(3);
    const first = await aPerson(world, "first-op", { role: "operator", scope: "ring=canary" });
    await expect(planned(first)).rejects.toThrow("may lie outside your scope");
    const narrow = { hosts: "env=prod" };
    await expect(planned(carol!, narrow)).rejects.toThrow("leave out the host expression");
  });

  test("is not approved by whoever holds the right only over the hosts of today", async () => {
    const { plan } = await planned(carol!);
    const dora = await aPerson(world, "dora", { role: "approver", scope: "ring in (canary,1)" });
    const change = await requestChange(world, carol!.actor, { plan: plan.digest, reason: "CVE" });
    const signature = dora.sign(plan.statement);
    const given = { change: `C-${change.number}`, signature };
    await expect(approveChange(world, dora.actor, given)).rejects.toThrow("may join later");
  });
});

describe("a rollout by rule", () => {
  test("takes a host that comes later, with no approval, and nobody whom its rule does not select", async () => {
    const rollout = await started();
    expect(await joinRules(world)).toBe(false);
    await someHosts(world, [
      { name: "web-4", labels: { ...rule, ring: "1" } },
      { name: "db-2", labels: { ...rule, ring: "1", service: "db" } },
    ]);
    expect(await joinRules(world)).toBe(true);
    expect(await joinRules(world)).toBe(false);
    expect(await namesOf(rollout)).toEqual([
      "web-1 in wave 1",
      "web-2 in wave 2",
      "web-3 in wave 2",
      "web-4 in wave 2",
    ]);
    const { rows } = await sql`
      select t.leaf, t.leaf_index as place, t.state, w.host_count as hosts
        from target t join host h on h.id = t.host
        join wave w on w.rollout = t.rollout and w.number = t.wave
       where t.rollout = ${rollout.id} and h.name = 'web-4'`.execute(world.db);
    expect(rows).toEqual([{ leaf: 1, place: 3, state: "ready", hosts: 3 }]);
    const events = await sql`
      select facts from event where type = 'target.joined'`.execute(world.db);
    expect(events.rows).toMatchObject([{ facts: { count: 1 } }]);
    await stop(world, carol!.actor, { rollout: rollout.id, reason: "done" });
  });

  test("holds outside, with the reason, whoever has no approved body, and those beyond its limit", async () => {
    const rollout = await started();
    await someHosts(world, [
      { name: "web-5", labels: { ...rule, ring: "2" } },
      { name: "web-6", labels: { ...rule, ring: "1" } },
      { name: "web-7", labels: { ...rule, ring: "1" } },
    ]);
    await joinRules(world);
    const { row, outside } = await showRollout(world, carol!.actor, rollout.id);
    expect(row.rule).toEqual({ labels: ["env=prod", "service=web"], max: 5 });
    // web-4 is in the plan itself by now, so there is room for one more.
    expect(outside?.rows.map(({ name, hold }) => [name, hold])).toEqual([
      ["web-5", { why: "no-open-wave", ring: "2" }],
      ["web-7", { why: "rule-full", max: 5 }],
    ]);
    const why = await explain(world, systemActor, { host: "web-7", patch: `P-${row.patchNumber}` });
    expect(why.sentence).toBe(
      `the rule of R-${row.number} selects it, and it takes no part: held: the rule lets 5 hosts take part, and so many do`,
    );
    await stop(world, carol!.actor, { rollout: rollout.id, reason: "done" });
    await joinRules(world);
    expect(await namesOf(rollout)).toHaveLength(5);
  });
});

describe("hosts that a rollout missed", () => {
  test("are planned for by one command, as a child that is approved anew", async () => {
    const { plan } = await planned(carol!, { rule: undefined, hosts: "service=db" });
    const change = await approved(plan.digest);
    const rollout = await startRollout(world, carol!.actor, { change });
    const by = (policy?: string) =>
      catchUp(world, carol!.actor, { rollout: `R-${rollout.number}`, policy }, askedOpenssl);
    await expect(by()).rejects.toThrow("missed no host that you may plan for");
    // They stay out of reach until the rollout is over.
    await stop(world, carol!.actor, { rollout: rollout.id, reason: "the night is over" });
    await sweepTargets(world.db);
    expect((await showRollout(world, carol!.actor, rollout.id)).missed.hosts).toBe(2);
    const child = await by();
    expect(child.plan.statement).toContain(`(hosts missed by plan ${plan.digest.slice(0, 12)})`);
    expect(child.plan.leaves.map(({ host }) => host)).toEqual(plan.leaves.map(({ host }) => host));
    const again = await approved(child.plan.digest);
    await startRollout(world, carol!.actor, { change: again });
    // Now another rollout sees to them.
    expect((await showRollout(world, carol!.actor, rollout.id)).missed.hosts).toBe(0);
    await expect(by()).rejects.toThrow("is in another rollout of it");
  });
});
