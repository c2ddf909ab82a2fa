import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addHost } from "../../test/builders/fleet.ts";
import { aPackage, trackerFile } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Actor, systemActor } from "../base/actor.ts";
import { parseSelector } from "../base/labels.ts";
import { putSbom, removeArtifact } from "../inventory/actions-sboms.ts";
import {
  addService,
  editService,
  removeService,
  type ServiceInput,
} from "../inventory/actions-services.ts";
import { loadFeedFile } from "./actions.ts";
import { exposedServices } from "./actions-exposed-services.ts";
import { listFindings } from "./actions-findings.ts";
import {
  artifactHistory,
  askGate,
  compareSboms,
  hostActions,
  listComponents,
  ownActions,
} from "./actions-service-reading.ts";
import { judgedService, judgedServices } from "./actions-services.ts";
import { rematch } from "./rematch.ts";

let now = 0;
let made: TestWorld;
beforeEach(async () => {
  now = Date.parse("2026-11-21T12:00:00Z");
  made = await testWorld({ clock: () => now });
});
afterEach(() => made.close());

const shop: ServiceInput = {
  name: "shop",
  title: "Web shop",
  team: "payments",
  owners: ["ada"],
  labels: { env: "prod", tier: "0" },
  repository: "https://git.example.org/shop",
  hostSelector: "service=shop",
  hosts: [],
  needs: [],
};

function reader(scope: string, role: "viewer" | "operator" | "publisher"): Actor {
  return { ...systemActor, kind: "person", grants: [{ role, scope: parseSelector(scope) }] };
}

function lock(...packages: readonly (readonly [place: string, version: string, needs?: string])[]) {
  const entries = packages.map(([place, version, needs]) => [
    place,
    { version, ...(needs === undefined ? {} : { dependencies: { [needs]: "*" } }) },
  ]);
  return JSON.stringify({
    name: "shop",
    lockfileVersion: 3,
    packages: { "": { dependencies: { express: "*" } }, ...Object.fromEntries(entries) },
  });
}

async function put(text: string | Buffer, of: { artifact?: string; version?: string } = {}) {
  now += 60_000;
  const taken = await putSbom(made.world, systemActor, {
    service: "shop",
    artifact: "main",
    environment: "prod",
    version: "",
    release: null,
    documentName: "package-lock.json",
    bytes: Buffer.from(text),
    ...of,
  });
  await rematch(made.world);
  return taken;
}

async function advisory(id: string, name: string, fixed: string): Promise<void> {
  now += 60_000;
  const record = {
    id,
    modified: "2026-08-01T00:00:00Z",
    affected: [
      {
        package: { ecosystem: "npm", name },
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed }] }],
      },
    ],
  };
  await loadFeedFile(made.world, systemActor, {
    bytes: Buffer.from(`${JSON.stringify(record)}\n`),
    asOf: now,
    acceptShrink: true,
  });
}

const old = lock(
  ["node_modules/express", "4.0.0", "qs"],
  ["node_modules/qs", "6.0.0"],
  ["node_modules/own", "git+ssh://x"],
);

describe("a service with what is in it", () => {
  it("is judged by CPE names where a component has no other, until the record takes them back", async () => {
    await addService(made.world, systemActor, shop);
    const component = (more: object): object => ({ type: "library", name: "openssl", ...more });
    const components = [
      component({ cpe: "cpe:/a:openssl:openssl:1.0.2k" }),
      component({ purl: "pkg:generic/openssl@1.0.2j" }),
      component({
        purl: "pkg:deb/debian/openssl@1.0.2k-1?distro=bookworm",
        cpe: "cpe:/a:openssl:openssl:1.0.2k",
      }),
    ];
    await put(JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.5", components }));
    const record = async (configurations: readonly object[], modified: string) => {
      const cve = { id: "CVE-2026-0009", lastModified: modified, configurations };
      const page = { format: "NVD_CVE", totalResults: 9, vulnerabilities: [{ cve }] };
      const bytes = Buffer.from(JSON.stringify(page));
      await loadFeedFile(made.world, systemActor, { bytes, asOf: now, acceptShrink: true });
      await rematch(made.world);
      return (await judgedService(made.world, systemActor, "shop")).own;
    };
    const criteria = "cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*";
    const match = { vulnerable: true, criteria, versionEndExcluding: "1.0.2l" };
    const open = await record([{ nodes: [{ cpeMatch: [match] }] }], "2026-11-01T00:00:00");
    expect(open?.pairs.map((p) => [p.vulnerability, p.state, p.fixedVersion])).toEqual([
      ["CVE-2026-0009", "affected-fix-available", "1.0.2l"],
    ]);
    expect(open?.pairs[0]?.packageIds).toHaveLength(2);
    expect((await record([], "2026-11-02T00:00:00"))?.pairs).toEqual([]);
  });

  it("is matched like hosts, says how things got in, and what one action clears", async () => {
    const { world } = made;
    await addService(world, systemActor, shop);
    expect((await judgedService(world, systemActor, "shop")).own?.state.state).toBe("unknown");
    const taken = await put(old, { version: "1.0" });
    expect(taken).toMatchObject({ isChanged: true, before: null });
    expect(taken.artifact.sbom).toMatchObject({ componentCount: 3, unknownCount: 1 });
    await advisory("GHSA-aaaa-aaaa-aaa1", "qs", "6.0.4");
    await advisory("GHSA-aaaa-aaaa-aaa2", "qs", "6.10.0");
    const { items, notKnown } = await ownActions(world, systemActor, {
      service: "shop",
      limit: 10,
    });
    expect(items).toMatchObject([
      {
        text: "Upgrade qs from 6.0.0 to 6.10.0: clears 2",
        chains: [{ artifact: "main", environment: "prod", text: "shop > express > qs" }],
      },
    ]);
    expect(notKnown.join(" ")).toContain("1 entry cannot be judged");
    expect(await exposedServices(world, systemActor, "GHSA-aaaa-aaaa-aaa1")).toMatchObject([
      {
        name: "shop",
        isOpen: true,
        components: [
          { name: "qs", fixedVersion: "6.0.4", paths: ["shop > express > qs"], remedy: "6.10.0" },
        ],
      },
    ]);
    expect(
      await exposedServices(world, reader("env=dev", "viewer"), "GHSA-aaaa-aaaa-aaa1"),
    ).toEqual([]);
    const byVulnerability = await listFindings(world, systemActor, { group: "vulnerability" });
    expect(byVulnerability.rows.map((row) => [row.key, row.hostCount, row.serviceCount])).toEqual([
      ["GHSA-aaaa-aaaa-aaa1", 0, 1],
      ["GHSA-aaaa-aaaa-aaa2", 0, 1],
    ]);
    const seen = (scope: string) =>
      listFindings(world, reader(scope, "viewer"), { group: "source" });
    expect((await seen("env=prod")).rows).toMatchObject([{ key: "npm qs", serviceCount: 1 }]);
    expect((await seen("env=dev")).rows).toEqual([]);
    const components = await listComponents(world, systemActor, {
      service: "shop",
      q: "",
      show: "unknown",
      limit: 10,
    });
    expect(components.items).toMatchObject([{ problem: "has no version of the registry" }]);
  });

  it("keeps its history, and tells two states of it apart with their findings", async () => {
    const { world } = made;
    await addService(world, systemActor, shop);
    await put(old, { version: "1.0" });
    expect((await put(`${old} `, { version: "1.0" })).isChanged).toBe(false);
    await advisory("GHSA-aaaa-aaaa-aaa1", "qs", "6.0.4");
    const first = now;
    await put(lock(["node_modules/express", "4.0.0"], ["node_modules/ms", "2.0.0"]), {
      version: "1.1",
    });
    const history = await artifactHistory(world, systemActor, "shop");
    expect(history.map((row) => [row.version, row.until === null])).toEqual([
      ["1.1", true],
      ["1.0", false],
    ]);
    const slot = { service: "shop", artifact: "main", environment: "prod" };
    const compared = await compareSboms(world, systemActor, { ...slot, from: first, to: null });
    expect(compared.diff.came.map((one) => one.name)).toEqual(["ms"]);
    expect(compared.diff.went.map((one) => one.name)).toEqual(["node_modules/own", "qs"]);
    expect(compared.clearedFindings.map((one) => one.id)).toEqual(["GHSA-aaaa-aaaa-aaa1"]);
    await removeArtifact(world, systemActor, slot);
    expect((await judgedService(world, systemActor, "shop")).own?.artifactCount).toBe(0);
    const overlaps = await sql`
      select from service_set a join service_set b
        on a.service_num = b.service_num and a.artifact = b.artifact and a.ctid <> b.ctid
       and a.recorded_to is null and b.recorded_to is null
       and tstzrange(a.observed_from, a.observed_to) && tstzrange(b.observed_from, b.observed_to)
      `.execute(world.db);
    expect(overlaps.rows).toEqual([]);
  });

  it("answers a pipeline: not yet without matching, then by the rules it names", async () => {
    const { world } = made;
    await addService(world, systemActor, shop);
    const gate = (rules: readonly ("critical" | "any" | "unknown")[]) =>
      askGate(world, systemActor, { service: "shop", rules });
    expect((await gate(["any"])).state).toBe("fail");
    await advisory("GHSA-aaaa-aaaa-aaa1", "qs", "6.0.4");
    await putSbom(world, systemActor, {
      service: "shop",
      artifact: "main",
      environment: "prod",
      version: "1",
      release: null,
      documentName: "",
      bytes: Buffer.from(old),
    });
    expect((await gate(["any"])).state).toBe("not-yet");
    await rematch(world);
    expect((await gate(["critical"])).state).toBe("pass");
    expect(await gate(["any"])).toMatchObject({
      state: "fail",
      reasons: ["Upgrade qs from 6.0.0 to 6.0.4: clears 1 (GHSA-aaaa-aaaa-aaa1)"],
    });
    expect((await gate(["unknown"])).state).toBe("fail");
  });

  it("shows the hosts that run it and what is wrong there, within the reader's labels", async () => {
    const { world } = made;
    const packages = [aPackage({ name: "libssl3", version: "1.0-1", source: "openssl" })];
    const labels = { service: "shop", env: "prod" };
    await addHost(world, { name: "shop-1", packages, labels });
    await addHost(world, { name: "shop-2", packages, labels: { ...labels, env: "dev" } });
    await addHost(world, { name: "other", packages, labels: { service: "other" } });
    const fixed = { status: "resolved", fixed_version: "1.0-2", urgency: "high" };
    const tracker = trackerFile({ openssl: { "CVE-2026-0001": { bookworm: fixed } } });
    now += 60_000;
    const bytes = Buffer.from(tracker);
    await loadFeedFile(world, systemActor, { bytes, asOf: now, acceptShrink: true });
    await addService(world, systemActor, shop);
    await addService(world, systemActor, { ...shop, name: "api", labels: {}, needs: ["shop"] });
    const all = await judgedService(world, systemActor, "shop");
    expect(all.hosts).toMatchObject({ hostCount: 2, risk: { open: 1 } });
    const { items } = await hostActions(world, systemActor, { service: "shop", limit: 10 });
    expect(items).toMatchObject([{ source: "openssl", hostCount: 2, vulnerabilities: 1 }]);
    const prod = reader("env=prod", "viewer");
    const query = { q: "", label: [], order: "urgency" } as const;
    const seen = await judgedServices(world, prod, query);
    expect(seen.map((one) => [one.service.name, one.hosts.hostCount])).toEqual([["shop", 1]]);
    await expect(judgedService(world, prod, "api")).rejects.toMatchObject({ code: "not-found" });
    await expect(
      editService(world, reader("env=prod", "operator"), "shop", { labels: { env: "dev" } }),
    ).rejects.toMatchObject({ code: "forbidden" });
    const pipeline = reader("env=prod", "publisher");
    await expect(editService(world, pipeline, "shop", { team: "x" })).rejects.toMatchObject({
      code: "not-found",
    });
    await removeService(world, systemActor, "shop");
    expect(await judgedServices(world, systemActor, query)).toHaveLength(1);
  });

  it("refuses what is no document, or one with two meanings, and keeps what was", async () => {
    const { world } = made;
    await addService(world, systemActor, shop);
    await put(old);
    for (const document of [
      '{"bomFormat":"CycloneDX","components":[],"components":[]}',
      `{"bomFormat":"CycloneDX","a":${"[".repeat(5_000)}`,
      Buffer.from([0xff, 0xfe, 0x00, 0x01]),
      "Not an sbom at all!",
      '<!DOCTYPE b [<!ENTITY a "aa">]><bom><components/>&a;&b;</bom>',
    ]) {
      await expect(put(document)).rejects.toMatchObject({ code: "invalid" });
    }
    const { artifacts } = await judgedService(world, systemActor, "shop");
    expect(artifacts.map((one) => one.sbom.componentCount)).toEqual([3]);
  });

  it("takes hostile names and circles in, as entries of which nothing is known", async () => {
    const { world } = made;
    await addService(world, systemActor, shop);
    const component = (name: string, ref: string) => ({
      "bom-ref": ref,
      type: "library",
      name,
      version: "1",
      purl: `pkg:npm/${encodeURIComponent(name)}@1.0.0`,
    });
    const sbom = {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      components: [
        component("a".repeat(10_000), "a"),
        component("b\u0000\n\tb", "b"),
        component("plain", "c"),
        { type: "library", name: "\u001b[2Jx", version: "\ud800" },
        7,
      ],
      dependencies: [
        { ref: "a", dependsOn: ["b"] },
        { ref: "b", dependsOn: ["c", "a"] },
        { ref: "c", dependsOn: ["c", "missing"] },
      ],
    };
    const taken = await put(JSON.stringify(sbom));
    expect(taken.artifact.sbom).toMatchObject({ componentCount: 5, unknownCount: 4 });
    const query = { service: "shop", q: "", show: "all", limit: 10 } as const;
    const { items } = await listComponents(world, systemActor, query);
    expect(items.map((item) => item.problem === null)).toEqual([false, false, true, false, false]);
    expect(items[0]?.name.length).toBe(500);
  });

  it("is stored without a walk over all packages of a registry for each of many", async () => {
    const { world } = made;
    await addService(world, systemActor, shop);
    const entriesRead = async (): Promise<number> => {
      const { rows } = await sql<{ read: number }>`
        select sum(idx_tup_read)::float8 as read from pg_stat_user_indexes
         where relname = 'package'`.execute(world.db);
      return rows[0]?.read ?? 0;
    };
    // From this many on PostgreSQL looks each of them up by an index.
    const many = 20_000;
    const before = await entriesRead();
    const lines = Array.from({ length: many }, (_, at) => `pkg:npm/part-${at}@1.0.${at}`);
    const taken = await put(lines.join("\n"));
    expect(taken.artifact.sbom).toMatchObject({ componentCount: many, unknownCount: 0 });
    // PostgreSQL counts a transaction when its connection comes to rest.
    await expect.poll(entriesRead, { timeout: 20_000 }).toBeGreaterThan(before);
    expect(await entriesRead()).toBeLessThan(before + 20 * many);
  }, 60_000);
});

const feeds = new URL("../../../shared/feeds/sbom/", import.meta.url).pathname;

describe.skipIf(!existsSync(feeds))("the published bills of materials", () => {
  it("are all taken in, with as many components as they list", async () => {
    const { world } = made;
    await addService(world, systemActor, shop);
    const folder = mkdtempSync(join(tmpdir(), "fettle-sboms-"));
    try {
      execFileSync("tar", ["xzf", join(feeds, "cyclonedx-sboms.tar.gz"), "-C", folder]);
      const files = [
        ...globSync(`${folder}/**/*.{json,xml}`),
        ...globSync(`${feeds}spdx/**/*.{json,spdx}`),
        ...globSync(`${feeds}spdx-scalibr/*.{spdx.json,spdx.yml}`),
        `${feeds}spdx-scalibr/sbom.spdx`,
        `${feeds}spdx-scalibr/sbom.spdx.rdf`,
      ];
      expect(files.length).toBeGreaterThan(70);
      const wrong: string[] = [];
      for (const file of files) {
        const bytes = readFileSync(file);
        const { artifact } = await putSbom(world, systemActor, {
          service: "shop",
          artifact: "one",
          environment: "",
          version: file.slice(-100),
          release: null,
          documentName: file,
          bytes,
        });
        const listed = listedIn(bytes.toString());
        if (artifact.sbom.componentCount + artifact.sbom.fileCount !== listed) {
          wrong.push(`${file}: ${artifact.sbom.componentCount}, not ${listed}`);
        }
      }
      expect(wrong).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});

/** Counted by the text alone, without the reader that is tested. */
function listedIn(text: string): number {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  if (text.includes("<rdf:RDF")) return count(/<spdx:Package /g);
  if (text.trimStart().startsWith("<")) {
    return count(/<component[\s>]/g) - count(/<metadata>[\s\S]*?<component[\s>]/g);
  }
  if (!text.trimStart().startsWith("{"))
    return count(/^(PackageName:|- *name:|- SPDXID: "SPDXRef-)/gm);
  // biome-ignore lint/suspicious/noExplicitAny: whatever the document holds
  const value = JSON.parse(text) as any;
  if (value["@graph"] !== undefined) {
    // biome-ignore lint/suspicious/noExplicitAny: whatever the document holds
    return value["@graph"].filter((e: any) => e.type === "software_Package").length;
  }
  if (value.spdxVersion !== undefined) {
    // A package with several package URLs is judged as each of them.
    let all = 0;
    for (const p of value.packages ?? []) {
      // biome-ignore lint/suspicious/noExplicitAny: whatever the document holds
      const urls = (p.externalRefs ?? []).filter((r: any) => r.referenceType === "purl").length;
      all += Math.max(1, urls);
    }
    return all;
  }
  const nested = (list: readonly { components?: never[] }[]): number =>
    list.reduce((sum, one) => sum + 1 + nested(one.components ?? []), 0);
  return nested(value.components ?? []);
}
