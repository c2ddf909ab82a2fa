import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addHost } from "../../test/builders/fleet.ts";
import { aPackage } from "../../test/builders/intel.ts";
import {
  answered,
  aPerson,
  askedOpenssl,
  NEW_VERSION,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { Actor } from "../base/actor.ts";
import { parseSelector } from "../base/labels.ts";
import { assessSource } from "../inventory/actions-package-sources.ts";
import { sourceConcern } from "../inventory/package-source.ts";
import { noSourcesRead } from "../inventory/signed-proof.ts";
import { everywhere, loadHosts } from "../inventory/store.ts";
import { loadPackageSources } from "../inventory/store-package-sources.ts";
import { resolvePairs } from "./actions-resolve.ts";
import { loadSelectedHosts, type SelectedHost } from "./store-selected.ts";

let made: TestWorld;
let hosts: readonly SelectedHost[];
const target = { ecosystem: "Debian:12", source: "openssl", sourceVersion: NEW_VERSION };

beforeAll(async () => {
  made = await testWorld();
  const names = ["a-1", "a-2", "b-1", "c-1"];
  await someHosts(
    made.world,
    names.map((name) => ({ name, labels: {} })),
  );
  hosts = await loadSelectedHosts(made.world.db, { scopes: everywhere, selector: [], target });
});
afterAll(() => made.close());

test("hosts with equal sets and services are asked once", async () => {
  const asked: string[] = [];
  const pairs = await resolvePairs(
    made.world,
    {
      pair: (world, pair, wants) => {
        asked.push(wants.map((want) => `${want.name} ${want.version}`).join());
        return askedOpenssl.pair(world, pair, wants);
      },
      host: () => expect.unreachable("no single host is asked"),
    },
    { target, hosts },
  );
  expect(asked).toEqual([`libssl3 ${NEW_VERSION}`]);
  expect(pairs).toMatchObject([{ outcome: { kind: "moves" } }]);
  expect(pairs[0]?.servicesUnasked).toBeUndefined();
});

test("an answer that lowers a package on the way plans nothing, whatever it calls itself", async () => {
  const older = { name: "zlib1g", from: "1:1.3-1", to: "1:1.2-1" };
  for (const verb of ["downgrade", "upgrade"] as const) {
    const pair: typeof askedOpenssl.pair = async (_world, sets) => {
      const answer = answered(sets);
      if (answer.kind !== "resolved") throw new Error(answer.problem);
      const { resolution } = answer;
      const moves = resolution.moves.flatMap((move) => [move, { ...move, ...older, verb }]);
      return { ...answer, resolution: { ...resolution, moves } };
    };
    const pairs = await resolvePairs(made.world, { ...askedOpenssl, pair }, { target, hosts });
    const problem = expect.stringContaining("would lower zlib1g from 1:1.3-1 to 1:1.2-1");
    expect(pairs).toMatchObject([{ outcome: { kind: "not-resolved", problem } }]);
  }
});

test("where services differ, one host of each combination says what it has to restart", async () => {
  const runs: Readonly<Record<string, string>> = {
    "a-1": "nginx.service",
    "a-2": "nginx.service",
    "b-1": "haproxy.service",
    "c-1": "exim4.service",
  };
  const mixed = hosts.map((host) => ({
    ...host,
    services: [runs[host.name] ?? ""],
    isReachable: host.name !== "c-1",
  }));
  const pairs = await resolvePairs(
    made.world,
    {
      ...askedOpenssl,
      host: async (_world, host) => answered(host, [runs[host.name] ?? ""]),
    },
    { target, hosts: mixed },
  );
  expect(pairs).toMatchObject([
    {
      servicesUnasked: 1,
      outcome: { resolution: { affectedServices: ["haproxy.service", "nginx.service"] } },
    },
  ]);
});

test("a fix that no source offers is told without asking anybody", async () => {
  const newer = { ...target, sourceVersion: "3.0.99-1" };
  const nobody = () => expect.unreachable("nobody is asked");
  const pairs = await resolvePairs(
    made.world,
    { pair: nobody, host: nobody },
    { target: newer, hosts },
  );
  expect(pairs).toMatchObject([{ outcome: { kind: "fix-not-offered" } }]);
});

test("an ecosystem whose versions have no order is refused in words", async () => {
  const other = { ...target, ecosystem: "Plan9:4" };
  await expect(
    resolvePairs(made.world, askedOpenssl, { target: other, hosts }),
  ).rejects.toMatchObject({ code: "blocked" });
});

test("hosts are told of as a whole look at each tells, and what runs only where it matters", async () => {
  const { db } = made.world;
  await addHost(made.world, { name: "z-other", packages: [aPackage({ name: "bash" })] });
  const seen = await loadHosts(db, { scopes: everywhere });
  const selected = await loadSelectedHosts(db, { scopes: everywhere, selector: [], target });
  const expected = seen.map((host) => {
    const isTouched = host.name !== "z-other";
    const services = (host.facts?.services ?? []).filter((service) => service.state === "active");
    return {
      id: host.id,
      name: host.name,
      protocolId: host.protocolId,
      labels: host.labels,
      mode: host.mode,
      zone: host.facts?.zone ?? null,
      inspectedAt: host.contact.inspectedAt,
      isReachable: host.contact.state === "reachable",
      packageSet: host.packageSet,
      offerSet: host.offerSet,
      way: host.way.kind === "local" ? "local" : "piped",
      services: isTouched ? services.map((service) => service.unit) : [],
      held: isTouched ? (host.facts?.held ?? []) : [],
      distrusted: [],
      read: noSourcesRead,
      os: isTouched ? `${host.facts?.distribution} ${host.facts?.release}` : "",
    };
  });
  expect(selected).toEqual(expected);
  expect(selected.map((host) => host.os)).toContain("debian 12");
  const one = { scopes: everywhere, selector: parseSelector("ring=canary"), target };
  expect(await loadSelectedHosts(db, one)).toEqual([]);
});

describe("sources that hosts take packages from", () => {
  const loose = { uri: "http://loose.example/debian", suite: "stable" };
  const signed = { uri: "https://deb.example.org/debian", suite: "bookworm" };
  let admin: TestPerson;
  beforeAll(async () => {
    admin = await aPerson(made.world, "ada", { role: "admin", scope: "" });
  });
  const assess = (source: typeof loose, trust: "trusted" | "blocked", as?: Actor) =>
    assessSource(made.world, as ?? admin.actor, {
      ...source,
      trust,
      kind: "third-party",
      reason: "a test",
    });

  test("are told with their hosts, and leave a host out when unsigned or blocked", async () => {
    const { db } = made.world;
    const packages = [aPackage({ name: "libssl3", source: "openssl", ecosystem: "Debian:12" })];
    const runtime = [
      `source ${loose.uri} ${loose.suite} main unsigned`,
      `source ${signed.uri} ${signed.suite} main,contrib signed index-signed`,
    ];
    await addHost(made.world, { name: "y-open", packages, runtime });
    const unread = [`source ${loose.uri} ${loose.suite} ? unsigned`];
    await addHost(made.world, { name: "y-unread", packages, runtime: unread });
    const listed = await loadPackageSources(db, everywhere);
    expect(listed).toMatchObject([
      { ...loose, components: ["?", "main"], hosts: 2, unauthenticatedHosts: 1, assessment: null },
      { ...signed, components: ["contrib", "main"], hosts: 1, unauthenticatedHosts: 0 },
    ]);
    expect(listed.map(sourceConcern)).toEqual([
      expect.stringContaining("not authenticated on 1 of 2"),
      "nobody assessed it",
    ]);
    await assess(signed, "blocked");
    const selected = await loadSelectedHosts(db, { scopes: everywhere, selector: [], target });
    const distrusted = selected.filter((host) => host.distrusted.length > 0);
    expect(distrusted.map(({ name, distrusted: why }) => [name, why])).toEqual([
      [
        "y-open",
        [
          { ...loose, because: "unauthenticated" },
          { ...signed, because: "blocked" },
        ],
      ],
    ]);
    await assess(signed, "trusted");
    const after = await loadSelectedHosts(db, { scopes: everywhere, selector: [], target });
    expect(after.find(({ name }) => name === "y-open")?.distrusted).toHaveLength(1);
  });

  test("leave a host out that has no components to name: gpgcheck=0, and a flat one with trusted=yes", async () => {
    const { db } = made.world;
    const packages = [aPackage({ name: "libssl3", source: "openssl", ecosystem: "Debian:12" })];
    const flat = { uri: "http://flat.example/debs", suite: "./" };
    const rpm = { uri: "http://rpm.example/os", suite: "baseos" };
    const runtime = [flat, rpm].map(({ uri, suite }) => `source ${uri} ${suite} - unsigned`);
    await addHost(made.world, { name: "y-bare", packages, runtime });
    const selected = await loadSelectedHosts(db, { scopes: everywhere, selector: [], target });
    expect(selected.find(({ name }) => name === "y-bare")?.distrusted).toEqual([
      { ...flat, because: "unauthenticated" },
      { ...rpm, because: "unauthenticated" },
    ]);
    const listed = await loadPackageSources(db, everywhere);
    expect(listed.filter(({ uri }) => [flat.uri, rpm.uri].includes(uri))).toMatchObject([
      { ...flat, hosts: 1, unauthenticatedHosts: 1 },
      { ...rpm, hosts: 1, unauthenticatedHosts: 1 },
    ]);
  });

  test("are told by the hosts that demand no signed index of rpm's, and by those that do not say", async () => {
    const { db } = made.world;
    const packages = [aPackage({ name: "libssl3", source: "openssl", ecosystem: "Debian:12" })];
    const uri = "http://index.example/os";
    const suites = { strict: "index-signed", loose: "index-unsigned", silent: "" };
    const runtime = Object.entries(suites).map(([suite, word]) =>
      `source ${uri} ${suite} - signed ${word}`.trim(),
    );
    await addHost(made.world, { name: "y-index", packages, runtime });
    const selected = await loadSelectedHosts(db, { scopes: everywhere, selector: [], target });
    expect(selected.find(({ name }) => name === "y-index")?.distrusted).toEqual([
      { uri, suite: "loose", because: "unsigned-index" },
      { uri, suite: "silent", because: "unsigned-index" },
    ]);
    const listed = await loadPackageSources(db, everywhere);
    const ours = listed.filter((source) => source.uri === uri);
    expect(
      ours.map((one) => [one.suite, one.unsignedIndexHosts, one.unauthenticatedHosts]),
    ).toEqual([
      ["loose", 1, 0],
      ["silent", 1, 0],
      ["strict", 0, 0],
    ]);
  });

  test("are judged by who may apply policy everywhere, and only where a host has them", async () => {
    const limited = {
      ...admin.actor,
      grants: [{ role: "admin" as const, scope: parseSelector("a=b") }],
    };
    await expect(assess(signed, "blocked", limited)).rejects.toMatchObject({ code: "forbidden" });
    const nobodys = { uri: "https://nobody.example", suite: "x" };
    await expect(assess(nobodys, "blocked")).rejects.toMatchObject({ code: "not-found" });
    expect(await loadPackageSources(made.world.db, [])).toEqual([]);
  });
});
