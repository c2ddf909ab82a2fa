import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addHost, inspect } from "../../test/builders/fleet.ts";
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
import { inTransaction } from "../db/database.ts";
import { recordUnreachable } from "../inventory/record-inspection.ts";
import { readTimeline } from "../ledger/store.ts";
import { createPlan } from "../plan/actions.ts";
import { search } from "./actions-search.ts";
import { hostTimeline } from "./actions-timeline.ts";
import { readNames } from "./store-names.ts";

let made: TestWorld;
let ada: TestPerson;
let plan: string;

beforeAll(async () => {
  made = await testWorld();
  ada = await aPerson(made.world, "ada");
  const labels = { ring: "canary", env: "shop" };
  await someHosts(made.world, [{ name: "web-1", labels }]);
  await someHosts(made.world, [{ name: "web-9", labels: { env: "bank" } }]);
  const patch = await aPatch(made.world, ada);
  const policy = { text: testRings };
  const planned = await createPlan(
    made.world,
    ada.actor,
    { patch, policy, class: "normal" },
    askedOpenssl,
  );
  plan = planned.plan.digest;
  await requestChange(made.world, ada.actor, { plan, reason: "it is time" });
});
afterAll(() => made.close());

const aPackage = (name: string, version: string) => ({
  name,
  version,
  arch: "amd64",
  source: name,
  sourceVersion: version,
});

describe("the timeline of a host", () => {
  test("tells inspections, what changed and what went wrong, newest first and page by page", async () => {
    const { world } = made;
    const before = [aPackage("nginx", "1"), aPackage("bash", "5")];
    const id = await addHost(world, { name: "db-1", packages: before });
    await inspect(world, id, { packages: [aPackage("nginx", "2"), aPackage("curl", "7")] });
    await inTransaction(world.db, (tx) =>
      recordUnreachable(
        tx,
        { id },
        {
          at: world.clock(),
          isSilent: true,
          kind: "no-answer",
          problem: "nobody there",
          actor: systemActor.subject,
        },
      ),
    );
    const { items } = await hostTimeline(world, ada.actor, { host: "db-1", limit: 100 });
    const sentences = items.map((item) => item.sentence);
    expect(sentences).toContain("was first seen, with 2 packages");
    expect(sentences).toContain("could not be inspected: no answer");
    const moved = items.find((item) => item.kind === "packages" && item.details.length > 0);
    expect(moved?.sentence).toBe("1 package changed, 1 package added, 1 package removed");
    expect(moved?.details).toEqual(["nginx 1 → 2", "curl 7 added", "bash 5 removed"]);
    const times = items.map((item) => item.at);
    expect(times).toEqual(times.toSorted().reverse());
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await hostTimeline(world, ada.actor, { host: "db-1", limit: 1, cursor });
      paged.push(...page.items.map((item) => item.sentence));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(paged.toSorted()).toEqual(sentences.toSorted());
  });

  test("says why a plan left the host out", async () => {
    const { items } = await hostTimeline(made.world, ada.actor, { host: "web-9", limit: 100 });
    const out = items.find((item) => item.kind === "plan");
    expect(out).toMatchObject({ href: `/plans/${plan}` });
    expect(out?.sentence).toMatch(/^was left out of a plan \(openssl .*\): /);
  });
});

describe("search", () => {
  const labelsOf = async (text: string, actor = ada.actor) =>
    (await search(made.world, actor, text)).map((hit) => hit.label);

  test("finds hosts by a part of their name, and numbers by themselves", async () => {
    expect(await labelsOf("WEB")).toEqual(["web-1", "web-9"]);
    expect(await labelsOf("p-1")).toEqual(["P-1"]);
    expect(await labelsOf("C-1")).toEqual(["C-1"]);
    expect(await labelsOf(plan.slice(0, 8))).toEqual([plan.slice(0, 12)]);
    const hits = await search(made.world, ada.actor, "openssl");
    expect(hits.map((hit) => hit.kind)).toEqual(["patch", "change"]);
    expect(hits[0]).toMatchObject({ href: "/patches/P-1" });
  });

  test("names nothing outside the reader's labels, and nothing without a right", async () => {
    const bank = await aPerson(made.world, "ben", { role: "viewer", scope: "env=bank" });
    expect(await labelsOf("web", bank.actor)).toEqual(["web-9"]);
    expect(await labelsOf("C-1", bank.actor)).toEqual([]);
    expect(await labelsOf("web", { ...bank.actor, grants: [] })).toEqual([]);
  });
});

describe("what events are about", () => {
  test("has the name people call it by, and what is gone or has none is left out", async () => {
    const { db } = made.world;
    const events = await readTimeline(db, { order: "newest", limit: 200 });
    const objects = events.map((event) => event.object);
    const unknown = ["host:00000000-0000-7000-8000-000000000000", "nothing:1", `plan:${plan}`];
    const names = await readNames(db, [...objects, ...unknown]);
    const named = (kind: string) =>
      new Set([...names].filter(([object]) => object.startsWith(kind)).map(([, name]) => name));
    expect(named("host:")).toEqual(new Set(["web-1", "web-9", "db-1"]));
    expect([named("patch:"), named("change:")]).toEqual([new Set(["P-1"]), new Set(["C-1"])]);
    for (const object of unknown) expect(names.has(object)).toBe(false);
    expect(await readNames(db, ["x:1"])).toEqual(new Map());
  });
});
