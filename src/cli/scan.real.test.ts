import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRealFeeds, realFeed } from "../../test/builders/intel.ts";
import { compareByRpm } from "../../test/builders/rpm-order.ts";
import { type JudgedFinding, scanPackages } from "../intel/scan-packages.ts";
import { unpack } from "../intel/unpack.ts";
import { readDpkgStatus } from "../inventory/formats/dpkg-status.ts";
import { readRpmList } from "../inventory/formats/rpm-list.ts";
import type { Package } from "../inventory/model.ts";
import { type FeedFolder, readFeedFolder } from "./feed-folder.ts";
import { openKnowledgeCache } from "./knowledge-cache.ts";
import { openKnownDigests } from "./known-digests.ts";
import { gatherKnowledge } from "./scan-knowledge.ts";

const FEEDS = fileURLToPath(new URL("../../../shared/feeds/", import.meta.url));
const cache = mkdtempSync(join(tmpdir(), "fettle-scan-"));
const memory = {
  cache: openKnowledgeCache(cache),
  digests: openKnownDigests(cache, Date.now),
};

afterAll(() => rmSync(cache, { recursive: true }));

async function folderOf(name: string): Promise<FeedFolder> {
  return await readFeedFolder(join(FEEDS, name), memory);
}

function scan(folder: FeedFolder, packages: readonly Package[]): readonly JudgedFinding[] {
  const knowledge = gatherKnowledge(folder, { packages }, new Set());
  return scanPackages({ packages, ...knowledge }).findings;
}

function pairsOf(findings: readonly JudgedFinding[]): number {
  return new Set(findings.map((f) => `${f.package.source} ${f.id}`)).size;
}

describe.skipIf(!hasRealFeeds)("real machines by the real feeds", () => {
  let debian: FeedFolder;

  beforeAll(async () => {
    debian = await folderOf("debian");
  });

  it("finds what dpkg finds on a Debian 12 machine, and one pair of the CVE list", () => {
    const { packages } = readDpkgStatus(realFeed("debian/dpkg-status").toString(), "Debian:12");
    const findings = scan(debian, packages);
    const affected = findings.filter((f) => f.state === "affected");
    expect([packages.length, affected.length, pairsOf(affected)]).toEqual([730, 753, 214]);
    expect(new Set(affected.map((f) => f.package.source)).size).toBe(39);
    // All of them are in the archive's indexes, so every one has a version to install.
    expect(affected.filter((f) => !/^\d/.test(f.remedy ?? ""))).toEqual([]);
    const rest = findings.filter((f) => f.state !== "affected");
    expect([...new Set(rest.map((f) => `${f.id} ${f.state}`))]).toEqual([
      "CVE-2024-0232 fix-deferred",
    ]);
  });

  it("finds 6,320 pairs of the tracker at the versions of 12.0", () => {
    const status = realFeed("debian/dpkg-status.synthetic-bookworm-12.0").toString();
    const findings = scan(debian, readDpkgStatus(status, "Debian:12").packages);
    const ofTracker = findings.filter((f) => f.why.startsWith("debian-tracker"));
    expect([ofTracker.length, pairsOf(ofTracker)]).toEqual([17_602, 6_320]);
  });

  it("gives the same from the cache as from the files", async () => {
    const { packages } = readDpkgStatus(realFeed("debian/dpkg-status").toString(), "Debian:12");
    expect(scan(await folderOf("debian"), packages)).toEqual(scan(debian, packages));
  });
});

interface Compared {
  readonly key: string;
  readonly installed: string;
  readonly fixed: string;
}

function lowerByRpm(all: readonly Compared[]): ReadonlySet<string> {
  const { answers: told } = compareByRpm(all.map((c) => [c.installed, c.fixed]));
  expect(told).toHaveLength(all.length);
  return new Set(all.filter((_, at) => told[at] === -1).map((c) => c.key));
}

interface Advisory {
  readonly id: string;
  readonly related: readonly string[];
  readonly affected: readonly {
    readonly package: { readonly ecosystem: string; readonly name: string };
    readonly ranges: readonly { readonly events: readonly { readonly fixed?: string }[] }[];
  }[];
}

/** The plainest reading of the advisories: every package by its name, rpm's own comparison. */
async function oracle(ecosystem: string, packages: readonly Package[]) {
  const byName = Map.groupBy(packages, (p) => p.name);
  const all: Compared[] = [];
  for await (const { text } of unpack(realFeed("osv/almalinux-osv.tar.gz"))) {
    const { id, related, affected } = JSON.parse(text) as Advisory;
    const cves = related.filter((other) => other.startsWith("CVE-"));
    for (const { package: named, ranges } of affected) {
      const fixes = ranges.flatMap((r) => r.events.flatMap((e) => e.fixed ?? []));
      for (const p of named.ecosystem === ecosystem ? (byName.get(named.name) ?? []) : []) {
        for (const fixed of fixes.filter((f) => !f.includes(".module"))) {
          // Builds of another release are not comparable; they are told as unknown.
          if (/\.el(\d+)/.exec(fixed)?.[1] !== /\.el(\d+)/.exec(p.version)?.[1]) continue;
          for (const cve of cves.length > 0 ? cves : [id]) {
            all.push({ key: `${p.name} ${p.version} ${cve}`, installed: p.version, fixed });
          }
        }
      }
    }
  }
  return lowerByRpm(all);
}

describe.skipIf(!hasRealFeeds || !existsSync("/usr/bin/rpm"))("two AlmaLinux inventories", () => {
  it.each(["8", "9"])("of release %s have what rpm itself says, and no more", async (release) => {
    const text = realFeed(`almalinux/rpm-qa.synthetic-alma${release}.txt`).toString();
    const { packages } = readRpmList(text, `AlmaLinux:${release}`);
    expect(packages).toHaveLength(400);
    const knowledge = await folderOf("osv/almalinux-osv.tar.gz");
    const findings = scan(knowledge, packages);
    // Headers are listed too, but set aside where the kernel itself has the same finding.
    const shown = findings.filter((f) => f.state === "affected" || f.state === "not-affected");
    const found = new Set(shown.map((f) => `${f.package.name} ${f.package.version} ${f.id}`));
    const expected = await oracle(`AlmaLinux:${release}`, packages);
    expect([...expected].filter((key) => !found.has(key))).toEqual([]);
    expect([...found].filter((key) => !expected.has(key))).toEqual([]);
    expect(found.size).toBeGreaterThan(3_000);
  });
});

/** Every file of the folder but the largest is a feed with so many records, or said not to be one. */
const counts: Readonly<Record<string, number>> = {
  "alpine/secdb-2020/v3.11/main.yaml": 175,
  "debian/derived-changelog-fixes.jsonl.gz": 5471,
  "debian/derived-tracker-bookworm.json.gz": 6380,
  "debian/security-tracker-2023-04/data/DLA/list": 3534,
  "debian/security-tracker-2023-04/data/DSA/list": 5406,
  "debian/tracker-samples/CVE-list.samples": 7,
  // How urgent something is says nothing of who is vulnerable: recognised, and not read.
  "epss/epss_scores-2026-08-16.csv.gz": 0,
  "kev/known_exploited_vulnerabilities.json": 0,
  "npm/npmrepository.json": 408,
  "nvd/composed/page-00000.json.gz": 2000,
  "nvd/original/nvd-api2-page-38.json": 38,
  "osv/almalinux-osv.tar.gz": 5637,
  "osv/bitnami-osv.tar.gz": 7444,
  "osv/go-osv.tar.gz": 4291,
  "osv/rustsec-md.tar.gz": 1225,
  "redhat/oracle-oval/mock_per_arch_data": 3,
  "redhat/suse-oval/suse_truncated.xml": 4,
};

describe.skipIf(!hasRealFeeds)("every file of the real feeds", () => {
  it("is a feed with the records its publisher counts, or named as something else", async () => {
    const names = ["alpine", "almalinux", "csaf", "debian", "epss", "kev", "npm", "nvd/original"];
    const more = ["nvd/composed", "osv/samples-mixed", "redhat", "sbom", "vex", "ubuntu/osv"];
    const archives = ["osv/almalinux-osv.tar.gz", "osv/bitnami-osv.tar.gz"];
    const packed = ["osv/go-osv.tar.gz", "osv/rustsec-md.tar.gz"];
    const found = new Map<string, number>();
    const unnamed: string[] = [];
    for (const name of [...names, ...more, ...archives, ...packed]) {
      const { files, unread } = await folderOf(name);
      expect(unread).toEqual([]);
      for (const { path, knowledge } of files) {
        const { kind, is, feeds } = knowledge.head;
        const place = name.includes(".") ? name : `${name}/${path}`;
        found.set(
          place,
          feeds.reduce((sum, feed) => sum + feed.entryCount, 0),
        );
        if (kind === "other" && (is === "damaged" || is.startsWith("not a feed"))) {
          unnamed.push(`${place}: ${is}`);
        }
      }
    }
    expect(found.size).toBeGreaterThan(400);
    expect(unnamed).toEqual([]);
    const told = Object.keys(counts).map((path) => [path, found.get(path)]);
    expect(Object.fromEntries(told)).toEqual(counts);
  });
});
