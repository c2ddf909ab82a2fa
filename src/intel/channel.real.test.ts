import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addHost, inspect } from "../../test/builders/fleet.ts";
import { aPackage } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import { loadFeedFile } from "./actions.ts";
import { listFindings, showFinding } from "./actions-findings.ts";
import { hostFindings } from "./findings.ts";
import { rematch } from "./rematch.ts";

let now = Date.parse("2026-11-21T12:00:00Z");
let made: TestWorld;
const hosts = new Map<string, HostId>();

/** As Ubuntu publishes it: open in the release, fixed for those with a subscription. */
const record = (id: string, affected: readonly (readonly [string, string | null])[]) =>
  JSON.stringify({
    schema_version: "1.7.0",
    id: `UBUNTU-${id}`,
    modified: "2026-11-20T00:00:00Z",
    published: "2026-11-01T00:00:00Z",
    upstream: [id],
    affected: affected.map(([ecosystem, fixed]) => ({
      package: { ecosystem, name: "openssl" },
      ranges: [
        {
          type: "ECOSYSTEM",
          events: [{ introduced: "0" }, ...(fixed === null ? [] : [{ fixed }])],
        },
      ],
    })),
  });

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  const { world } = made;
  const packages = [aPackage({ name: "libssl1.1", source: "openssl", version: "1.1.1-1ubuntu1" })];
  const os = "ubuntu 18.04 bionic";
  for (const [name, labels] of [
    ["plain", {}],
    ["labelled", { channel: "pro" }],
    ["sourced", {}],
    ["fips", { "channel/pro-fips": "yes" }],
  ] as const) {
    hosts.set(name, await addHost(world, { name, packages, labels, os }));
  }
  await sql`update host set facts = jsonb_set(facts, '{sources}', ${JSON.stringify([
    {
      uri: "https://esm.ubuntu.com/infra/ubuntu",
      suite: "bionic-infra-security",
      components: "main",
      isSigned: true,
      isIndexSigned: true,
    },
  ])}::jsonb) where name = 'sourced'`.execute(world.db);
  await loadFeedFile(world, systemActor, {
    bytes: Buffer.from(
      `[${record("CVE-2026-0001", [
        ["Ubuntu:18.04:LTS", null],
        ["Ubuntu:Pro:18.04:LTS", "1.1.1-1ubuntu1+esm1"],
        ["Ubuntu:Pro:FIPS:18.04:LTS", "1.1.1-1ubuntu1+fips1"],
      ])}]`,
    ),
    asOf: now,
    acceptShrink: true,
  });
});
afterAll(() => made.close());

async function seenBy(name: string) {
  const id = hosts.get(name);
  if (id === undefined) throw new Error(name);
  const { findings } = await hostFindings(made.world.db, id, now);
  return findings.map(({ state, fixedVersion, because }) => [state, fixedVersion, because.rule]);
}

describe("a fix in a channel beside the release", () => {
  it("is a remedy for hosts that may install from it, and told to the others", async () => {
    const mended = [["affected-fix-available", "1.1.1-1ubuntu1+esm1", "version-range"]];
    expect(await seenBy("labelled")).toEqual(mended);
    expect(await seenBy("sourced")).toEqual(mended);
    const [plain, ...others] = await seenBy("plain");
    expect(others).toEqual([]);
    expect(plain?.[0]).toBe("affected-no-fix");
    expect(plain?.[2]).toBe("fixed-in-channel");
    expect(await seenBy("fips")).toEqual([
      ["affected-fix-available", "1.1.1-1ubuntu1+fips1", "version-range"],
    ]);
  });

  it("counts each host once, in the state that it sees", async () => {
    const { world } = made;
    const list = async (states?: readonly ["affected-no-fix" | "affected-fix-available"]) =>
      (await listFindings(world, systemActor, { group: "vulnerability", states })).rows[0];
    expect((await list())?.hostCount).toBe(4);
    expect((await list(["affected-no-fix"]))?.hostCount).toBe(1);
    expect((await list(["affected-fix-available"]))?.hostCount).toBe(3);
    const { packages } = await showFinding(world, systemActor, "CVE-2026-0001");
    expect(
      packages.map(({ finding, hostCount }) => [finding.fixedVersion, hostCount]).sort(),
    ).toEqual([
      ["1.1.1-1ubuntu1+esm1", 1],
      ["1.1.1-1ubuntu1+esm1", 2],
      ["1.1.1-1ubuntu1+fips1", 1],
    ]);
  });

  it("counts when it is installed, whoever may install it", async () => {
    const { world } = made;
    const id = hosts.get("plain");
    if (id === undefined) throw new Error("plain");
    const version = "1.1.1-1ubuntu1+esm1";
    now += 60_000;
    await inspect(world, id, {
      packages: [aPackage({ name: "libssl1.1", source: "openssl", version })],
      os: "ubuntu 18.04 bionic",
    });
    await rematch(world);
    expect(await seenBy("plain")).toEqual([]);
  });
});
