import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { tarOf } from "../../../../test/builders/intel.ts";
import type { FeedReading } from "../../feed-format.ts";
import { readFeed } from "../../ingest.ts";
import type { Statement } from "../../model.ts";

function aRecord(of: object = {}): Record<string, unknown> {
  return {
    id: "GO-2026-0001",
    modified: "2026-08-01T00:00:00Z",
    aliases: ["CVE-2026-0001"],
    affected: [
      {
        package: { ecosystem: "Go", name: "example.org/a" },
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "1.2.3" }] }],
      },
    ],
    ...of,
  };
}

async function readAll(...records: readonly unknown[]): Promise<readonly FeedReading[]> {
  return await readFeed(Buffer.from(records.map((r) => `${JSON.stringify(r)}\n`).join("")));
}

async function statementsOf(...records: readonly unknown[]): Promise<readonly Statement[]> {
  return (await readAll(...records)).flatMap(({ content }) =>
    content.kind === "advisories" ? content.statements : [],
  );
}

function affected(ecosystem: string, name: string, events: readonly object[], type = "ECOSYSTEM") {
  return { package: { ecosystem, name }, ranges: [{ type, events }] };
}

describe("OSV records", () => {
  it("become statements about the CVE that is their only alias", async () => {
    const [statement] = await statementsOf(aRecord());
    expect(statement).toMatchObject({
      feed: "osv-go",
      vulnerability: "CVE-2026-0001",
      advisory: "GO-2026-0001",
      matches: "binary",
      state: { ranges: [{ introduced: "0", fixed: "1.2.3", lastAffected: null }] },
    });
  });

  it("keep their own id when they alias several CVEs, which are not the same bug", async () => {
    const record = aRecord({ aliases: ["CVE-2026-0001", "CVE-2026-0002"] });
    expect((await statementsOf(record)).map((s) => s.vulnerability)).toEqual(["GO-2026-0001"]);
  });

  it("of a distribution speak of each bug the advisory covers, upstream before related", async () => {
    const events = [{ introduced: "0" }, { fixed: "1.0-2" }];
    const base = { id: "DSA-1-1", aliases: [], affected: [affected("Debian:12", "apt", events)] };
    const upstream = aRecord({ ...base, upstream: ["CVE-2026-0002", "CVE-2026-0001", "X-1"] });
    expect((await statementsOf(upstream)).map((s) => s.vulnerability)).toEqual([
      "CVE-2026-0001",
      "CVE-2026-0002",
    ]);
    const related = aRecord({ ...base, related: ["CVE-2026-0003"] });
    expect((await statementsOf(related)).map((s) => s.vulnerability)).toEqual(["CVE-2026-0003"]);
    const language = aRecord({ aliases: [], related: ["CVE-2026-0003"] });
    expect((await statementsOf(language)).map((s) => s.vulnerability)).toEqual(["GO-2026-0001"]);
  });

  it("make no statement once withdrawn", async () => {
    const readings = await readAll(
      aRecord({ withdrawn: "2026-08-02T00:00:00Z" }),
      aRecord({ id: "GO-2" }),
    );
    const content = readings[0]?.content;
    expect(content?.kind === "advisories" && content.statements.map((s) => s.advisory)).toEqual([
      "GO-2",
    ]);
    expect(content?.kind === "advisories" && content.texts[0]?.status).toBe("withdrawn");
  });

  it("sort events by version and keep several intervals", async () => {
    const events = [
      { fixed: "5.2.0" },
      { introduced: "5.0.0" },
      { introduced: "4.0.0" },
      { fixed: "4.3.0" },
    ];
    const record = aRecord({ affected: [affected("Go", "a", events, "SEMVER")] });
    const [statement] = await statementsOf(record);
    expect(statement?.state).toEqual({
      kind: "ranges",
      versions: [],
      ranges: [
        { introduced: "4.0.0", fixed: "4.3.0", lastAffected: null },
        { introduced: "5.0.0", fixed: "5.2.0", lastAffected: null },
      ],
    });
  });

  it("pass over commits, and name ranges that end before they begin", async () => {
    const git = affected("Go", "a", [{ introduced: "0" }, { fixed: "abc" }], "GIT");
    const upsideDown = affected("Go", "b", [{ fixed: "1.0.0" }], "SEMVER");
    const [reading] = await readAll(
      aRecord({ affected: [git, upsideDown] }),
      aRecord({ id: "GO-2" }),
    );
    expect(reading?.problems.kept.map((p) => p.place)).toEqual(["GO-2026-0001"]);
    expect(reading?.content.kind === "advisories" && reading.content.statements).toHaveLength(1);
  });

  it("of Debian without a release are not judged for any release", async () => {
    const record = aRecord({ affected: [affected("Debian", "apt", [{ introduced: "0" }])] });
    const [reading] = await readAll(record, aRecord({ id: "GO-2" }));
    expect(reading?.content.kind === "advisories" && reading.content.statements).toHaveLength(0);
  });

  it("are read once when they come twice, the newest", async () => {
    const older = aRecord({ modified: "2026-07-01T00:00:00Z", aliases: ["CVE-2026-0009"] });
    for (const records of [
      [aRecord(), older],
      [older, aRecord()],
    ]) {
      const found = await statementsOf(...records);
      expect(found.map((s) => s.vulnerability)).toEqual(["CVE-2026-0001"]);
    }
  });

  it("alone add to a feed, together they are the whole of it", async () => {
    expect((await readAll(aRecord()))[0]?.extent).toBe("part");
    expect((await readAll(aRecord(), aRecord({ id: "GO-2" })))[0]?.extent).toBe("whole");
    const archive = gzipSync(
      tarOf({ "README.md": "# hello", "GO-1.json": JSON.stringify(aRecord()) }),
    );
    expect((await readFeed(archive))[0]?.extent).toBe("whole");
  });
});
