import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addHost, inspect } from "../../test/builders/fleet.ts";
import { aPackage, trackerFile } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Actor, systemActor } from "../base/actor.ts";
import { parseSelector } from "../base/labels.ts";
import { inTransaction } from "../db/database.ts";
import { loadFeedFile } from "./actions.ts";
import { listFindings, showFinding } from "./actions-findings.ts";
import { hostFindings } from "./findings.ts";
import { keptStates } from "./match.ts";
import { rematch } from "./rematch.ts";
import { exposure } from "./store-exposure.ts";
import { loadKnowledge } from "./store-knowledge.ts";

let now = 0;
let made: TestWorld;
beforeEach(async () => {
  now = Date.parse("2026-11-21T12:00:00Z");
  made = await testWorld({ clock: () => now });
});
afterEach(() => made.close());

const everywhere = [[]];
const fixedIn = (version: string, urgency = "high") => ({
  bookworm: { status: "resolved", fixed_version: version, urgency },
});

async function load(file: Buffer | string): Promise<void> {
  now += 60_000;
  await loadFeedFile(made.world, systemActor, {
    bytes: Buffer.from(file),
    asOf: now,
    acceptShrink: true,
  });
}

const openssl = (version: string) => [
  aPackage({ name: "libssl3", version, source: "openssl" }),
  aPackage({ name: "openssl", version, source: "openssl" }),
];

const zip = (version: string) => aPackage({ name: "zip", version, source: "zip" });

const exploited = (id: string) =>
  JSON.stringify({
    dateReleased: "2026-11-20",
    vulnerabilities: [{ cveID: id, dateAdded: "2026-11-19" }],
  });

describe("findings of a fleet", () => {
  it("reach code of other sources in packages, until a build that was made with the fix is there", async () => {
    const { world } = made;
    const etcd = (version: string) => aPackage({ name: "etcd-server", version, source: "etcd" });
    const builtWith = (version: string, go: string) => [
      ["etcd-server", "amd64", version, "golang-1.19", go],
    ];
    const state = async () =>
      (await exposure(world.db, { scopes: everywhere })).map((row) => [
        ...[row.source, row.state, row.fixedVersion, row.hostCount],
      ]);
    const packages = [etcd("3.4-1")];
    // A host whose program does not tell yet; then its next inspection does.
    const web1 = await addHost(world, { name: "web-1", packages });
    await load(trackerFile({ "golang-1.19": { "CVE-2026-0009": fixedIn("1.19-3") } }));
    await rematch(world);
    expect(await state()).toEqual([]);
    await inspect(world, web1, { packages, built: builtWith("3.4-1", "1.19-2") });
    await rematch(world);
    expect(await state()).toEqual([["etcd", "affected-no-fix", null, 1]]);
    const { findings } = await hostFindings(world.db, web1, now);
    const [finding] = findings;
    expect(finding?.because).toMatchObject({
      ...{
        rule: "built-using",
        installed: "golang-1.19 1.19-2",
        comparedWith: "golang-1.19 1.19-3",
      },
    });

    // Another host has the rebuild: from now on it is known what mends the first.
    const rebuilt = { packages: [etcd("3.4-2")], built: builtWith("3.4-2", "1.19-3") };
    const web2 = await addHost(world, { name: "web-2", packages: rebuilt.packages });
    await inspect(world, web2, rebuilt);
    await rematch(world);
    expect(await state()).toEqual([["etcd", "affected-fix-available", "3.4-2", 1]]);
    await inspect(world, web1, rebuilt);
    await rematch(world);
    expect(await state()).toEqual([]);
  });

  it("follow the packages of hosts and the statements of feeds, and keep since when", async () => {
    const { world } = made;
    const web1 = await addHost(world, { name: "web-1", packages: openssl("1.0-1") });
    await addHost(world, { name: "web-2", packages: openssl("1.0-2") });
    await load(trackerFile({ openssl: { "CVE-2026-0001": fixedIn("1.0-2") } }));
    const since = now;
    const [row, ...others] = await exposure(world.db, { scopes: everywhere });
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      ecosystem: "Debian:12",
      source: "openssl",
      vulnerability: "CVE-2026-0001",
      state: "affected-fix-available",
      fixedVersion: "1.0-2",
      hostCount: 1,
      since,
    });
    expect(row?.packageIds).toHaveLength(2);

    // The statement changes in a way that does not matter: the finding keeps its age.
    await load(trackerFile({ openssl: { "CVE-2026-0001": fixedIn("1.0-2", "low") } }));
    expect((await exposure(world.db, { scopes: everywhere }))[0]?.since).toBe(since);

    // The host is patched: a new package set, and the exposure ends.
    now += 60_000;
    await inspect(world, web1, { packages: openssl("1.0-2") });
    expect(await rematch(world)).toMatchObject({ openedCount: 0 });
    expect(await exposure(world.db, { scopes: everywhere })).toEqual([]);

    // A further fix reaches both hosts without any inspection.
    await load(trackerFile({ openssl: { "CVE-2026-0001": fixedIn("1.0-3") } }));
    expect((await exposure(world.db, { scopes: everywhere }))[0]).toMatchObject({ hostCount: 2 });
  });

  it("are matched anew only where something changed", async () => {
    const { world } = made;
    const packages = [...openssl("1.0-1"), aPackage({ name: "curl", version: "7.0-1" })];
    await addHost(world, { name: "web-1", packages });
    const both = (curl: string) =>
      trackerFile({
        openssl: { "CVE-2026-0001": fixedIn("1.0-2") },
        curl: { "CVE-2026-0002": fixedIn(curl) },
      });
    await load(both("7.0-2"));
    expect(await rematch(world)).toMatchObject({ packageCount: 0 });
    await sql`insert into rematch_source values ('Debian:12', 'curl')`.execute(world.db);
    expect(await rematch(world)).toMatchObject({ packageCount: 1, openedCount: 0, closedCount: 0 });
  });

  it("are read again only where they changed, and are what reading all of them gives", async () => {
    const { world } = made;
    // A transaction has nothing to go on from, so it reads everything.
    const readAll = () => inTransaction(world.db, (tx) => loadKnowledge(tx));
    const read = async () => {
      const known = await loadKnowledge(world.db);
      expect(known).toEqual(await readAll());
      const pairOf = (source: string) => known.pairs.filter((pair) => pair.source === source);
      return { known, openssl: pairOf("openssl"), zip: pairOf("zip") };
    };
    await addHost(world, { name: "web-1", packages: [...openssl("1.0-1"), zip("1.0-1")] });
    await load(
      trackerFile({
        openssl: { "CVE-2026-0001": fixedIn("1.0-2"), "CVE-2026-0002": fixedIn("1.0-2") },
        zip: { "CVE-2026-0003": fixedIn("1.0-2") },
      }),
    );
    const first = await read();
    expect([first.openssl.length, first.zip.length, first.known.facts.size]).toEqual([2, 1, 3]);
    await load(
      trackerFile({
        openssl: { "CVE-2026-0001": fixedIn("1.0-3"), "CVE-2026-0004": fixedIn("1.0-2") },
        zip: { "CVE-2026-0003": fixedIn("1.0-2") },
      }),
    );
    const second = await read();
    expect(second.openssl.map((pair) => [pair.vulnerability, pair.fixedVersion])).toEqual([
      ["CVE-2026-0001", "1.0-3"],
      ["CVE-2026-0004", "1.0-2"],
    ]);
    expect([...second.known.facts.keys()].sort()).toEqual([
      "CVE-2026-0001",
      "CVE-2026-0003",
      "CVE-2026-0004",
    ]);
    expect(second.zip[0]).toBe(first.zip[0]);
    expect(second.known.packages).toBe(first.known.packages);
    await addHost(world, { name: "web-2", packages: [zip("1.0-0")] });
    await rematch(world);
    const third = await read();
    expect(third.zip[0]?.packageIds).toHaveLength(2);
    expect(third.openssl[0]).toBe(second.openssl[0]);
    await load(exploited("CVE-2026-0003"));
    const fourth = await read();
    expect(fourth.known.facts.get("CVE-2026-0003")?.kev).not.toBe(null);
    expect(fourth.known.pairs).toBe(third.known.pairs);
    expect(await loadKnowledge(world.db)).toBe(fourth.known);
  });

  it("end when the record of the vulnerability is rejected, and come back when it is not", async () => {
    const { world } = made;
    await addHost(world, { name: "web-1", packages: openssl("1.0-1") });
    await load(trackerFile({ openssl: { "CVE-2026-0001": fixedIn("1.0-2") } }));
    const record = (state: string) =>
      JSON.stringify({
        dataType: "CVE_RECORD",
        cveMetadata: { cveId: "CVE-2026-0001", state },
        containers: {},
      });
    await load(record("REJECTED"));
    expect(await exposure(world.db, { scopes: everywhere })).toEqual([]);
    const explained = await showFinding(world, systemActor, "CVE-2026-0001");
    expect(explained.packages[0]?.finding).toMatchObject({ state: "not-affected" });
    await load(record("PUBLISHED"));
    expect(await exposure(world.db, { scopes: everywhere })).toHaveLength(1);
  });

  it("of kernels count the one that runs, and name the others as not running", async () => {
    const { world } = made;
    const image = (kernel: string, version: string) =>
      aPackage({
        name: `linux-image-${kernel}`,
        version,
        source: "linux-signed-amd64",
        sourceVersion: version.replace("-", "+"),
      });
    const packages = [image("6.1.0-9-amd64", "6.1.1-1"), image("6.1.0-10-amd64", "6.1.2-1")];
    const rebooted = await addHost(world, { name: "a", packages, kernel: "6.1.0-10-amd64" });
    await addHost(world, { name: "b", packages, kernel: "6.1.0-9-amd64" });
    await load(trackerFile({ linux: { "CVE-2026-0001": fixedIn("6.1.2-1") } }));
    expect(await exposure(world.db, { scopes: everywhere })).toMatchObject([{ hostCount: 1 }]);
    const { findings } = await hostFindings(world.db, rebooted, now);
    expect(findings).toMatchObject([
      { packageName: "linux-image-6.1.0-9-amd64", isRunning: false },
    ]);
    const { hosts } = await showFinding(world, systemActor, "CVE-2026-0001");
    expect(hosts.map((h) => h.name)).toEqual(["b"]);
  });

  it("are seen only within the scopes of who asks", async () => {
    const { world } = made;
    await addHost(world, { name: "a", packages: openssl("1.0-1"), labels: { env: "prod" } });
    await addHost(world, { name: "b", packages: openssl("1.0-1"), labels: { env: "dev" } });
    await load(trackerFile({ openssl: { "CVE-2026-0001": fixedIn("1.0-2") } }));
    const viewer = (scope: string): Actor => ({
      ...systemActor,
      grants: [{ role: "viewer", scope: parseSelector(scope) }],
    });
    const seen = async (scope: string, group: "vulnerability" | "host") =>
      (await listFindings(world, viewer(scope), { group })).rows;
    expect(await seen("env=prod", "vulnerability")).toMatchObject([{ hostCount: 1 }]);
    expect((await seen("env=prod", "host")).map((row) => row.key)).toEqual(["a"]);
    expect(await seen("env=none", "vulnerability")).toEqual([]);
    const { hosts, packages } = await showFinding(world, viewer("env=dev"), "CVE-2026-0001");
    expect(hosts.map((h) => h.name)).toEqual(["b"]);
    expect(packages.every((p) => p.hostCount === 1)).toBe(true);
    const nobody: Actor = { ...systemActor, grants: [] };
    expect((await listFindings(world, nobody, { group: "source" })).rows).toEqual([]);
  });
});

describe("the table of findings", () => {
  it("allows exactly the states that matching keeps", async () => {
    const { rows } = await sql<{ text: string }>`
      select pg_get_constraintdef(oid) as text from pg_constraint
       where conname = 'finding_pair_state_check'`.execute(made.world.db);
    const allowed = [...(rows[0]?.text ?? "").matchAll(/'([a-z-]+)'/g)].map((match) => match[1]);
    expect(allowed.sort()).toEqual([...keptStates].sort());
  });
});

describe("what is not known", () => {
  it("is said per reason, and never reads as clean", async () => {
    const { world } = made;
    const id = await addHost(world, {
      name: "web-1",
      packages: [...openssl("1.0-1"), aPackage({ name: "curl", version: "8-1~bpo12+1" })],
    });
    const none = await hostFindings(world.db, id, now);
    expect(none.findings).toEqual([]);
    expect(none.coverage).toMatchObject({
      coveredCount: 0,
      unknown: [{ reason: "not-matched", packageCount: 3 }],
    });
    await load(trackerFile({ openssl: { "CVE-2026-0001": fixedIn("1.0-2") } }));
    const loaded = await hostFindings(world.db, id, now);
    expect(loaded.coverage).toMatchObject({
      coveredCount: 2,
      unknown: [{ ecosystem: "Debian:12", reason: "backport", packageCount: 1 }],
    });
    now += 72 * 3_600_000;
    const stale = await hostFindings(world.db, id, now);
    expect(stale.findings).toHaveLength(2);
    expect(stale.coverage.coveredCount).toBe(0);
    expect(stale.coverage.unknown).toContainEqual({
      ecosystem: "Debian:12",
      reason: "stale-feed",
      packageCount: 2,
    });
  });

  it("includes releases that no feed speaks of and hosts that were never inspected", async () => {
    const { world } = made;
    await load(trackerFile({ openssl: { "CVE-2026-0001": fixedIn("1.0-2") } }));
    await addHost(world, { name: "old", packages: openssl("1.0-1"), os: "debian 11 bullseye" });
    await rematch(world);
    const { coverage, rows } = await listFindings(world, systemActor, { group: "host" });
    expect(rows).toEqual([]);
    expect(coverage.unknown).toEqual([
      { ecosystem: "Debian:11", reason: "no-feed", packageCount: 2 },
    ]);
  });
});

describe("lists of findings", () => {
  it("put known exploited ones first, count unions of hosts and filter", async () => {
    const { world } = made;
    const curl = (version: string) => aPackage({ name: "curl", version });
    await addHost(world, { name: "a", packages: [...openssl("1.0-1"), curl("7-1")] });
    await addHost(world, { name: "b", packages: [curl("7-1")] });
    await load(
      trackerFile({
        openssl: { "CVE-2026-0001": fixedIn("1.0-2"), "CVE-2026-0003": fixedIn("1.0-2") },
        curl: { "CVE-2026-0001": fixedIn("7-2"), "CVE-2026-0002": fixedIn("7-2") },
      }),
    );
    await load(exploited("CVE-2026-0003"));
    const list = async (query: Partial<Parameters<typeof listFindings>[2]>) =>
      (await listFindings(world, systemActor, { group: "vulnerability", ...query })).rows;
    const all = await list({});
    expect(all.map((row) => [row.key, row.hostCount])).toEqual([
      ["CVE-2026-0003", 1],
      ["CVE-2026-0001", 2],
      ["CVE-2026-0002", 2],
    ]);
    expect((await list({ isKev: true })).map((row) => row.key)).toEqual(["CVE-2026-0003"]);
    expect((await list({ search: "CURL" })).map((row) => row.key)).toEqual([
      "CVE-2026-0001",
      "CVE-2026-0002",
    ]);
    const sources = await list({ group: "source" });
    expect(sources.map((row) => [row.key, row.vulnerabilities.length])).toEqual([
      ["Debian:12 openssl", 2],
      ["Debian:12 curl", 2],
    ]);
    const hosts = await list({ group: "host" });
    expect(hosts.map((row) => [row.key, row.vulnerabilities.length])).toEqual([
      ["a", 3],
      ["b", 2],
    ]);
  });
});
