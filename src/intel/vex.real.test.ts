import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addHost, inspect } from "../../test/builders/fleet.ts";
import { aPackage, trackerFile } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Actor, systemActor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import { DAY_MS } from "../base/instant.ts";
import { parseSelector, type Selector, selects } from "../base/labels.ts";
import { runCommand } from "../base/run-command.ts";
import { listFindings, loadFeedFile, showFinding } from "./actions.ts";
import { endExpiredVex, listVex, loadVex, removeVex, showVex } from "./actions-vex.ts";
import { addPublisher } from "./actions-vex-trust.ts";
import { hostFindings } from "./findings.ts";
import { rematch } from "./rematch.ts";

const CVE = "CVE-2026-0001";
let now = Date.parse("2026-11-21T12:00:00Z");
let made: TestWorld;
let prod: HostId;
const ada: Actor = { ...systemActor, name: "ada", kind: "person" };

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  const { world } = made;
  const packages = [aPackage({ name: "libssl3", source: "openssl", version: "1.0-1" })];
  prod = await addHost(world, { name: "prod-1", packages, labels: { env: "prod" } });
  await addHost(world, { name: "prod-2", packages, labels: { env: "prod" } });
  await addHost(world, { name: "dev-1", packages, labels: { env: "dev" } });
  const fixed = { bookworm: { status: "resolved", fixed_version: "1.0-2", urgency: "high" } };
  await loadFeedFile(world, systemActor, {
    bytes: Buffer.from(trackerFile({ openssl: { [CVE]: fixed } })),
    asOf: now,
    acceptShrink: true,
  });
});
afterAll(() => made.close());

function openVex(of: { status?: string; purl?: string; author?: string; at?: string } = {}) {
  const status = of.status ?? "not_affected";
  return JSON.stringify({
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.org/vex/1",
    author: of.author ?? "Example Security",
    timestamp: of.at ?? "2026-11-20T00:00:00Z",
    version: 1,
    statements: [
      {
        vulnerability: { name: CVE },
        products: [{ "@id": of.purl ?? "pkg:deb/debian/libssl3?distro=debian-12" }],
        status,
        ...(status === "not_affected" ? { justification: "vulnerable_code_not_present" } : {}),
      },
    ],
  });
}

async function load(of: Partial<Parameters<typeof loadVex>[2]>) {
  now += 1_000;
  return await loadVex(made.world, ada, {
    ...{ content: openVex(), title: "t", scope: "", product: "", signature: null },
    ...{ responsible: null, until: null },
    ...of,
  });
}

async function hosts(isFiltered = false): Promise<number> {
  const list = await listFindings(made.world, ada, { group: "vulnerability", isFiltered });
  return list.rows[0]?.hostCount ?? 0;
}

async function drop(number: number): Promise<void> {
  await removeVex(made.world, ada, { ref: `V-${number}`, reason: "end of the test" });
}

describe("a VEX document on the server", () => {
  it("is shown and changes nothing as long as nobody verified its author", async () => {
    const { document } = await load({});
    expect(document).toMatchObject({ trust: "none", matchedCount: 1, statementCount: 1 });
    expect(await hosts()).toBe(3);
    const { findings } = await hostFindings(made.world.db, prod, now);
    expect(findings[0]?.filter).toMatchObject({ isSetAside: false, says: "not-affected" });
    await drop(document.number);
  });

  it("sets aside for the hosts of its scope when somebody answers for it, until it ends", async () => {
    const { world } = made;
    const { document } = await load({
      ...{ scope: "env=prod", responsible: "we build without the code" },
      until: now + DAY_MS,
    });
    expect(await hosts()).toBe(1);
    expect(await hosts(true)).toBe(2);
    const list = await listFindings(world, ada, { group: "host" });
    expect(list.rows.map((row) => row.key)).toEqual(["dev-1"]);
    expect(list.filteredCount).toBe(1);
    const explained = await showFinding(world, ada, CVE);
    expect(explained.hosts.map((host) => host.name)).toEqual(["dev-1"]);
    expect(explained.packages[0]).toMatchObject({ hostCount: 1, filteredHostCount: 2 });
    expect(explained.filters).toMatchObject([
      { hostCount: 2, filter: { trust: "ada answers for it.", isSetAside: true } },
    ]);
    // A host that comes to the scope later is within it, and one that leaves is not.
    await sql`update host set labels = '{"env": "prod"}' where name = 'dev-1'`.execute(world.db);
    expect(await hosts()).toBe(0);
    await sql`update host set labels = '{"env": "dev"}' where name = 'dev-1'`.execute(world.db);
    expect(await hosts()).toBe(1);
    now += 2 * DAY_MS;
    await endExpiredVex(world);
    expect(await hosts()).toBe(3);
    const [ended] = await listVex(world, { isLive: false });
    expect(ended).toMatchObject({ number: document.number, endReason: "its time is over" });
    const { rows } = await sql<{ type: string }>`
      select type from event where object = ${`vex:${document.id}`} order by id`.execute(world.db);
    expect(rows.map((row) => row.type)).toEqual(["vex.loaded", "vex.ended"]);
  });

  it("says which statements fit nothing and why, and fits them when packages come", async () => {
    const { world } = made;
    const content = openVex({ purl: "pkg:deb/debian/libssl3@1.0-1.1?distro=debian-12" });
    const { document, unmatched } = await load({ content, responsible: "checked by hand" });
    expect(unmatched).toHaveLength(1);
    expect(unmatched[0]?.why).toContain("Another version");
    expect(await hosts()).toBe(3);
    const newer = [aPackage({ name: "libssl3", source: "openssl", version: "1.0-1.1" })];
    now += 60_000;
    await inspect(world, prod, { packages: newer });
    await rematch(world);
    expect(await hosts()).toBe(2);
    expect((await showVex(world, `V-${document.number}`)).unmatched).toEqual([]);
    const older = [aPackage({ name: "libssl3", source: "openssl", version: "1.0-1" })];
    now += 60_000;
    await inspect(world, prod, { packages: older });
    await drop(document.number);
  });

  it("counts when ssh-keygen signed it with the key of a publisher that speaks for the author", async () => {
    const { world } = made;
    const folder = mkdtempSync(join(tmpdir(), "fettle-vex-"));
    const key = join(folder, "key");
    const file = join(folder, "vex.json");
    const run = (...args: string[]) =>
      runCommand({ program: "ssh-keygen", args, timeoutMs: 20_000, outputBytesMax: 65_536 });
    await run("-q", "-t", "ed25519", "-N", "", "-f", key);
    writeFileSync(file, openVex());
    await run("-Y", "sign", "-q", "-n", "fettle-vex-v1", "-f", key, file);
    const signature = readFileSync(`${file}.sig`, "utf8");
    await expect(load({ signature })).rejects.toThrow("nobody registered");
    const keyLine = readFileSync(`${key}.pub`, "utf8");
    await addPublisher(world, ada, { name: "Example", keyLine, authors: ["Example Security"] });
    const { document } = await load({ signature });
    expect(document).toMatchObject({ trust: "publisher", trustedBy: "Example" });
    expect(await hosts()).toBe(0);
    const other = openVex({ author: "Somebody else" });
    await expect(load({ content: other, signature })).rejects.toThrow("does not hold");
    await drop(document.number);
    rmSync(folder, { recursive: true });
  });

  it("is not taken over by whoever lacks the right, for the hosts it is about", async () => {
    const limited: Actor = {
      ...ada,
      grants: [{ role: "approver", scope: parseSelector("env=dev") }],
    };
    const input = {
      ...{ content: openVex(), title: "", product: "", signature: null, until: null },
      responsible: "we looked at it",
    };
    await expect(loadVex(made.world, limited, { ...input, scope: "" })).rejects.toThrow("vex.load");
    const loaded = await loadVex(made.world, limited, { ...input, scope: "env=dev" });
    expect(await hosts()).toBe(2);
    await drop(loaded.document.number);
    const operator: Actor = { ...ada, grants: [{ role: "operator", scope: [] }] };
    await expect(loadVex(made.world, operator, { ...input, scope: "" })).rejects.toThrow(
      "vex.trust",
    );
  });
});

describe("label expressions in the database", () => {
  it("select the same hosts as in the program", async () => {
    const key = fc.constantFrom("x", "y");
    const value = fc.constantFrom("a", "b", "c");
    const requirement = fc.oneof(
      fc.record({
        op: fc.constantFrom("in" as const, "not-in" as const),
        key,
        values: fc.uniqueArray(value, { minLength: 1 }),
      }),
      fc.record({ op: fc.constantFrom("exists" as const, "absent" as const), key }),
    );
    const samples = fc.sample(
      fc.tuple(fc.array(requirement, { maxLength: 3 }), fc.dictionary(key, value)),
      500,
    );
    const { rows } = await sql<{ fits: boolean }>`
      select labels_fit(s -> 0, s -> 1) as fits
        from jsonb_array_elements(${JSON.stringify(samples)}::jsonb) with ordinality as t (s, at)
       order by at`.execute(made.world.db);
    expect(rows.map((row) => row.fits)).toEqual(
      samples.map(([selector, labels]) => selects(selector as Selector, labels)),
    );
  });
});
