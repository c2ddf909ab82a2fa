import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addHost } from "../../test/builders/fleet.ts";
import { aPackage, hasRealFeeds, realFeed } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Actor, systemActor } from "../base/actor.ts";
import { DAY_MS } from "../base/instant.ts";
import { parseSelector } from "../base/labels.ts";
import { putSbom } from "../inventory/actions-sboms.ts";
import { addService } from "../inventory/actions-services.ts";
import { loadFeedFile } from "./actions.ts";
import { chooseStrategy, listSupport, showSupport, systemSupport } from "./actions-support.ts";
import { rematch } from "./rematch.ts";

let now = Date.parse("2026-11-21T12:00:00Z");
let made: TestWorld;

const product = (name: string, releases: readonly object[]) => ({ name, releases });
const release = (name: string, eolFrom: string, eoesFrom: string | null = null) => ({
  ...{ name, releaseDate: "2020-01-01", isEol: eolFrom < "2026-11-21", eolFrom, eoesFrom },
});

async function load(products: readonly object[]): Promise<void> {
  now += 60_000;
  await loadFeedFile(made.world, systemActor, {
    bytes: Buffer.from(JSON.stringify({ result: products })),
    asOf: now,
    acceptShrink: true,
  });
}

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  const { world } = made;
  const packages = [
    aPackage({ name: "python3.11", version: "3.11.2-6" }),
    aPackage({ name: "libc6", version: "2.36-9" }),
  ];
  await addHost(world, { name: "new-1", packages, labels: { team: "shop", service: "web" } });
  await addHost(world, { name: "old-1", packages, os: "debian 11 bullseye", labels: {} });
  await addHost(world, { name: "old-2", packages, os: "debian 11 bullseye", labels: {} });
});
afterAll(() => made.close());

describe("the end-of-support register", () => {
  it("knows nothing without a feed, and says so", async () => {
    const { entries, feed } = await listSupport(made.world, systemActor, {});
    expect(feed.origin).toBeNull();
    expect(entries.map((e) => e.judgement.state)).toEqual(entries.map(() => "unknown"));
    expect(entries.map((e) => e.title)).toContain("Debian 11");
  });

  it("puts what ended first, with hosts and owners, and follows what the feed says next", async () => {
    const { world } = made;
    await load([
      product("debian", [
        release("12", "2026-07-11", "2028-06-30"),
        release("11", "2024-08-14", "2026-08-31"),
      ]),
      product("python", [release("3.11", "2027-10-24")]),
    ]);
    const { entries, feed } = await listSupport(world, systemActor, {});
    expect(feed.origin).toBe("file");
    expect(entries.map((e) => [e.title, e.judgement.state, e.hosts])).toEqual([
      ["Debian 11", "ended", 2],
      ["python 3.11", "ended", 2],
      ["Debian 12", "extended", 1],
      ["python 3.11", "extended", 1],
    ]);
    expect(entries[2]?.owners).toEqual([
      { kind: "team", name: "shop" },
      { kind: "service", name: "web" },
    ]);
    const systems = await systemSupport(world.db, { ecosystems: ["Debian:11", "npm"], now });
    expect([...systems].map(([name, { state }]) => [name, state])).toEqual([
      ["Debian:11", "ended"],
    ]);
    await load([
      product("debian", [release("12", "2027-07-11"), release("11", "2027-08-14")]),
      product("python", [release("3.11", "2027-10-24")]),
    ]);
    const later = await listSupport(world, systemActor, {});
    expect(later.entries.map((e) => e.judgement.state)).not.toContain("ended");
  });

  it("keeps who decided what, in the ledger too, and the newest decision holds", async () => {
    const { world } = made;
    const of = { product: "debian", cycle: "11", owner: "platform", reason: "moves with the rest" };
    const dueAt = now + 90 * DAY_MS;
    await chooseStrategy(world, systemActor, { ...of, strategy: "isolate", dueAt });
    now += 1_000;
    const made2 = await chooseStrategy(world, systemActor, { ...of, strategy: "migrate", dueAt });
    expect(made2).toMatchObject({ strategy: "migrate", owner: "platform", endedAt: null });
    const { history, hosts, entries } = await showSupport(world, systemActor, of);
    expect(history.map((choice) => choice.strategy)).toEqual(["migrate", "isolate"]);
    expect(hosts.map((host) => host.name)).toEqual(["old-1", "old-2"]);
    expect(entries[0]?.strategy?.strategy).toBe("migrate");
    const past = { ...of, strategy: "accept" as const, dueAt: now - 1 };
    await expect(chooseStrategy(world, systemActor, past)).rejects.toThrow("in the past");
    const viewer: Actor = { ...systemActor, grants: [{ role: "viewer", scope: [] }] };
    await expect(
      chooseStrategy(world, viewer, { ...of, strategy: "accept", dueAt }),
    ).rejects.toThrow("support.decide");
    const other = { ...of, product: "solaris", strategy: "accept" as const, dueAt };
    await expect(chooseStrategy(world, systemActor, other)).rejects.toThrow("No host of yours");
  });

  it("counts what services contain: runtimes, frameworks and the system of an image", async () => {
    const { world } = made;
    await addService(world, systemActor, {
      ...{ name: "shop", title: "", team: "payments", owners: [], labels: {}, repository: "" },
      ...{ hostSelector: null, hosts: [], needs: [] },
    });
    const urls = [
      "pkg:generic/python@3.8.18",
      "pkg:generic/node@16.20.2",
      "pkg:maven/org.springframework.boot/spring-boot@2.7.18",
      "pkg:npm/redis@4.6.0",
      "pkg:deb/debian/libssl1.1@1.1.1w-0%2Bdeb11u1?distro=debian-11&arch=amd64",
    ];
    await putSbom(world, systemActor, {
      ...{ service: "shop", artifact: "web", environment: "", version: "", release: null },
      ...{ documentName: "", bytes: Buffer.from(urls.join("\n")) },
    });
    await rematch(world);
    const { entries } = await listSupport(world, systemActor, {});
    const own = entries.filter(({ services }) => services.includes("shop"));
    expect(own.map(({ title, hosts }) => [title, hosts]).toSorted()).toEqual([
      ["Debian 11", 2],
      ["nodejs 16", 0],
      ["openssl 1.1", 0],
      ["python 3.8", 0],
      ["spring-boot 2.7", 0],
    ]);
    expect(own.find(({ product }) => product === "nodejs")?.owners).toEqual([
      { kind: "team", name: "payments" },
      { kind: "service", name: "shop" },
    ]);
    const elsewhere: Actor = {
      ...systemActor,
      grants: [{ role: "viewer", scope: parseSelector("env=dev") }],
    };
    expect((await listSupport(world, elsewhere, {})).entries).toEqual([]);
  });

  it.skipIf(!hasRealFeeds)("takes the whole of endoflife.date", async () => {
    const { world } = made;
    now += 60_000;
    const [outcome] = await loadFeedFile(world, systemActor, {
      bytes: realFeed("eol/endoflife-products.tar.gz"),
      asOf: now,
      acceptShrink: true,
    });
    expect(outcome).toMatchObject({ kind: "loaded", feed: "endoflife", entryCount: 464 });
    const { entries } = await listSupport(world, systemActor, {});
    expect(entries.find((e) => e.title === "Debian 11")?.judgement.state).toBe("ended");
  });
});
