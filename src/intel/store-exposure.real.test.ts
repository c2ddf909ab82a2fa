import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addHost, inspect } from "../../test/builders/fleet.ts";
import { aPackage, trackerFile } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { type HostId, newId } from "../base/ids.ts";
import { parseSelector, type Selector, selects } from "../base/labels.ts";
import { inTransaction } from "../db/database.ts";
import { everywhere, insertHosts, loadHosts, markRemoved } from "../inventory/store.ts";
import { loadFeedFile } from "./actions.ts";
import { listFindings } from "./actions-findings.ts";
import { rematch } from "./rematch.ts";
import { hostsWithPackages, loadKnownHosts } from "./store-exposure.ts";

/** A fleet small enough to judge host by host, which is what set-wise answers are compared with. */
const HOSTS = 24;
const KERNELS = ["6.1.0-8-amd64", "6.1.0-9-amd64"] as const;
const parts = [
  aPackage({ name: "libssl3", source: "openssl" }),
  aPackage({ name: "openssl" }),
  aPackage({ name: "zlib1g", source: "zlib" }),
  ...KERNELS.map((kernel) => aPackage({ name: `linux-image-${kernel}`, source: "linux" })),
];
const vulnerable: Readonly<Record<string, readonly string[]>> = {
  openssl: ["CVE-2026-0001", "CVE-2026-0002"],
  zlib: ["CVE-2026-0003"],
  linux: ["CVE-2026-0002", "CVE-2026-0004"],
};

interface Known {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly kernel: string;
  readonly packages: readonly (typeof parts)[number][];
}

const fleet: readonly Known[] = Array.from({ length: HOSTS }, (_, at) => ({
  name: `h-${String((at * 7) % HOSTS).padStart(2, "0")}`,
  labels: { env: at % 3 === 0 ? "shop" : "bank" },
  kernel: KERNELS[at % 2] ?? "",
  packages: [
    aPackage({ name: "bash" }),
    ...parts.filter((_part, bit) => (((at * 5) % 11) & (1 << bit)) !== 0),
  ],
})).toSorted((a, b) => (a.name < b.name ? -1 : 1));

let made: TestWorld;
beforeAll(async () => {
  made = await testWorld();
  const { world } = made;
  for (const host of fleet) await addHost(world, host);
  const gone = await addHost(world, { name: "gone", packages: parts });
  await inTransaction(world.db, (tx) => markRemoved(tx, gone, world.clock()));
  const now = world.clock();
  const unseen = { id: newId<HostId>(now), name: "unseen", protocolId: `h-${"0".repeat(20)}` };
  const rest = { labels: {}, way: { kind: "local" as const }, mode: "managed" as const };
  await inTransaction(world.db, (tx) => insertHosts(tx, [{ ...unseen, ...rest }], now));
  const fixed = { bookworm: { status: "resolved", fixed_version: "1.0-2", urgency: "high" } };
  const bytes = trackerFile(
    Object.fromEntries(
      Object.entries(vulnerable).map(([source, ids]) => [
        source,
        Object.fromEntries(ids.map((id) => [id, fixed])),
      ]),
    ),
  );
  await loadFeedFile(world, systemActor, { bytes, asOf: now, acceptShrink: false });
  await rematch(world);
});
afterAll(() => made.close());

/** Of kernel images only the one that runs counts. */
function present(host: Known) {
  return host.packages.filter(
    ({ name, source }) => source !== "linux" || name === `linux-image-${host.kernel}`,
  );
}

const cvesOf = (host: Known): string[] => [
  ...new Set(present(host).flatMap(({ source }) => vulnerable[source] ?? [])),
];

async function packageIds(): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ id: number; name: string }>`
    select id, name from package`.execute(made.world.db);
  return new Map(rows.map(({ id, name }) => [name, id]));
}

const shop = parseSelector("env=shop");

describe("hosts with packages", () => {
  test.each([
    ["everywhere", everywhere],
    ["within labels", [shop]],
  ] as const)("are those that a look at each host finds, %s", async (_where, scopes) => {
    const ids = await packageIds();
    for (const wanted of [["libssl3"], ["zlib1g", "openssl"], parts.map((part) => part.name)]) {
      const all = fleet.filter((host) =>
        scopes.some((scope: Selector) => selects(scope, host.labels)),
      );
      const expected = all.flatMap((host) => {
        const own = present(host).filter((part) => wanted.includes(part.name));
        const ownIds = own.map((part) => ids.get(part.name) ?? 0).sort((a, b) => a - b);
        return own.length === 0 ? [] : [{ name: host.name, packageIds: ownIds }];
      });
      const filter = { scopes, packageIds: wanted.map((name) => ids.get(name) ?? 0) };
      const found = await hostsWithPackages(made.world.db, { ...filter, limit: 100 });
      expect(found.map(({ name, packageIds: own }) => ({ name, packageIds: own }))).toEqual(
        expected,
      );
      const afterName = expected[2]?.name ?? "";
      const page = await hostsWithPackages(made.world.db, { ...filter, afterName, limit: 2 });
      expect(page.map(({ name }) => name)).toEqual(
        expected
          .filter(({ name }) => name > afterName)
          .map(({ name }) => name)
          .slice(0, 2),
      );
    }
  });
});

describe("a list of findings by host", () => {
  const list = (page: { skip?: number; cursor?: string; limit: number }, more = {}) =>
    listFindings(made.world, systemActor, { group: "host", page, ...more });

  test("says of each host what a look at it alone says, and counts what is not known", async () => {
    const { rows, total, coverage } = await list({ limit: 100 });
    const told = rows.map(
      ({ key, vulnerabilities }) => [key, [...vulnerabilities].sort()] as const,
    );
    const expected = fleet
      .filter((host) => cvesOf(host).length > 0)
      .map((host) => [host.name, cvesOf(host).sort()] as const);
    expect(told.toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual(expected);
    expect(total).toBe(expected.length);
    expect(coverage).toMatchObject({ hostCount: HOSTS + 1, unknownHostCount: 1 });
  });

  test("is the same list in pages of any size, from any place", async () => {
    const whole = (await list({ limit: 100 })).rows;
    for (const limit of [1, 3, 7]) {
      for (let skip = 0; skip <= whole.length; skip += 1) {
        const page = await list({ skip, limit });
        expect(page.rows, `${skip} ${limit}`).toEqual(whole.slice(skip, skip + limit));
        expect(page.next === null).toBe(skip + limit >= whole.length);
      }
    }
    const found = (await list({ limit: 100 }, { search: "zlib" })).rows;
    expect(found.map((row) => row.key).sort()).toEqual(
      fleet.filter((host) => host.packages.some((p) => p.source === "zlib")).map((h) => h.name),
    );
  });

  test("changes with the very next look when a host or a feed does", async () => {
    const { world } = made;
    const before = await list({ limit: 100 });
    const [first] = await loadHosts(world.db, { scopes: everywhere, names: ["h-00"] });
    await inspect(world, first!.id, { packages: [aPackage({ name: "bash" })] });
    const after = await list({ limit: 100 });
    const rest = before.rows.map((row) => row.key).filter((key) => key !== "h-00");
    expect(after.rows.map((row) => row.key).sort()).toEqual(rest.sort());
    await inspect(world, first!.id, fleet[0]!);
    expect((await list({ limit: 100 })).rows).toEqual(before.rows);
    const { groups, unknownCount } = await loadKnownHosts(world.db, { scopes: everywhere });
    expect(groups.reduce((sum, group) => sum + group.hostCount, 0)).toBe(HOSTS);
    expect(unknownCount).toBe(1);
  });
});
