import { afterEach, beforeEach, expect, it } from "vitest";
import { addHost } from "../../test/builders/fleet.ts";
import { aPackage } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { DAY_MS } from "../base/instant.ts";
import { parseSelector } from "../base/labels.ts";
import { inTransaction } from "../db/database.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { parseInspection } from "../inventory/inspection.ts";
import { recordInspection } from "../inventory/record-inspection.ts";
import { recordEvent, recordEvents } from "../ledger/record.ts";
import { readTimeline } from "../ledger/store.ts";
import { listFixFirst, movePatch, openPatch, patchTimeline, requirePatch } from "./actions.ts";
import { fixFirstOn, previewUpdate } from "./actions-fix-first.ts";
import { patchWhere } from "./actions-where.ts";
import { allHosts, type HostChoice } from "./host-choice.ts";

let test: TestWorld;
const START = Date.UTC(2026, 10, 1);
let now = START;

beforeEach(async () => {
  now = START;
  test = await testWorld({ clock: () => now });
});
afterEach(async () => test.close());

const openssl = {
  name: "libssl3",
  version: "3.0.17-1",
  source: "openssl",
  sourceVersion: "3.0.17-1",
};

/** A host with an old openssl whose sources offer a newer one. */
async function vulnerableHost(
  name: string,
  labels: Readonly<Record<string, string>> = {},
  installed = "3.0.17-1",
  offered = "3.0.18-1",
) {
  const id = await addHost(test.world, { name, packages: [aPackage(openssl)], labels });
  const fields = (version: string) =>
    [
      "libssl3",
      "amd64",
      version,
      "b".repeat(64),
      "2000",
      "Debian",
      "bookworm-security",
      "main",
      "openssl",
      version,
    ].join("\t");
  const parsed = parseInspection([
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0-9-amd64",
    `boot ${"0".repeat(32)}`,
    "lists ok 1700000000 -",
    `pkg ${["libssl3", "amd64", installed, "openssl", installed, "installed", "auto"].join("\t")}`,
    `offer ${fields(offered)}`,
  ]);
  if (parsed.kind !== "inspection") throw new Error(parsed.problem);
  const { inspection } = parsed;
  await inTransaction(test.world.db, (tx) =>
    recordInspection(
      tx,
      { id },
      { inspection, observedAt: now, recordedAt: now, actor: systemActor.subject },
    ),
  );
  return id;
}

async function loadTracker(fixed: Readonly<Record<string, string>>) {
  const cves = Object.fromEntries(
    Object.entries(fixed).map(([cve, version]) => [
      cve,
      {
        scope: "local",
        releases: {
          bookworm: {
            status: "resolved",
            fixed_version: version,
            urgency: "not yet assigned",
            repositories: {},
          },
        },
      },
    ]),
  );
  const bytes = Buffer.from(JSON.stringify({ openssl: cves }));
  await loadFeedFile(test.world, systemActor, { bytes, asOf: now, acceptShrink: false });
}

async function loadKev(cve: string, added: string) {
  const bytes = Buffer.from(
    JSON.stringify({
      title: "CISA Catalog of Known Exploited Vulnerabilities",
      catalogVersion: "2026.11.01",
      dateReleased: "2026-11-01T00:00:00.000Z",
      count: 1,
      vulnerabilities: [
        {
          cveID: cve,
          vendorProject: "OpenSSL",
          product: "OpenSSL",
          vulnerabilityName: "x",
          dateAdded: added,
          shortDescription: "x",
          requiredAction: "x",
          dueDate: "2026-12-01",
          knownRansomwareCampaignUse: "Unknown",
          notes: "",
          cwes: [],
        },
      ],
    }),
  );
  await loadFeedFile(test.world, systemActor, { bytes, asOf: now, acceptShrink: false });
}

it("lists the update that clears the findings, and splits off what it does not clear", async () => {
  await vulnerableHost("web-1");
  await vulnerableHost("web-2");
  await loadTracker({ "CVE-2026-0001": "3.0.18-1", "CVE-2026-0002": "3.0.19-1" });
  const items = await listFixFirst(test.world, systemActor);
  expect(items).toMatchObject([
    {
      target: { ecosystem: "Debian:12", source: "openssl", sourceVersion: "3.0.18-1" },
      remedy: "update-offered",
      hosts: 2,
      exposedHosts: 2,
      findingsCleared: 2,
      vulnerabilities: ["CVE-2026-0001"],
    },
    { remedy: "fixed-upstream-not-offered", vulnerabilities: ["CVE-2026-0002"] },
  ]);
});

it("tells for chosen hosts what an update clears, and which of them are not offered it", async () => {
  await vulnerableHost("web-1", { team: "shop", env: "prod" });
  await vulnerableHost("web-2", { owner: "shop", env: "test" }, "3.0.17-1", "3.0.20-1");
  await vulnerableHost("db-1", { team: "data", env: "prod", exposure: "internal" });
  await loadTracker({ "CVE-2026-0001": "3.0.18-1", "CVE-2026-0002": "3.0.19-1" });
  const { world } = test;
  const hostsOf = async (choice: Partial<HostChoice>) => {
    const found = await fixFirstOn(world, systemActor, { choice: { ...allHosts, ...choice } });
    return found.steps.map(({ item }) => [item.remedy, item.hosts, item.vulnerabilities.length]);
  };
  expect(await hostsOf({ team: "shop" })).toEqual([["update-offered", 2, 2]]);
  expect(await hostsOf({ label: "env=prod" })).toEqual([
    ["update-offered", 2, 1],
    ["fixed-upstream-not-offered", 2, 1],
  ]);
  expect(await hostsOf({ hosts: ["web-2", "db-1"], label: "env=test" })).toEqual([
    ["update-offered", 1, 2],
  ]);
  await expect(hostsOf({ hosts: ["nowhere"] })).rejects.toThrow("There is no host nowhere.");
  const choice = { ...allHosts, label: "env=prod" };
  const { clearable, uncleared, steps } = await fixFirstOn(world, systemActor, { choice });
  expect([clearable, uncleared[0]?.share, steps[0]?.clears]).toEqual([0.5, 0.5, 0.5]);
  const preview = await previewUpdate(world, systemActor, { source: "openssl" });
  expect(preview.versions).toEqual([
    { sourceVersion: "3.0.20-1", hosts: 1, cleared: 2, left: 0 },
    { sourceVersion: "3.0.18-1", hosts: 2, cleared: 2, left: 2 },
  ]);
  expect(preview.packages).toMatchObject([{ from: ["3.0.17-1"], to: ["3.0.18-1", "3.0.20-1"] }]);
});

it("tells with the very next look what a host, an offer or a feed has changed", async () => {
  const look = async () =>
    (await listFixFirst(test.world, systemActor)).map(({ hosts, exposedHosts, ...item }) => {
      const { target, vulnerabilities } = item;
      const version = "sourceVersion" in target ? target.sourceVersion : null;
      return [version, hosts, exposedHosts, vulnerabilities.join()];
    });
  await vulnerableHost("web-1");
  await loadTracker({ "CVE-2026-0001": "3.0.18-1" });
  expect(await look()).toEqual([["3.0.18-1", 1, 1, "CVE-2026-0001"]]);
  await vulnerableHost("web-2", { exposure: "internal" });
  expect(await look()).toEqual([["3.0.18-1", 2, 1, "CVE-2026-0001"]]);
  await vulnerableHost("web-3", {}, "3.0.17-1", "3.0.20-1");
  expect(await look()).toEqual([["3.0.20-1", 3, 2, "CVE-2026-0001"]]);
  now += 60_000;
  await loadTracker({ "CVE-2026-0001": "3.0.18-1", "CVE-2026-0002": "3.0.19-1" });
  expect(await look()).toEqual([["3.0.20-1", 3, 2, "CVE-2026-0001,CVE-2026-0002"]]);
});

it("opens one case with its facts, the rule that decided and a deadline that names its inputs", async () => {
  await vulnerableHost("web-1", { tier: "1" });
  await loadTracker({ "CVE-2026-0001": "3.0.18-1" });
  await loadKev("CVE-2026-0001", "2026-10-20");
  const { patch, isNew } = await openPatch(test.world, systemActor, { source: "openssl" });
  expect(isNew).toBe(true);
  expect(patch).toMatchObject({
    title: "Upgrade openssl to 3.0.18-1",
    state: "triage",
    route: "emergency",
    urgency: "critical",
    classifiedBy: { rule: "known exploited and exposed" },
    vulnerabilities: ["CVE-2026-0001"],
    affectedVersions: ["3.0.17-1"],
    regression: { level: "medium" },
  });
  // Known exploited, exposure unknown (so exposed), impact unknown (so total): three days.
  expect(patch.deadline.at).toBe(Date.UTC(2026, 9, 20) + 3 * DAY_MS);
  expect(patch.deadline.assumed).toEqual(["total", "exposed", "automatable"]);
  const again = await openPatch(test.world, systemActor, { source: "openssl" });
  expect(again).toMatchObject({ isNew: false, patch: { id: patch.id } });
});

it("keeps the clock where it began when a host is scanned again", async () => {
  const id = await vulnerableHost("web-1", { exposure: "internal" });
  await loadTracker({ "CVE-2026-0001": "3.0.18-1" });
  now += 10 * DAY_MS;
  const parsed = parseInspection([
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0-9-amd64",
    `boot ${"1".repeat(32)}`,
    "lists ok 1700000000 -",
    `pkg ${["libssl3", "amd64", "3.0.17-1", "openssl", "3.0.17-1", "installed", "auto"].join("\t")}`,
    `pkg ${["zip", "amd64", "3.0-13", "zip", "3.0-13", "installed", "auto"].join("\t")}`,
    `offer ${["libssl3", "amd64", "3.0.18-1", "b".repeat(64), "2000", "Debian", "s", "main", "openssl", "3.0.18-1"].join("\t")}`,
  ]);
  if (parsed.kind !== "inspection") throw new Error(parsed.problem);
  const { inspection } = parsed;
  await inTransaction(test.world.db, (tx) =>
    recordInspection(
      tx,
      { id },
      { inspection, observedAt: now, recordedAt: now, actor: systemActor.subject },
    ),
  );
  const { patch } = await openPatch(test.world, systemActor, { source: "openssl" });
  // Nobody scored it, for which the house has a row; BOD 26-04 asks for no date. The first look at
  // the host, a moment before the second, saw no offer: so long the clock stood.
  expect(patch.deadline).toMatchObject({
    at: START + 30 * DAY_MS + 1,
    clockStartedAt: START,
    rule: "house/unscored",
    exposure: "internal",
  });
  expect(patch.deadline.candidates.map(({ preset, period }) => [preset, period])).toEqual([
    ["house", "30 days"],
    ["bod-26-04", "next upgrade"],
  ]);
  expect(patch.deadline.inputs.exposed).toBe(false);
});

it("moves a case as the table says, records it, and refuses the rest with what is possible", async () => {
  await vulnerableHost("web-1");
  await loadTracker({ "CVE-2026-0001": "3.0.18-1" });
  const { patch } = await openPatch(test.world, systemActor, { source: "openssl" });
  const move = (verb: "start" | "drop", reason?: string) =>
    inTransaction(test.world.db, (tx) =>
      movePatch(tx, { patch: patch.id, verb, actor: systemActor.subject, at: now, reason }),
    );
  await expect(move("start")).rejects.toThrow(/is triage.*Possible: plan, drop/);
  await move("drop", "tell Jane Doe first");
  expect((await requirePatch(test.world.db, `P-${patch.number}`)).state).toBe("dropped");
  const events = await readTimeline(test.world.db, { patch: patch.id });
  expect(events.map((event) => event.type)).toEqual(["patch.opened", "patch.moved"]);
  expect(JSON.stringify(events)).not.toContain("Jane");
});

it("says what to do when nothing newer is offered or the source is not there", async () => {
  await addHost(test.world, { name: "web-1", packages: [aPackage(openssl)] });
  await loadTracker({ "CVE-2026-0001": "3.0.18-1" });
  await expect(openPatch(test.world, systemActor, { source: "openssl" })).rejects.toThrow(
    /offers a newer openssl yet/,
  );
  await expect(openPatch(test.world, systemActor, { source: "nonesuch" })).rejects.toThrow(
    /No host in your scope has the source package nonesuch/,
  );
});

it("opens no case for what every host has already", async () => {
  await vulnerableHost("web-1");
  await vulnerableHost("web-2", { team: "done" }, "3.0.18-1");
  const scoped = (text: string) => ({
    ...systemActor,
    grants: [{ role: "operator" as const, scope: parseSelector(text) }],
  });
  await expect(
    openPatch(test.world, scoped("team=done"), { source: "openssl" }),
  ).rejects.toMatchObject({ code: "blocked", message: expect.stringMatching(/offers a newer/) });
  const { isNew } = await openPatch(test.world, scoped("!team"), { source: "openssl" });
  expect(isNew).toBe(true);
});

it("shows nothing of hosts outside the actor's scope", async () => {
  await vulnerableHost("web-1", { env: "prod" });
  await loadTracker({ "CVE-2026-0001": "3.0.18-1" });
  const scope = [{ op: "in", key: "env", values: ["lab"] }] as const;
  const actor = { ...systemActor, grants: [{ role: "operator", scope }] } as const;
  expect(await listFixFirst(test.world, actor)).toEqual([]);
  await expect(openPatch(test.world, actor, { source: "openssl" })).rejects.toThrow(/No host/);
});

it("tells where a case's packages are as a look at each host tells, in pages of any size", async () => {
  await vulnerableHost("b-old", { team: "web" });
  await vulnerableHost("a-new", { team: "web" }, "3.0.18-1");
  await vulnerableHost("d-old", { team: "db" });
  const both = [aPackage(openssl), aPackage({ ...openssl, name: "openssl", version: "3.0.18-1" })];
  const packages = both.map((one) => ({ ...one, sourceVersion: one.version }));
  await addHost(test.world, { name: "c-partly", packages, labels: { team: "db" } });
  await addHost(test.world, { name: "without", packages: [aPackage({ name: "bash" })] });
  await loadTracker({ "CVE-2026-0001": "3.0.18-1" });
  const { patch } = await openPatch(test.world, systemActor, { source: "openssl" });
  const expected = [
    ["b-old", "older", ["3.0.17-1"]],
    ["d-old", "older", ["3.0.17-1"]],
    ["c-partly", "partly", ["3.0.17-1", "3.0.18-1"]],
    ["a-new", "there", ["3.0.18-1"]],
  ];
  const look = async (page: { skip: number; limit: number; standing?: "older" | "there" }) => {
    const { items, counts } = await patchWhere(test.world, systemActor, {
      patch: patch.id,
      ...page,
    });
    expect(counts).toEqual({ older: 2, partly: 1, "not-comparable": 0, there: 1 });
    return items.map(({ name, standing, versions }) => [name, standing, [...versions]]);
  };
  for (const limit of [1, 2, 9]) {
    for (let skip = 0; skip < 5; skip += 1) {
      expect(await look({ skip, limit })).toEqual(expected.slice(skip, skip + limit));
    }
  }
  expect(await look({ skip: 1, limit: 9, standing: "older" })).toEqual(expected.slice(1, 2));
  const scope = parseSelector("team=db");
  const reader = { ...systemActor, grants: [{ role: "viewer" as const, scope }] };
  const seen = await patchWhere(test.world, reader, { patch: patch.id, skip: 0, limit: 9 });
  expect(seen.items.map((item) => item.name)).toEqual(["d-old", "c-partly"]);
  expect(seen.counts).toEqual({ older: 1, partly: 1, "not-comparable": 0, there: 0 });
});

it("leaves out of the timeline what happened on hosts outside the reader's scope", async () => {
  const mine = await vulnerableHost("web-1", { team: "web" });
  const other = await vulnerableHost("db-1", { team: "db" });
  await loadTracker({ "CVE-2026-0001": "3.0.18-1" });
  const { patch } = await openPatch(test.world, systemActor, { source: "openssl" });
  await inTransaction(test.world.db, async (tx) => {
    for (const host of [mine, other]) {
      const event = { type: "target.judged", object: "rollout:r-1" } as const;
      const facts = { host, verdict: "verified" };
      const actor = systemActor.subject;
      await recordEvent(tx, { ...event, actor, patch: patch.id, facts });
    }
  });
  const scope = parseSelector("team=web");
  const reader = { ...systemActor, grants: [{ role: "viewer" as const, scope }] };
  const at = { patch: patch.id, limit: 500 };
  const { events: seen, earlier } = await patchTimeline(test.world, reader, at);
  expect(earlier).toBeNull();
  expect(seen.map((event) => event.type)).toEqual(["patch.opened", "target.judged"]);
  expect(JSON.stringify(seen)).toContain(mine);
  expect(JSON.stringify(seen)).not.toContain(other);
  expect((await patchTimeline(test.world, systemActor, at)).events).toHaveLength(3);
});

it("shows a case's timeline to its end, however long it is", async () => {
  await vulnerableHost("web-1");
  const { patch } = await openPatch(test.world, systemActor, { source: "openssl" });
  const judged = Array.from({ length: 2_500 }, (_, n) => ({
    type: "target.judged" as const,
    actor: systemActor.subject,
    object: "rollout:r-1",
    patch: patch.id,
    facts: { n },
  }));
  await inTransaction(test.world.db, (tx) => recordEvents(tx, judged));
  for (const limit of [400, 834, 2_501, 5_000]) {
    const seen: unknown[] = [];
    let before: number | undefined;
    do {
      const page = { patch: patch.id, before, limit };
      const { events, earlier } = await patchTimeline(test.world, systemActor, page);
      expect(events.length).toBeLessThanOrEqual(limit);
      seen.unshift(...events.map((event) => event.facts["n"] ?? event.type));
      before = earlier ?? undefined;
    } while (before !== undefined);
    expect(seen).toEqual(["patch.opened", ...Array.from({ length: 2_500 }, (_, n) => n)]);
  }
});
