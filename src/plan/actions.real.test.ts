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
import { scopesFor } from "../base/actor.ts";
import type { PatchId } from "../base/ids.ts";
import type { World } from "../db/world.ts";
import { loadPatch } from "../triage/store.ts";
import { type CreatePlan, createPlan } from "./actions.ts";
import { showImpact } from "./actions-impact.ts";
import { putProcedure } from "./actions-procedures.ts";
import { demandPlan, diffPlans, pageOfLeaves, showPlan } from "./actions-show.ts";
import { routes } from "./routes.ts";
import { signedView } from "./signed-view.ts";
import { loadLeafDigests, loadLeaves, loadPlans, loadWaves } from "./store.ts";
import { loadExcluded, loadPlanHosts, planInScope } from "./store-hosts.ts";
import { buildTree } from "./tree.ts";

let made: TestWorld;
let world: World;
let carol: TestPerson;
let patch: PatchId;

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  carol = await aPerson(world, "carol");
  patch = await aPatch(world, carol);
  await someHosts(world, [
    { name: "web-1", labels: { ring: "canary", env: "prod" } },
    { name: "web-2", labels: { ring: "1", env: "prod" } },
    { name: "web-3", labels: { ring: "1", env: "dev" } },
    { name: "laptop", labels: { owner: "kim", env: "dev" } },
  ]);
});
afterAll(() => made.close());

function create(by: TestPerson, some: Partial<CreatePlan> = {}) {
  const request = { patch, policy: { text: testRings }, class: "normal" as const, ...some };
  return createPlan(world, by.actor, request, askedOpenssl);
}

describe("a plan in the database", () => {
  test("reads back as the very bytes that were planned", async () => {
    const { plan } = await create(carol);
    const shown = await showPlan(world, carol.actor, plan.digest);
    expect(shown.statement).toBe(plan.statement);
    expect(shown.bodies).toEqual(plan.bodies);
    expect(await loadWaves(world.db, plan.digest)).toEqual(plan.waves);
    const leaves = await loadLeaves(world.db, plan.digest);
    expect(leaves).toEqual(plan.leaves);
    const view = signedView({
      statement: shown.statement,
      leaves: leaves.map((leaf) => leaf.text),
      bodies: shown.bodies.map((body) => body.text),
    });
    expect(view).toMatchObject({ digest: plan.digest, faults: [], hosts: 3 });
    const digests = await loadLeafDigests(world.db, plan.digest);
    expect(buildTree(digests).root).toBe(view.statement?.root);
  });

  test("moves its patch on and is in the ledger", async () => {
    const { plan } = await create(carol);
    expect((await loadPatch(world.db, patch))?.state).toBe("planned");
    const { rows } = await sql`
      select type, actor, facts ->> 'hosts' as hosts from event
       where plan = ${plan.digest}`.execute(world.db);
    expect(rows).toEqual([{ type: "plan.created", actor: carol.actor.subject, hosts: "3" }]);
  });

  test("tells why hosts are left out", async () => {
    const { plan } = await create(carol);
    const scopes = scopesFor(carol.actor, "plan.read");
    const rows = await loadExcluded(world.db, { plan: plan.digest, scopes, limit: 10 });
    expect(rows.map((row) => [row.name, row.because])).toEqual([["laptop", { why: "no-ring" }]]);
  });

  test("says what depends on what it changes, and on whose hosts nobody knows what runs", async () => {
    const { plan } = await create(carol);
    const { impact, memory, packages, hosts } = await showImpact(
      world,
      carol.actor,
      plan.digest.slice(0, 12),
    );
    expect(impact).toMatchObject({
      ...{ known: 3, unknown: 0, reachedMax: 3 },
      dependents: [{ name: "libssl3", hosts: 3, countMax: 2 }],
    });
    expect(packages).toMatchObject([{ name: "libssl3", verb: "upgrade", hosts: 3, jump: null }]);
    expect(memory).toMatchObject({ whole: 0, partly: 0, unknown: 3 });
    expect(hosts).toBe(3);
  });

  test("cannot be edited or deleted, whoever asks the database", async () => {
    const { plan } = await create(carol);
    const tries = [
      sql`update plan set statement = 'x' where digest = ${plan.digest}`,
      sql`delete from plan_leaf where plan = ${plan.digest}`,
      sql`update plan_body set text = 'x'`,
    ];
    for (const attempt of tries) {
      await expect(attempt.execute(world.db)).rejects.toThrow("append-only");
    }
  });

  test("that takes the place of another supersedes it, for the same change", async () => {
    const first = await create(carol);
    const second = await create(carol, { replaces: first.plan.digest.slice(0, 12) });
    expect(second.changeNumber).toBe(first.changeNumber);
    expect(second.plan.statement).toContain(`\nsupersedes ${first.plan.digest}\n`);
    const third = await create(carol, { replaces: second.plan.digest, hosts: "env=prod" });
    expect(third.plan.statement.match(/^supersedes /gm)).toHaveLength(2);
    const diff = await diffPlans(world, carol.actor, {
      from: second.plan.digest,
      to: third.plan.digest,
    });
    expect(diff).toMatchObject({ hostsRemoved: ["web-3"], hostsAdded: [] });
  });
});

describe("a child plan", () => {
  test("takes only hosts that its parent has not, names it, and is a change of its own", async () => {
    const first = await create(carol, { hosts: "env=prod" });
    const parent = first.plan.digest.slice(0, 12);
    const child = await create(carol, { parent });
    expect(child.changeNumber).not.toBe(first.changeNumber);
    expect(child.plan.leaves).toHaveLength(1);
    expect(child.plan.statement).toContain(`(adds hosts to plan ${parent})`);
    expect(child.plan.statement).not.toContain("supersedes");
    const again = await create(carol, { replaces: child.plan.digest });
    expect(again.plan.leaves).toHaveLength(1);
    const shown = await showPlan(world, carol.actor, parent);
    expect(shown.children).toEqual([child.plan.digest, again.plan.digest]);
    const known = { parent, hosts: "env=prod" };
    await expect(create(carol, known)).rejects.toThrow("or was added to it");
    const other = await aPatch(world, carol, "3.0.19-1~deb12u1");
    await expect(create(carol, { parent, patch: other })).rejects.toThrow("another patch");
  });
});

describe("scopes", () => {
  test("a plan is made of the hosts that its maker may change", async () => {
    const dev = await aPerson(world, "dev-op", { role: "operator", scope: "env=dev" });
    const { plan } = await create(dev);
    expect(plan.leaves).toHaveLength(1);
  });

  test("a plan without any host in scope does not exist, and one with some shows those", async () => {
    const prod = await aPerson(world, "prod-op", { role: "operator", scope: "env=prod" });
    const dev = await aPerson(world, "dev-viewer", { role: "viewer", scope: "env=dev" });
    const whole = (await create(carol)).plan.digest;
    const own = (await create(prod)).plan.digest;
    await expect(demandPlan(world, dev.actor, own)).rejects.toThrow("There is no plan");
    await expect(demandPlan(world, dev.actor, "f".repeat(64))).rejects.toThrow("There is no plan");
    await demandPlan(world, dev.actor, whole);
    const scopes = scopesFor(dev.actor, "plan.read");
    const hosts = await loadPlanHosts(world.db, { plan: whole, scopes, limit: 10 });
    expect(hosts.map((host) => host.name)).toEqual(["web-3"]);
    const page = { plan: whole, after: undefined, limit: 10 };
    await expect(pageOfLeaves(world, dev.actor, page)).rejects.toThrow("outside your scope");
    const visible = await loadPlans(world.db, {
      visible: planInScope("p.digest", scopes),
      limit: 99,
    });
    expect(visible.map((plan) => plan.digest)).not.toContain(own);
  });
});

describe("no plan", () => {
  test("for a patch that is not there, a policy that cannot be read, or no host to change", async () => {
    await expect(create(carol, { patch: "P-999" })).rejects.toMatchObject({ code: "not-found" });
    await expect(create(carol, { policy: { text: "rings: []" } })).rejects.toThrow("line 1");
    await expect(create(carol, { hosts: "env=none" })).rejects.toMatchObject({ code: "blocked" });
    const digest = "0".repeat(64);
    await expect(create(carol, { policy: { digest } })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("when no package manager answers, and the reason is told word for word", async () => {
    const request = { patch, policy: { text: testRings }, class: "normal" as const };
    const no = async () => ({ kind: "not-resolved" as const, problem: "apt says: locked" });
    const silent = { pair: no, host: no };
    await expect(createPlan(world, carol.actor, request, silent)).rejects.toMatchObject({
      code: "blocked",
      facts: {
        excluded: expect.arrayContaining([
          expect.objectContaining({
            because: { why: "not-resolved", problem: "apt says: locked" },
          }),
        ]),
      },
    });
  });
});

test("every route answers what its schema says", async () => {
  const { plan } = await create(carol);
  const context = { world, actor: carol.actor, requestId: "r" };
  await putProcedure(world, carol.actor, { name: "web-back", text: "# Back\n" });
  const params = { plan: plan.digest, other: plan.digest, procedure: "web-back" };
  for (const one of routes.filter((route) => route.method === "GET")) {
    const query = (one.query as { parse(x: unknown): unknown } | undefined)?.parse({});
    const reply = await one.handle(context, { params, query, body: undefined } as never);
    if (one.reply !== null && "parse" in one.reply) one.reply.parse(reply);
    else expect(typeof reply).toBe("string");
  }
});
