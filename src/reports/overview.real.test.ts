import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addHost } from "../../test/builders/fleet.ts";
import { trackerFile } from "../../test/builders/intel.ts";
import { aPatch, aPerson, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { showOverview } from "./actions-overview.ts";
import { type Overview, overviewSchema } from "./overview-schema.ts";

let made: TestWorld;
let ada: TestPerson;

beforeAll(async () => {
  made = await testWorld();
  ada = await aPerson(made.world, "ada");
});
afterAll(() => made.close());

const said = (overview: Overview): string =>
  `${overview.verdict.tone}: ${overview.verdict.parts.map((part) => part.text).join("")}`;

const openssl = (version: string) => ({
  name: "libssl3",
  version,
  arch: "amd64",
  source: "openssl",
  sourceVersion: version,
});

describe("the overview", () => {
  test("teaches what to do where there is nothing yet", async () => {
    const overview = overviewSchema.parse(await showOverview(made.world, ada.actor));
    expect(said(overview)).toBe("unknown: There are no hosts yet, so nothing is known.");
    expect(overview.action).toEqual({ text: "Add the first host", href: "/hosts" });
    expect(overview.firstSteps[0]).toMatchObject({ done: false });
    expect(overview.trend?.every((day) => day.findings === null)).toBe(true);
    expect(overview.notShown).toEqual([]);
  });

  test("says what reaches which hosts, and cuts all of it to the reader's labels", async () => {
    const { world } = made;
    const old = [openssl("1.0-1")];
    await addHost(world, { name: "a-1", packages: old, labels: { env: "shop" } });
    await addHost(world, { name: "b-1", packages: old, labels: { env: "bank" } });
    await addHost(world, { name: "c-1", packages: [openssl("1.0-2")], labels: { env: "shop" } });
    const release = { bookworm: { status: "resolved", fixed_version: "1.0-2", urgency: "high" } };
    const bytes = trackerFile({ openssl: { "CVE-2026-1000": release } });
    const asOf = world.clock();
    await loadFeedFile(world, systemActor, { bytes, asOf, acceptShrink: false });
    await aPatch(world, ada);
    const overview = overviewSchema.parse(await showOverview(world, ada.actor));
    expect(said(overview)).toMatch(
      /^attention: No flaw that is known to be exploited; 1 vulnerability on 2 hosts\./,
    );
    expect(overview.fleet?.hosts).toBe(3);
    expect(overview.trend?.at(-1)).toMatchObject({
      findings: 1,
      exploited: 0,
      exploitedHosts: 0,
      hosts: 2,
    });
    expect(overview.trend?.[0]?.findings).toBeNull();
    const counted = overview.fleet?.states.filter((entry) => entry.respect === "risk") ?? [];
    expect(counted.reduce((sum, entry) => sum + entry.count, 0)).toBe(3);
    const shop = await aPerson(world, "sam", { role: "viewer", scope: "env=shop" });
    const cut = await showOverview(world, shop.actor);
    expect(said(cut)).toContain("1 vulnerability on 1 host.");
    expect(cut.fleet?.hosts).toBe(2);
  });

  test("says why a part is missing for somebody without the right", async () => {
    const overview = await showOverview(made.world, { ...ada.actor, grants: [] });
    expect([overview.fleet, overview.trend, overview.rollouts, overview.feeds]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(overview.notShown.map((one) => one.part)).toContain("fleet");
    expect(said(overview)).not.toMatch(/\d/);
  });
});
