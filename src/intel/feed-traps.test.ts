import { describe, expect, it } from "vitest";
import { aPackage, GENERATION } from "../../test/builders/intel.ts";
import { type CoveringFeed, coverageGap } from "./coverage.ts";
import type { FeedContent } from "./feed-format.ts";
import { readFeed } from "./ingest.ts";
import { judgeAll } from "./match.ts";

/** Traps between what a publisher writes and what the server says of it; docs/traps.md lists all. */
async function contentOf(text: string): Promise<FeedContent> {
  const [reading] = await readFeed(Buffer.from(text));
  if (reading === undefined) throw new Error("nothing was read");
  return reading.content;
}

/** What the server says of one package by these files. */
async function stateOf(
  files: readonly string[],
  p: Parameters<typeof aPackage>[0],
  entitled: readonly string[] = [],
): Promise<readonly string[]> {
  const contents = await Promise.all(files.map(contentOf));
  const statements = contents
    .flatMap((content) => (content.kind === "advisories" ? content.statements : []))
    .map((s, id) => ({ ...s, id, generation: GENERATION }));
  const texts = contents.flatMap((c) =>
    c.kind === "advisories" || c.kind === "records" ? c.texts : [],
  );
  const rejected = new Set(texts.flatMap((t) => (t.status === "rejected" ? [t.id] : [])));
  const { matches } = judgeAll({
    packages: [aPackage(p)],
    statements,
    rejected,
    entitled: new Set(entitled),
  });
  return matches.map((m) => `${m.vulnerability} ${m.state} ${m.fixedVersion ?? "-"}`);
}

describe("the NVD", () => {
  const page = (of: object): string =>
    JSON.stringify({
      ...{ totalResults: 1, format: "NVD_CVE" },
      vulnerabilities: [{ cve: { id: "CVE-2026-0001", ...of } }],
    });

  it.each(["Deferred", "Not Scheduled", "Awaiting Analysis", "Received", "Modified"])(
    "with the status %s says nothing about who is affected",
    async (vulnStatus) => {
      const content = await contentOf(page({ vulnStatus }));
      expect(content).toMatchObject({ kind: "records", texts: [{ status: "published" }] });
      expect(await stateOf([page({ vulnStatus })], { name: "openssl" })).toEqual([]);
    },
  );

  it("rejects by its own word, which closes what others say", async () => {
    const osv = osvRecord([{ introduced: "0" }]);
    const a = { name: "a", ecosystem: "npm", version: "1.0.0" };
    expect(await stateOf([osv], a)).toEqual(["CVE-2026-0001 affected-no-fix -"]);
    expect(await stateOf([osv, page({ vulnStatus: "Rejected" })], a)).toEqual([
      "CVE-2026-0001 not-affected -",
    ]);
  });
});

function osvRecord(events: readonly object[], more: object = {}): string {
  return JSON.stringify({
    ...{ id: "GHSA-1", modified: "2026-01-01T00:00:00Z", aliases: ["CVE-2026-0001"] },
    affected: [
      { package: { ecosystem: "npm", name: "a" }, ranges: [{ type: "SEMVER", events }], ...more },
    ],
  });
}

describe("OSV", () => {
  const at = (version: string) => ({ name: "a", ecosystem: "npm", version });
  const isAffected = async (record: string, version: string): Promise<boolean> =>
    (await stateOf([record], at(version))).some((state) => state.includes(" affected"));

  it.each<[string, readonly object[], readonly string[], readonly string[]]>([
    ["limit ends before", [{ introduced: "0" }, { limit: "2.0.0" }], ["1.9.9"], ["2.0.0"]],
    [
      "last_affected ends after",
      [{ introduced: "0" }, { last_affected: "2.0.0" }],
      ["2.0.0"],
      ["2.0.1"],
    ],
    [
      "a gap between intervals is no place to be found in",
      [{ introduced: "0" }, { fixed: "1.0.0" }, { introduced: "3.0.0" }, { fixed: "3.1.0" }],
      ["0.9.0", "3.0.0"],
      ["1.0.0", "2.0.0", "3.1.0"],
    ],
  ])("%s", async (_what, events, inside, outside) => {
    for (const version of inside) expect(await isAffected(osvRecord(events), version)).toBe(true);
    for (const version of outside) expect(await isAffected(osvRecord(events), version)).toBe(false);
  });

  it("holds where a version is listed or lies in a range", async () => {
    const events = [{ introduced: "1.0.0" }, { fixed: "1.1.0" }];
    const both = osvRecord(events, { versions: ["5.0.0"] });
    expect(await isAffected(both, "1.0.5")).toBe(true);
    expect(await isAffected(both, "5.0.0")).toBe(true);
    expect(await isAffected(both, "5.0.1")).toBe(false);
  });

  it("joins no bugs through related or upstream of a language, nor many aliases into one", async () => {
    const one = JSON.parse(osvRecord([{ introduced: "0" }])) as Record<string, unknown>;
    const said = async (of: object) =>
      await stateOf([JSON.stringify({ ...one, ...of })], at("1.0.0"));
    expect(await said({ aliases: [], related: ["CVE-2026-0002"] })).toEqual([
      "GHSA-1 affected-no-fix -",
    ]);
    expect(await said({ aliases: ["CVE-2026-0001", "CVE-2026-0002"] })).toEqual([
      "GHSA-1 affected-no-fix -",
    ]);
  });
});

describe("Ubuntu's ESM", () => {
  const uct = (lines: string): string =>
    `Candidate: CVE-2020-0001\nDescription:\n x\nPriority: low\nPatches_p:\n${lines}`;
  const bionic = (version: string) => ({ name: "p", version, ecosystem: "Ubuntu:18.04:LTS" });
  const esm = uct("bionic_p: needed\nesm-infra/bionic_p: released (1.0-1+esm1)\n");

  it("mends entitled hosts, is told to the others, and counts once installed", async () => {
    const channel = "Ubuntu:Pro:18.04:LTS";
    expect(await stateOf([esm], bionic("1.0-1"))).toEqual([
      "CVE-2020-0001 affected-no-fix 1.0-1+esm1",
    ]);
    expect(await stateOf([esm], bionic("1.0-1"), [channel])).toEqual([
      "CVE-2020-0001 affected-fix-available 1.0-1+esm1",
    ]);
    expect(await stateOf([esm], bionic("1.0-1+esm1"))).toEqual(["CVE-2020-0001 fixed 1.0-1+esm1"]);
  });
});

describe("EPSS", () => {
  it("keeps the model beside its scores, as those of two models are not comparable", async () => {
    const scores = (model: string): string =>
      `#model_version:${model},score_date:2026-06-15T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,0.1,0.2\n`;
    const [reading] = await readFeed(Buffer.from(scores("v2026.06.15")));
    expect(reading?.label).toContain("v2026.06.15");
  });
});

describe("KEV", () => {
  it("reads entries without due date, ransomware or weaknesses", async () => {
    const entry = { cveID: "CVE-2026-0001", dateAdded: "2026-06-11", cwes: [], dueDate: "" };
    const text = JSON.stringify({ catalogVersion: "1", vulnerabilities: [entry] });
    expect(await contentOf(text)).toMatchObject({
      entries: [{ id: "CVE-2026-0001", dueAt: null, isRansomware: false }],
    });
  });
});

describe("coverage", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  const feed = (of: Partial<CoveringFeed> = {}): CoveringFeed => ({
    ...{ name: "debian-tracker", origin: "network", asOf: now, confirmedAt: now, entryCount: 1 },
    ...{ ecosystems: ["Debian:12"], isComplete: true, ...of },
  });
  const gap = (
    of: Partial<Parameters<typeof coverageGap>[0]> = {},
    feeds: readonly CoveringFeed[] = [feed()],
  ) =>
    coverageGap(
      { ecosystem: "Debian:12", blindSpot: null, isNamed: false, isMatched: true, ...of },
      feeds,
      now,
    );

  it.each<[string, ReturnType<typeof gap>, string | null]>([
    ["a fresh feed of its release", gap(), null],
    ["another release", gap({ ecosystem: "Debian:11" }), "no-feed"],
    ["no feed at all", gap({}, []), "no-feed"],
    [
      "a feed that is too old",
      gap({}, [feed({ confirmedAt: now - 49 * 3_600_000 })]),
      "stale-feed",
    ],
    ["a feed of unknown age", gap({}, [feed({ confirmedAt: null })]), "stale-feed"],
    ["the starter snapshot only", gap({}, [feed({ origin: "starter" })]), "starter-feed"],
    ["a backport", gap({ blindSpot: "backport" }), "backport"],
    ["a publisher that no feed speaks for", gap({ blindSpot: "foreign-origin" }), "foreign-origin"],
    [
      "an ecosystem whose versions cannot be compared",
      gap({ ecosystem: "Slackware:15" }, [feed({ ecosystems: ["Slackware:15"] })]),
      "no-version-order",
    ],
    ["a package not matched yet", gap({ isMatched: false }), "not-matched"],
  ])("of %s is told as it is, never as clean", (_what, told, expected) => {
    expect(told).toBe(expected);
  });
});
