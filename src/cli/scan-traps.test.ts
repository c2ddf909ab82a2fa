import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { tarOf, trackerFile } from "../../test/builders/intel.ts";
import { readFileKnowledge } from "../intel/read-file-knowledge.ts";
import { type ScanReport, scanPackages } from "../intel/scan-packages.ts";
import { platformsOf } from "../inventory/cpe-package.ts";
import { readDpkgStatus } from "../inventory/formats/dpkg-status.ts";
import type { InventoryReading } from "../inventory/formats/inventory-format.ts";
import { readPackageList } from "../inventory/formats/package-list.ts";
import { readRpmList } from "../inventory/formats/rpm-list.ts";
import type { Package } from "../inventory/model.ts";
import { openInMemory } from "./knowledge-cache.ts";
import { gatherKnowledge } from "./scan-knowledge.ts";

/** What must not happen between a feed's file and a finding; each case is one that has fooled a scanner. */
async function scan(
  files: readonly (string | Buffer)[],
  packages: readonly Package[],
  channels: readonly string[] = [],
): Promise<readonly string[]> {
  const { findings } = await reportOn(files, { packages }, channels);
  return findings.map((f) => `${f.package.name} ${f.id} ${f.state} ${f.fixed ?? "-"}`);
}

async function reportOn(
  files: readonly (string | Buffer)[],
  inventory: Pick<InventoryReading, "packages" | "products" | "sbom">,
  channels: readonly string[] = [],
): Promise<ScanReport> {
  const read = await Promise.all(
    files.map(async (file, at) => {
      const knowledge = openInMemory(await readFileKnowledge(Buffer.from(file)));
      return { path: `f${at}`, digest: String(at), fileAt: at, knowledge };
    }),
  );
  const knowledge = gatherKnowledge({ files: read, unread: [] }, inventory, new Set(channels));
  const platforms = platformsOf(inventory.sbom?.components ?? []);
  return scanPackages({ ...inventory, ...knowledge, platforms });
}

function deb(name: string, version: string, source = ""): readonly Package[] {
  const more = source === "" ? "" : `Source: ${source}\n`;
  const text = `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\n${more}Version: ${version}\n`;
  return readDpkgStatus(text, "Debian:12").packages;
}

function ubuntu(name: string, version: string): readonly Package[] {
  return deb(name, version).map((p) => ({ ...p, ecosystem: "Ubuntu:18.04:LTS" }));
}

function rpm(line: string, ecosystem = "AlmaLinux:8"): readonly Package[] {
  return readRpmList(`${line}\n`, ecosystem).packages;
}

interface Osv {
  readonly id?: string;
  readonly summary?: string;
  readonly ecosystem: string;
  readonly name: string;
  readonly fixed?: string;
  readonly related?: readonly string[];
  readonly aliases?: readonly string[];
  readonly more?: object;
}

function osv(of: Osv): string {
  const events = [{ introduced: "0" }, ...(of.fixed === undefined ? [] : [{ fixed: of.fixed }])];
  return JSON.stringify({
    id: of.id ?? "ALSA-2026:1",
    summary: of.summary ?? "Important: x security update",
    modified: "2026-01-01T00:00:00Z",
    related: of.related ?? ["CVE-2026-0001"],
    aliases: of.aliases ?? [],
    affected: [
      {
        package: { ecosystem: of.ecosystem, name: of.name },
        ranges: [{ type: "ECOSYSTEM", events }],
      },
    ],
    ...of.more,
  });
}

describe("module streams", () => {
  const stream = (n: string, fixed: string): string =>
    osv({
      id: `ALSA-2026:${n}`,
      summary: `Important: nodejs:${n} security update`,
      ecosystem: "AlmaLinux:8",
      name: "nodejs",
      fixed,
    });
  const both = [
    stream("16", "1:16.20.2-2.module_el8.8.0+3614+204d6f43"),
    stream("18", "1:18.20.1-1.module_el8.9.0+3700+11111111"),
  ];

  it.each([
    [
      "an older stream is judged by its own fix",
      "nodejs|1|16.20.2|2.module_el8.8.0+3614+204d6f43|x86_64|nodejs:16:808:1",
      [],
    ],
    [
      "its own stream's fix counts",
      "nodejs|1|16.10.0|1.module_el8.5.0+1+2|x86_64|nodejs:16:808:1",
      ["nodejs CVE-2026-0001 affected 1:16.20.2-2.module_el8.8.0+3614+204d6f43"],
    ],
    [
      "a stream no advisory names is not affected by others",
      "nodejs|1|20.1.0|1.module_el8.9.0+9+9|x86_64|nodejs:20:809:1",
      [],
    ],
    [
      "a build without label is told apart by its build tag",
      "nodejs|1|16.20.2|1.module_el8.8.0+3614+204d6f43|x86_64|(none)",
      ["nodejs CVE-2026-0001 affected 1:16.20.2-2.module_el8.8.0+3614+204d6f43"],
    ],
    [
      "or by the version that a stream begins",
      "nodejs|1|18.2.0|1.module_el8.7.0+1+abc|x86_64|(none)",
      ["nodejs CVE-2026-0001 affected 1:18.20.1-1.module_el8.9.0+3700+11111111"],
    ],
    ["an ordinary build is of no stream", "nodejs|1|10.0.0|1.el8|x86_64|(none)", []],
  ])("%s", async (_what, line, expected) => {
    expect(await scan(both, rpm(line))).toEqual(expected);
  });
});

describe("rpm", () => {
  const fix = (fixed: string) => osv({ ecosystem: "AlmaLinux:8", name: "bind", fixed });

  it("takes a missing epoch, 0 and (none) for the same", async () => {
    for (const epoch of ["(none)", "0", ""]) {
      const line = `bind|${epoch}|9.1|2.el8|x86_64|(none)`;
      expect(await scan([fix("0:9.1-2.el8")], rpm(line))).toEqual([]);
      expect(await scan([fix("9.1-3.el8")], rpm(line))).toHaveLength(1);
      expect(await scan([fix("32:9.1-1.el8")], rpm(line))).toHaveLength(1);
    }
  });

  it("never compares across releases", async () => {
    const line = "bind|0|9.1|2.el8|x86_64|(none)";
    expect(await scan([fix("9.9-1.el8")], rpm(line, "AlmaLinux:9"))).toEqual([]);
    expect(await scan([fix("9.9-1.el9")], rpm(line))).toEqual([
      "bind CVE-2026-0001 unknown-coverage 9.9-1.el9",
    ]);
  });

  it("keeps an advisory without a CVE under its own id", async () => {
    const record = osv({
      id: "ALBA-2026:7",
      ecosystem: "AlmaLinux:8",
      name: "bind",
      fixed: "9.9-1.el8",
      related: [],
    });
    expect(await scan([record], rpm("bind|0|9.1|2.el8|x86_64|"))).toEqual([
      "bind ALBA-2026:7 affected 9.9-1.el8",
    ]);
  });

  it("names the later of two fixes, and judges architectures by their own", async () => {
    const line = rpm("bind|0|9.1|1.el8|x86_64|");
    const two = [
      osv({ id: "ALSA-2026:1", ecosystem: "AlmaLinux:8", name: "bind", fixed: "9.1-2.el8" }),
      osv({ id: "ALSA-2026:2", ecosystem: "AlmaLinux:8", name: "bind", fixed: "9.1-3.el8" }),
    ];
    expect(await scan(two, line)).toEqual(["bind CVE-2026-0001 affected 9.1-3.el8"]);
    const per = (arch: string, evr: string) =>
      `<criteria operator="AND"><criterion comment="Oracle Linux arch is ${arch}"/><criteria operator="OR"><criterion comment="bind is earlier than ${evr}"/></criteria></criteria>`;
    const oval = `<oval_definitions><generator>Oracle Errata System</generator><definitions><definition id="d"><metadata><title>ELSA-2026-1: bind</title><reference ref_id="CVE-2026-0001"/></metadata><criteria operator="AND"><criterion comment="Oracle Linux 8 is installed"/><criteria operator="OR">${per("x86_64", "0:9.1-1.el8")}${per("aarch64", "0:9.1-9.el8")}</criteria></criteria></definition></definitions></oval_definitions>`;
    expect(await scan([oval], rpm("bind|0|9.1|1.el8|x86_64|", "Oracle Linux:8"))).toEqual([]);
    expect(await scan([oval], rpm("bind|0|9.1|1.el8|aarch64|", "Oracle Linux:8"))).toHaveLength(1);
  });
});

describe("Debian", () => {
  it("judges by source and source version, with what the tracker says of the release", async () => {
    const of = (release: object) =>
      trackerFile({ openssl: { "CVE-2026-0001": { bookworm: release } } });
    const p = deb("libssl3", "3.0.1-1+b2", "openssl (3.0.1-1)");
    expect(await scan([of({ status: "resolved", fixed_version: "3.0.1-1" })], p)).toEqual([]);
    expect(await scan([of({ status: "resolved", fixed_version: "0" })], p)).toEqual([]);
    expect(await scan([of({ status: "open", urgency: "unimportant" })], p)).toEqual([]);
    expect(await scan([of({ status: "open", nodsa: "x", nodsa_reason: "ignored" })], p)).toEqual([
      "libssl3 CVE-2026-0001 will-not-fix -",
    ]);
    const other = trackerFile({ openssl: { "CVE-2026-0001": { trixie: { status: "open" } } } });
    expect(await scan([other], p)).toEqual([]);
  });

  it("finds the fix of a stable release in the list of advisories, and heeds overrides", async () => {
    const cves =
      "CVE-2024-6387\n\t- openssh 1:9.7p1-7\n\t[bullseye] - openssh <not-affected> (later)\n\tNOTE: x\n" +
      "CVE-2024-3094\n\t- openssh 1:9.8\n\t[bookworm] - openssh <not-affected> (not present)\n";
    const advisories =
      "[01 Jul 2024] DSA-5724-1 openssh - security update\n\t{CVE-2024-6387}\n\t[bookworm] - openssh 1:9.2p1-2+deb12u3\n";
    const files = [cves, advisories];
    expect(await scan(files, deb("openssh-server", "1:9.2p1-2+deb12u2", "openssh"))).toEqual([
      "openssh-server CVE-2024-6387 affected 1:9.2p1-2+deb12u3",
    ]);
    expect(await scan(files, deb("openssh-server", "1:9.2p1-2+deb12u3", "openssh"))).toEqual([]);
    expect(await scan([cves], deb("openssh-server", "1:9.2p1-2+deb12u3", "openssh"))).toHaveLength(
      1,
    );
  });

  it("knows a signed kernel for what was signed", async () => {
    const tracker = trackerFile({
      linux: { "CVE-2026-0001": { bookworm: { status: "resolved", fixed_version: "6.1.172-1" } } },
    });
    const kernel = (version: string) =>
      deb("linux-image-6.1.0-9-amd64", version, `linux-signed-amd64 (${version})`);
    expect(await scan([tracker], kernel("6.1.172+1"))).toEqual([]);
    expect(await scan([tracker], kernel("6.1.170+1"))).toHaveLength(1);
  });

  it("lets no record of a release-less export, and no CPE, judge a package", async () => {
    const bare = osv({ id: "DEBIAN-CVE-2026-0001", ecosystem: "Debian", name: "openssl" });
    const nvd = `{"totalResults":1,"format":"NVD_CVE","vulnerabilities":[{"cve":{"id":"CVE-2026-0001","vulnStatus":"Analyzed","configurations":[{"nodes":[{"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*"}]}]}]}}]}`;
    expect(await scan([bare, nvd], deb("openssl", "3.0.1-1"))).toEqual([]);
  });
});

describe("Ubuntu", () => {
  const uct = (lines: string) =>
    `Candidate: CVE-2020-0001\nDescription:\n x\nPriority: low\nPatches_p:\n${lines}`;

  it("keeps ESM apart, and does not take DNE for a state", async () => {
    const esm = uct("bionic_p: needed\nesm-infra/bionic_p: released (1.0-1+esm1)\n");
    expect(await scan([esm], ubuntu("p", "1.0-1"))).toEqual([
      "p CVE-2020-0001 affected-no-fix 1.0-1+esm1",
    ]);
    expect(await scan([esm], ubuntu("p", "1.0-1"), ["pro"])).toEqual([
      "p CVE-2020-0001 affected 1.0-1+esm1",
    ]);
    expect(await scan([esm], ubuntu("p", "1.0-1+esm1"))).toEqual([]);
    expect(await scan([uct("bionic_p: DNE\nfocal_p: needed\n")], ubuntu("p", "1.0-1"))).toEqual([]);
  });

  it.each([
    ["needs-triage", "under-investigation"],
    ["deferred (2020-01-01)", "fix-deferred"],
    ["ignored (too risky)", "will-not-fix"],
    ["ignored (out of standard support)", "end-of-life"],
    ["pending (1.0-2)", "affected-no-fix"],
  ])("reads %s as %s", async (state, expected) => {
    const found = await scan([uct(`bionic_p: ${state}\n`)], ubuntu("p", "1.0-1"));
    expect(found).toEqual([`p CVE-2020-0001 ${expected} -`]);
  });
});

describe("Alpine", () => {
  const secdb = `distroversion: v3.19\nreponame: main\npackages:\n  - pkg:\n      name: openssl\n      secfixes:\n        3.1.4-r1:\n          - CVE-2026-0001 (+ more)\n        "0":\n          - CVE-2026-0002\n`;
  const apk = (version: string) =>
    readPackageList(`C:Q1a=\nP:libcrypto3\nV:${version}\nA:x86_64\no:openssl\n\n`, "Alpine:v3.19")
      .packages;

  it("judges parts by their origin, and 0 as never affected", async () => {
    expect(await scan([secdb], apk("3.1.4-r0"))).toEqual([
      "libcrypto3 CVE-2026-0001 affected 3.1.4-r1",
    ]);
    expect(await scan([secdb], apk("3.1.4-r1"))).toEqual([]);
    const other = apk("3.1.4-r0").map((p) => ({ ...p, ecosystem: "Alpine:v3.18" }));
    expect(await scan([secdb], other)).toEqual([]);
  });
});

describe("language ecosystems", () => {
  const of = (purl: string) => readPackageList(`${purl}\n`, null).packages;

  it.each([
    ["PyPI", "django-x", "pkg:pypi/Django_X@1.0", "pkg:pypi/django@1.0"],
    ["Maven", "org.x:a", "pkg:maven/org.x/a@1.0", "pkg:maven/org.y/a@1.0"],
    ["npm", "@s/a", "pkg:npm/%40s/a@1.0.0", "pkg:npm/a@1.0.0"],
    ["NuGet", "Newtonsoft.Json", "pkg:nuget/newtonsoft.json@1.0.0", "pkg:nuget/json@1.0.0"],
    ["Go", "golang.org/x/net", "pkg:golang/golang.org/x/net@v1.0.0", "pkg:golang/x/net@v1.0.0"],
    ["RubyGems", "rack", "pkg:gem/rack@1.0.0", "pkg:npm/rack@1.0.0"],
  ])("%s names meet in one form and never another's", async (ecosystem, name, yes, no) => {
    const record = osv({
      id: "GHSA-1",
      ecosystem,
      name,
      fixed: "2.0.0",
      aliases: ["CVE-2026-0001"],
    });
    expect(await scan([record], of(yes))).toHaveLength(1);
    expect(await scan([record], of(no))).toEqual([]);
  });

  it("does not join bugs through related, nor an advisory of many through aliases", async () => {
    const record = (more: Partial<Osv>) =>
      osv({ id: "GO-2026-1", ecosystem: "Go", name: "a.b/c", fixed: "2.0.0", ...more });
    const p = of("pkg:golang/a.b/c@v1.0.0");
    expect(await scan([record({ related: ["CVE-2026-0009"] })], p)).toEqual([
      "a.b/c GO-2026-1 affected 2.0.0",
    ]);
    const many = record({ aliases: ["CVE-2026-0001", "CVE-2026-0002"] });
    expect(await scan([many], p)).toEqual(["a.b/c GO-2026-1 affected 2.0.0"]);
  });

  it("closes withdrawn and rejected records, in whatever file they come", async () => {
    const p = of("pkg:npm/a@1.0.0");
    const good = osv({ id: "GHSA-1", ecosystem: "npm", name: "a", aliases: ["CVE-2026-0001"] });
    const withdrawn = osv({
      id: "GHSA-1",
      ecosystem: "npm",
      name: "a",
      more: { withdrawn: "2026-02-01T00:00:00Z", modified: "2026-02-01T00:00:00Z" },
    });
    const rejected = `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2026-0001","state":"REJECTED"},"containers":{"cna":{}}}`;
    expect(await scan([good], p)).toHaveLength(1);
    expect(await scan([good, withdrawn], p)).toEqual([]);
    expect(await scan([good, rejected], p)).toEqual([]);
  });

  it("reads several feeds out of one archive, names or not", async () => {
    const files = {
      README: "hello",
      "x/1": osv({ id: "GHSA-1", ecosystem: "npm", name: "a", aliases: ["CVE-2026-0001"] }),
      "x/2":
        '```toml\n[advisory]\nid = "RUSTSEC-2026-0001"\npackage = "b"\ndate = "2026-01-01"\n[versions]\npatched = [">= 1.2.0"]\nunaffected = ["< 1.0.0"]\n```\n# T\n',
    };
    const archive = gzipSync(tarOf(files));
    const list = "pkg:npm/a@1.0.0\npkg:cargo/b@1.1.0\npkg:cargo/b@0.9.0\npkg:cargo/b@1.2.0\n";
    expect(await scan([archive], readPackageList(list, null).packages)).toEqual([
      "a CVE-2026-0001 affected-no-fix -",
      "b RUSTSEC-2026-0001 affected 1.2.0",
    ]);
  });
});

describe("CSAF of Red Hat", () => {
  const document = (status: object, more: object = {}) =>
    JSON.stringify({
      document: {
        csaf_version: "2.0",
        category: "csaf_vex",
        publisher: { name: "Red Hat Product Security" },
        tracking: { id: "CVE-2026-0001" },
      },
      product_tree: {
        branches: [
          {
            category: "product_name",
            name: "RHEL",
            product: {
              name: "RHEL",
              product_id: "AppStream",
              product_identification_helper: { cpe: "cpe:/a:redhat:enterprise_linux:9::appstream" },
            },
          },
          {
            category: "product_version",
            name: "bind",
            product: {
              name: "bind",
              product_id: "bind-32:9.2-1.el9.x86_64",
              product_identification_helper: { purl: "pkg:rpm/redhat/bind@9.2-1.el9?arch=x86_64" },
            },
          },
        ],
        relationships: [
          {
            category: "default_component_of",
            full_product_name: { name: "x", product_id: "AppStream:bind-32:9.2-1.el9.x86_64" },
            product_reference: "bind-32:9.2-1.el9.x86_64",
            relates_to_product_reference: "AppStream",
          },
        ],
      },
      vulnerabilities: [{ cve: "CVE-2026-0001", product_status: status, ...more }],
    });
  const id = "AppStream:bind-32:9.2-1.el9.x86_64";
  const host = rpm("bind|32|9.1|1.el9|x86_64|", "Red Hat:9");

  it("follows the product paths of CSAF 2.1 as it does relationships", async () => {
    const { product_tree: tree, ...rest } = JSON.parse(document({ fixed: [id] }));
    const [relationship] = tree.relationships;
    const product_paths = [
      {
        beginning_product_reference: relationship.product_reference,
        full_product_name: relationship.full_product_name,
        subpaths: [{ category: "default_component_of", next_product_reference: "AppStream" }],
      },
    ];
    const newer = JSON.stringify({
      ...rest,
      product_tree: { branches: tree.branches, product_paths },
    });
    expect(await scan([newer], host)).toEqual(["bind CVE-2026-0001 affected 32:9.2-1.el9"]);
  });

  it("resolves relationships before it reads a status, with the epoch of the id", async () => {
    expect(await scan([document({ fixed: [id] })], host)).toEqual([
      "bind CVE-2026-0001 affected 32:9.2-1.el9",
    ]);
    const mended = rpm("bind|32|9.2|1.el9|x86_64|", "Red Hat:9");
    expect(await scan([document({ fixed: [id] })], mended)).toEqual([]);
    expect(await scan([document({ known_not_affected: [id] })], host)).toEqual([]);
  });

  it.each([
    ["no_fix_planned", "Will not fix", "will-not-fix"],
    ["none_available", "Affected", "affected-no-fix"],
    ["none_available", "Fix deferred", "fix-deferred"],
    ["no_fix_planned", "Out of support scope", "end-of-life"],
  ])("tells %s (%s) as %s", async (category, details, expected) => {
    const remediations = [{ category, details, product_ids: [id] }];
    const found = await scan([document({ known_affected: [id] }, { remediations })], host);
    expect(found).toEqual([`bind CVE-2026-0001 ${expected} -`]);
  });
});

describe("two ages of one feed", () => {
  const state = (release: object) => ({ bookworm: release });
  const fixed = { status: "resolved", fixed_version: "1.0-1" };
  const old = trackerFile({ p: { "CVE-2026-0001": state({ status: "open" }) } });
  const newer = trackerFile({
    p: { "CVE-2026-0001": state(fixed), "CVE-2026-0009": state(fixed) },
  });
  const p = deb("p", "1.0-1");

  it("lets the newer decide, by the newest CVE that each names, in either order", async () => {
    expect(await scan([old], p)).toEqual(["p CVE-2026-0001 affected-no-fix -"]);
    expect(await scan([old, newer], p)).toEqual([]);
    expect(await scan([newer, old], p)).toEqual([]);
  });

  it("reads both out of one archive", async () => {
    expect(await scan([tarOf({ a: newer, b: old })], p)).toEqual([]);
    expect(await scan([tarOf({ a: old, b: newer, c: "{" })], p)).toEqual([]);
  });

  it("takes the file that was written later where they do not tell themselves", async () => {
    const alike = trackerFile({ p: { "CVE-2026-0001": state(fixed) } });
    expect(await scan([old, alike], p)).toEqual([]);
    expect(await scan([alike, old], p)).toHaveLength(1);
  });

  it("keeps to the newer copy of a record, whatever else names it", async () => {
    const record = (at: string, version: string) =>
      osv({ ecosystem: "AlmaLinux:8", name: "bind", fixed: version, more: { modified: at } });
    const both = [
      record("2026-03-01T00:00:00Z", "9.1-1.el8"),
      record("2026-01-01T00:00:00Z", "9.9-1.el8"),
    ];
    expect(await scan(both, rpm("bind|0|9.1|1.el8|x86_64|"))).toEqual([]);
  });
});

describe("a folder of everything", () => {
  it("lets Debian's tracker decide over OSV's export of it, and keeps distributions apart", async () => {
    const export12 = osv({
      id: "DEBIAN-CVE-2026-0001",
      ecosystem: "Debian:12",
      name: "p",
      related: [],
      more: { upstream: ["CVE-2026-0001"] },
    });
    const alma = osv({ ecosystem: "AlmaLinux:8", name: "p", fixed: "9-1.el8" });
    const never = { bookworm: { status: "resolved", fixed_version: "0" } };
    const tracker = trackerFile({ p: { "CVE-2026-0001": never } });
    const kev = `{"catalogVersion":"1","dateReleased":"2026-01-01T00:00:00Z","count":1,"vulnerabilities":[{"cveID":"CVE-2026-0001","dateAdded":"2026-01-01"}]}`;
    const epss =
      "#model_version:v2026.06.15,score_date:2026-01-01T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,0.9,0.9\n";
    const others = [alma, kev, epss, "hello", "", Buffer.from([0, 1, 2])];
    expect(await scan([export12, ...others], deb("p", "1.0-1"))).toHaveLength(1);
    expect(await scan([export12, tracker, ...others], deb("p", "1.0-1"))).toEqual([]);
  });
});

describe("CPE names", () => {
  interface Nodes {
    readonly operator?: string;
    readonly negate?: boolean;
    readonly nodes: readonly object[];
  }
  const record = (id: string, ...configurations: readonly Nodes[]): object => ({
    cve: { id, vulnStatus: "Analyzed", configurations },
  });
  const nvd = (...records: readonly object[]): string =>
    JSON.stringify({
      totalResults: records.length,
      format: "NVD_CVE",
      vulnerabilities: records,
    });
  const node = (...cpeMatch: readonly object[]): object => ({ operator: "OR", cpeMatch });
  const match = (criteria: string, more: object = {}): object => ({
    vulnerable: true,
    criteria: `cpe:2.3:${criteria}${":*".repeat(11 - criteria.split(":").length)}`,
    ...more,
  });
  const openssl = nvd(
    record("CVE-2026-0001", {
      nodes: [
        node(
          match("a:openssl:openssl:*", {
            versionStartIncluding: "1.0.2",
            versionEndExcluding: "1.0.2l",
          }),
        ),
      ],
    }),
  );
  const bill = (...components: readonly object[]): InventoryReading =>
    readPackageList(
      JSON.stringify({
        bomFormat: "CycloneDX",
        specVersion: "1.5",
        components: components.map((c) => ({ type: "library", name: "x", version: "1", ...c })),
      }),
      null,
    );
  const told = async (feeds: readonly string[], inventory: InventoryReading) =>
    (await reportOn(feeds, inventory)).findings.map(
      (f) => `${f.package.name} ${f.package.version} ${f.id} ${f.state} ${f.fixed ?? "-"}`,
    );

  it.each([
    ["cpe:/a:openssl:openssl:1.0.2k", ["openssl 1.0.2k CVE-2026-0001 affected 1.0.2l"]],
    [
      "cpe:2.3:a:openssl:openssl:1.0.2:k:*:*:*:*:*:*",
      ["openssl 1.0.2k CVE-2026-0001 affected 1.0.2l"],
    ],
    ["cpe:2.3:a:openssl:openssl:1.0.2l:*:*:*:*:*:*:*", []],
    ["cpe:2.3:a:openssl:openssl:1.0.1:*:*:*:*:*:*:*", []],
    ["cpe:2.3:a:other:openssl:1.0.2k:*:*:*:*:*:*:*", []],
    [
      "cpe:2.3:a:openssl:openssl:unstable:*:*:*:*:*:*:*",
      ["openssl unstable CVE-2026-0001 unknown-coverage -"],
    ],
  ])("judge a component that has no other name: %s", async (cpe, expected) => {
    expect(await told([openssl], bill({ cpe }))).toEqual(expected);
  });

  it("say that they decided, and that they are the weakest source", async () => {
    const { findings } = await reportOn([openssl], bill({ cpe: "cpe:/a:openssl:openssl:1.0.2k" }));
    expect(findings[0]?.why).toContain("Only a CPE name decided, which is the weakest source");
  });

  it("judge a package of an ecosystem only where nobody else speaks of it", async () => {
    const component = { purl: "pkg:npm/openssl@1.0.2", cpe: "cpe:/a:openssl:openssl:1.0.2" };
    expect(await told([openssl], bill(component))).toHaveLength(1);
    const npm = osv({
      id: "GHSA-aaaa-bbbb-cccc",
      ecosystem: "npm",
      name: "openssl",
      fixed: "0.9.0",
    });
    expect(await told([openssl, npm], bill(component))).toEqual([]);
  });

  it("never judge a build of a distribution, even where no feed speaks of its release", async () => {
    const component = {
      purl: "pkg:deb/debian/openssl@1.0.2k-1?distro=bookworm",
      cpe: "cpe:/a:openssl:openssl:1.0.2k",
    };
    expect(await told([openssl], bill(component))).toEqual([]);
  });

  it("judge software of generic package URLs by its own maker's product only", async () => {
    const generic = (purl: string) => told([openssl], bill({ purl, version: "1.0.2k" }));
    expect(await generic("pkg:generic/openssl@1.0.2k")).toHaveLength(1);
    expect(await generic("pkg:generic/openssl/openssl@1.0.2k")).toHaveLength(1);
    expect(await generic("pkg:generic/acme/openssl@1.0.2k")).toEqual([]);
    const list = readPackageList("pkg:generic/openssl@1.0.2k\n", null);
    expect(await told([openssl], list)).toHaveLength(1);
  });

  it("take what a record says to run on from the rest of the bill, else say it is not known", async () => {
    const windows = "o:microsoft:windows:-";
    const onWindows = nvd(
      record("CVE-2026-0002", {
        operator: "AND",
        nodes: [node(match("a:v:p:*")), node(match(windows, { vulnerable: false }))],
      }),
    );
    const app = { cpe: "cpe:/a:v:p:1.0" };
    expect(await told([onWindows], bill(app))).toEqual(["p 1.0 CVE-2026-0002 unknown-coverage -"]);
    const system = (cpe: string) => ({ type: "operating-system", cpe });
    const on = (cpe: string) => told([onWindows], bill(app, system(cpe)));
    expect(await on("cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*")).toContain(
      "p 1.0 CVE-2026-0002 affected-no-fix -",
    );
    expect(await on("cpe:2.3:o:linux:linux_kernel:6.1:*:*:*:*:*:*:*")).toEqual([]);
  });

  it("hold to negation, to editions, to updates and to the version that stands for none", async () => {
    const but = nvd(
      record("CVE-2026-0003", {
        operator: "AND",
        nodes: [node(match("a:v:p:*")), { negate: true, cpeMatch: [match("a:v:p:2.0")] }],
      }),
      record("CVE-2026-0004", { nodes: [node(match("a:v:p:*:*:*:*:*:wordpress"))] }),
      record("CVE-2026-0005", { nodes: [node(match("a:v:p:2.0:beta1"))] }),
      record("CVE-2026-0006", { nodes: [node(match("a:v:p:-"))] }),
      record("CVE-2026-0007", { nodes: [node(match("a:*:p:2.*"))] }),
    );
    const of = async (cpe: string) =>
      (await told([but], bill({ cpe }))).map((line) =>
        line.slice(0, -2).replace(/^\S+ \S+ CVE-2026-000/, ""),
      );
    expect(await of("cpe:2.3:a:v:p:1.0:*:*:*:*:*:*:*")).toEqual([
      "3 affected-no-fix",
      "4 unknown-coverage",
    ]);
    expect(await of("cpe:2.3:a:v:p:2.0:-:*:*:*:wordpress:*:*")).toEqual([
      "4 affected-no-fix",
      "7 affected-no-fix",
    ]);
    expect(await of("cpe:2.3:a:v:p:2.0:beta1:*:*:*:joomla:*:*")).toContain("5 affected-no-fix");
  });

  it("of a record 5.x count like the NVD's, and before them", async () => {
    const cve = JSON.stringify({
      dataType: "CVE_RECORD",
      cveMetadata: { cveId: "CVE-2026-0001", state: "PUBLISHED" },
      containers: {
        cna: {
          affected: [
            {
              cpes: ["cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*"],
              versions: [{ version: "1.0.2", status: "affected", lessThan: "1.0.2h" }],
            },
          ],
        },
      },
    });
    const cpe = "cpe:/a:openssl:openssl:1.0.2g";
    expect(await told([cve, openssl], bill({ cpe }))).toEqual([
      "openssl 1.0.2g CVE-2026-0001 affected 1.0.2h",
    ]);
    expect(await told([cve, openssl], bill({ cpe: "cpe:/a:openssl:openssl:1.0.2k" }))).toEqual([]);
  });

  it("leave a component unknown where no record names its product", async () => {
    const unnamed = bill({ cpe: "cpe:/a:nobody:nothing:1.0" });
    expect((await reportOn([openssl], unnamed)).notes).toEqual([
      { ecosystem: "CPE", reason: "excerpt", packageCount: 1 },
    ]);
    const named = bill({ cpe: "cpe:/a:openssl:openssl:3.0.1" });
    expect((await reportOn([openssl], named)).notes).toEqual([]);
  });
});
