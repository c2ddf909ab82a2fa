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
import { putSbom, removeArtifact } from "../inventory/actions-sboms.ts";
import { addService } from "../inventory/actions-services.ts";
import { loadFeedFile } from "./actions.ts";
import { listFindings, showFinding } from "./actions-findings.ts";
import { askGate, ownActions } from "./actions-service-reading.ts";
import { judgedService } from "./actions-services.ts";
import { endExpiredVex, listVex, loadVex, removeVex, showVex } from "./actions-vex.ts";
import { answerForVex } from "./actions-vex-answer.ts";
import { loadVexEffects } from "./actions-vex-effect.ts";
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

  it("counts in another document from when a person answers for it, and tells what that changes", async () => {
    const { world } = made;
    const { document } = await load({ scope: "env=prod" });
    const before = now;
    expect((await loadVexEffects(world, ada)).size).toBe(0);
    now += 60_000;
    const answer = { ref: `V-${document.number}`, reason: "checked in build 4711" };
    const loop = { ...ada, kind: "system" as const };
    await expect(answerForVex(world, loop, answer)).rejects.toThrow("Only a person");
    const counting = await answerForVex(world, ada, answer);
    expect(counting).toMatchObject({
      ...{ trust: "responsible", trustedBy: "ada", trustReason: "checked in build 4711" },
      ...{ scope: "env=prod", digest: document.digest, matchedCount: 1, statementCount: 1 },
    });
    expect(await hosts()).toBe(1);
    const effects = await loadVexEffects(world, ada);
    expect(effects.get(`V-${counting.number}`)).toEqual({
      ...{ vulnerabilities: 1, findings: 2, hosts: 2 },
    });
    await expect(answerForVex(world, ada, answer)).rejects.toThrow("It has ended already.");
    const again = { ...answer, ref: `V-${counting.number}` };
    await expect(answerForVex(world, ada, again)).rejects.toThrow("ada stands for it already.");
    const past = await listFindings(world, ada, { group: "vulnerability", asOf: before });
    expect(past.rows[0]?.hostCount).toBe(3);
    await drop(counting.number);
  });

  it("is refused where it names a field twice, as what was signed could say two things", async () => {
    const content = openVex().replace('"status":', '"status":"affected","status":');
    await expect(load({ content })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("/statements/0/status twice"),
    });
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

describe("a VEX document about a service", () => {
  const serial = "3e671687-395b-41f5-a30f-a58921a69b79";
  const whole = "pkg:oci/shop@sha256:aaaa?repository_url=registry.example.org";

  async function deploy(of: { environment: string; serial?: string }): Promise<void> {
    const component = { type: "library", name: "qs", version: "6.0.0", purl: "pkg:npm/qs@6.0.0" };
    const bom = {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      serialNumber: `urn:uuid:${of.serial ?? serial}`,
      version: 2,
      metadata: { component: { type: "container", name: "shop", "bom-ref": "it", purl: whole } },
      components: [{ ...component, "bom-ref": "the qs" }],
    };
    now += 1_000;
    await putSbom(made.world, systemActor, {
      ...{ service: "shop", artifact: "web", version: "1", release: null, documentName: "" },
      environment: of.environment,
      bytes: Buffer.from(JSON.stringify(bom)),
    });
    await rematch(made.world);
  }

  function about(product: object): string {
    const document = JSON.parse(openVex());
    document.statements[0].products = [product];
    document.statements[0].vulnerability = { name: "CVE-2026-0007" };
    return JSON.stringify(document);
  }

  const found = (asOf?: number) =>
    ownActions(made.world, ada, { service: "shop", limit: 10, asOf });
  const gate = () => askGate(made.world, ada, { service: "shop", rules: ["any"] });

  it("reaches its entries by the product it is, by the bill's serial number and by scope", async () => {
    const { world } = made;
    await addService(world, systemActor, {
      ...{ name: "shop", title: "", team: "payments", owners: [], labels: {}, repository: "" },
      ...{ hostSelector: null, hosts: [], needs: [] },
    });
    await deploy({ environment: "prod" });
    const record = {
      id: "CVE-2026-0007",
      modified: "2026-08-01T00:00:00Z",
      affected: [
        {
          package: { ecosystem: "npm", name: "qs" },
          ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "6.0.4" }] }],
        },
      ],
    };
    const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
    await loadFeedFile(world, systemActor, { bytes, asOf: now, acceptShrink: true });
    expect(await found()).toMatchObject({ total: 1, setAside: [] });
    const before = now;
    const parts = { "@id": whole, subcomponents: [{ "@id": "pkg:npm/qs@6.0.0" }] };
    const unsigned = await load({ content: about(parts) });
    expect(unsigned.document).toMatchObject({ matchedCount: 1, trust: "none" });
    expect(unsigned.unmatched).toEqual([]);
    const shown = await found();
    expect(shown.items[0]?.cleared[0]?.filters).toMatchObject([{ isSetAside: false }]);
    expect((await gate()).state).toBe("fail");
    await drop(unsigned.document.number);

    const answered = "we build without the code";
    for (const product of [
      parts,
      { "@id": `urn:cdx:${serial}/2#the%20qs` },
      { "@id": `urn:cdx:${serial.toUpperCase()}/2` },
      { "@id": whole },
      { "@id": "pkg:npm/qs@6.0.0" },
    ]) {
      const { document } = await load({
        content: about(product),
        scope: "service=shop,env=prod",
        responsible: answered,
      });
      expect(document.matchedCount).toBe(1);
      expect(await found()).toMatchObject({
        total: 0,
        setAside: [{ id: "CVE-2026-0007", name: "qs", filter: { isSetAside: true } }],
      });
      expect(await gate()).toMatchObject({
        state: "pass",
        setAside: [`CVE-2026-0007 is set aside by V-${document.number}. ada answers for it.`],
      });
      const judged = await judgedService(world, ada, "shop");
      expect(judged.own?.state.state).not.toBe("bad");
      // Where it is deployed beside that and nobody spoke of it, the finding is open.
      if (product === parts) {
        await deploy({ environment: "dev" });
        expect(await found()).toMatchObject({ total: 1, setAside: [] });
        await removeArtifact(world, systemActor, {
          ...{ service: "shop", artifact: "web", environment: "dev" },
        });
      }
      expect(await found(before)).toMatchObject({ total: 1, setAside: [] });
      now += 1_000;
      await drop(document.number);
      expect(await found()).toMatchObject({ total: 1, setAside: [] });
    }
  });

  it("says nothing of another bill, another version of it, or a part that is not in it", async () => {
    await deploy({ environment: "prod" });
    await deploy({ environment: "other", serial: "11111111-395b-41f5-a30f-a58921a69b79" });
    for (const product of [
      // The reference looks like a package URL, and is still one of that bill only.
      { "@id": `urn:cdx:${serial}/1#pkg:npm/qs@6.0.0` },
      { "@id": `urn:cdx:${serial}/2#another` },
      { "@id": whole, subcomponents: [{ "@id": "pkg:npm/ms@2.0.0" }] },
      { "@id": "pkg:oci/other@sha256:bbbb", subcomponents: [{ "@id": "pkg:npm/qs@6.0.0" }] },
    ]) {
      const { document, unmatched } = await load({
        content: about(product),
        responsible: "checked by hand",
      });
      expect([document.matchedCount, unmatched.length]).toEqual([0, 1]);
      expect(await found()).toMatchObject({ total: 1, setAside: [] });
      await drop(document.number);
    }
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
