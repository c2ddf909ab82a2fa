import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  aPackage,
  GENERATION,
  hasRealFeeds,
  packagesOfStatus,
  realFeed,
} from "../../test/builders/intel.ts";
import type { StoredStatement } from "./dossier.ts";
import type { FeedContent, FeedReading } from "./feed-format.ts";
import { readFeed } from "./ingest.ts";
import { findingsForPackages, judgeAll } from "./match.ts";
import { subjectOf } from "./subject.ts";

const none: ReadonlySet<string> = new Set();

async function read(bytes: Buffer): Promise<FeedReading> {
  const [reading] = await readFeed(bytes);
  if (reading === undefined) throw new Error("nothing was read");
  return reading;
}

describe.skipIf(!hasRealFeeds)("real feeds", () => {
  it("reads the derived set and a sample of the live format", async () => {
    const derived = await read(realFeed("debian/derived-tracker-bookworm.json.gz"));
    expect(derived).toMatchObject({ entryCount: 6380, isComplete: false });
    expect(derived.problems.count).toBe(0);
    const sample = await read(realFeed("debian/tracker-samples/vunnel-debian.json"));
    expect(sample).toMatchObject({ entryCount: 7, isComplete: true });
    expect(sample.problems.count).toBe(0);
  });

  it("of OSV are all read", async () => {
    // 5,680 files, of which 43 repeat a record for another release.
    const [alma] = await readFeed(realFeed("osv/almalinux-osv.tar.gz"));
    expect(alma).toMatchObject({ feed: "osv-almalinux", entryCount: 5637, extent: "whole" });
    const [go] = await readFeed(realFeed("osv/go-osv.tar.gz"));
    expect(go).toMatchObject({ feed: "osv-go", entryCount: 4291 });
    expect(go?.problems.count).toBe(0);
    const content = go?.content;
    const withdrawn =
      content?.kind === "advisories" ? content.texts.filter((t) => t.status === "withdrawn") : [];
    expect(withdrawn).toHaveLength(17);
  });

  it("of CVE records are all read", async () => {
    const [reading] = await readFeed(realFeed("vulnrichment/vulnrichment-subset.tar.gz"));
    if (reading?.content.kind !== "records") throw new Error("not read");
    const count = (status: string) =>
      reading.content.kind === "records"
        ? reading.content.texts.filter((t) => t.status === status).length
        : 0;
    expect(reading.entryCount).toBe(7159);
    expect(reading.problems.count).toBe(0);
    expect(count("rejected")).toBe(104);
    expect(count("disputed")).toBe(341);
    expect(reading.content.ssvc.filter((s) => s.exploitation === "active")).toHaveLength(214);
  });
});

describe.skipIf(!hasRealFeeds)("signed packages", () => {
  it("agrees with Built-Using of every signed package of the archive", () => {
    const index = gunzipSync(realFeed("debian/Packages.bookworm-security.amd64.gz")).toString();
    let compared = 0;
    for (const stanza of index.split("\n\n")) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1];
      const name = field("Package") ?? "";
      const source = /^(\S+)(?: \((.*)\))?$/.exec(field("Source") ?? name);
      const built = /^(linux|grub2|linux-\S+) \(= ([^)]+)\)$/.exec(field("Built-Using") ?? "");
      const isSigned = source?.[1]?.includes("signed") === true;
      if (!isSigned || built === null) continue;
      const version = field("Version") ?? "";
      const p = aPackage({
        name,
        version,
        source: source?.[1] ?? name,
        sourceVersion: source?.[2] ?? version,
      });
      expect([name, subjectOf(p).source, subjectOf(p).version]).toEqual([name, built[1], built[2]]);
      compared++;
    }
    expect(compared).toBeGreaterThan(50);
  });
});

async function derivedTracker(): Promise<readonly StoredStatement[]> {
  const [reading] = await readFeed(realFeed("debian/derived-tracker-bookworm.json.gz"));
  const content: FeedContent | undefined = reading?.content;
  if (content?.kind !== "advisories") throw new Error("not the tracker");
  return content.statements.map((s, id) => ({ ...s, id, generation: GENERATION }));
}

describe.skipIf(!hasRealFeeds)("matching a real Debian 12 machine", () => {
  it("finds 753 findings, 214 pairs of source and CVE, in 39 sources", async () => {
    const packages = packagesOfStatus(realFeed("debian/dpkg-status").toString());
    const statements = await derivedTracker();
    const { matches } = findingsForPackages({ packages, statements, rejected: none });
    expect(packages).toHaveLength(730);
    expect(matches).toHaveLength(753);
    const pairs = new Set(matches.map((m) => `${m.because.packageName} ${m.vulnerability}`));
    expect(pairs.size).toBe(214);
    expect(new Set(matches.map((m) => m.because.packageName)).size).toBe(39);
  });

  it("finds 6320 pairs at the versions of 12.0, of which 1010 are only kernel tools", async () => {
    const status = realFeed("debian/dpkg-status.synthetic-bookworm-12.0").toString();
    const statements = await derivedTracker();
    const { matches } = judgeAll({
      packages: packagesOfStatus(status),
      statements,
      rejected: none,
    });
    const lower = matches.filter((m) => m.because.comparison === "lower");
    expect(lower).toHaveLength(17_602);
    const pairs = new Set(lower.map((m) => `${m.because.packageName} ${m.vulnerability}`));
    expect(pairs.size).toBe(6320);
    const tools = lower.filter((m) => m.because.rule === "kernel-support");
    expect(new Set(tools.map((m) => m.vulnerability)).size).toBe(1010);
  });
});
