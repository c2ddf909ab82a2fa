import { readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { archivedSubjects, feedSubjects, olderText } from "../../test/builders/feed-subjects.ts";
import { tarOf } from "../../test/builders/intel.ts";
import { osvEcosystems } from "./feed-catalogue.ts";
import type { FeedReading } from "./feed-format.ts";
import { refusalOf } from "./feed-rules.ts";
import { sourceOf } from "./feed-source.ts";
import { readFeed } from "./ingest.ts";
import { unpackLimits } from "./unpack-limits.ts";

/** What every feed must stand, whatever its format: one suite, run over all of them. */
const numbers = Array.from({ length: 40 }, (_, n) => n);

async function read(bytes: Buffer | string): Promise<FeedReading> {
  const [reading, ...others] = await readFeed(Buffer.from(bytes));
  expect(others).toEqual([]);
  if (reading === undefined) throw new Error("nothing was read");
  return reading;
}

/** The content without the order in which it came. */
function gist(reading: FeedReading): string {
  const { content } = reading;
  const sorted = (items: readonly unknown[]): unknown => items.map((i) => JSON.stringify(i)).sort();
  switch (content.kind) {
    case "advisories":
      return JSON.stringify([sorted(content.statements), sorted(content.texts)]);
    case "records":
      return JSON.stringify([sorted(content.ssvc), sorted(content.texts)]);
    case "kev":
      return JSON.stringify(sorted(content.entries));
    case "epss":
      return JSON.stringify(sorted(content.scores.ids));
    case "vex":
      return JSON.stringify(sorted(content.statements));
    case "lifecycle":
      return JSON.stringify(sorted(content.cycles));
  }
}

it("is run over every folder of feeds, and no other", () => {
  const folders = readdirSync(join(import.meta.dirname, "feeds"));
  const told = new Set([...feedSubjects, ...archivedSubjects].map(({ folder }) => folder));
  expect([...told].sort()).toEqual(folders.sort());
});

/** The last good one was loaded; a part of a feed neither shrinks nor has an age. */
function refusedAfter(last: FeedReading, next: FeedReading): string | null {
  const state = { name: last.feed, origin: "network" as const, confirmedAt: null };
  if (next.extent !== "whole") return "part";
  return refusalOf({ ...state, asOf: last.asOf, entryCount: last.entryCount }, next)?.why ?? null;
}

describe.each(feedSubjects)("the feed $feed", (subject) => {
  const whole = subject.file(numbers.map(subject.record));

  it("is recognised by content and read whole, plain and packed", async () => {
    const plain = await read(whole);
    expect(plain).toMatchObject({
      feed: subject.feed,
      entryCount: 40,
      extent: subject.extent ?? "whole",
    });
    expect(plain.problems.count).toBe(0);
    expect(gist(await read(gzipSync(whole)))).toBe(gist(plain));
  });

  it("reads the same in any order and with records repeated", async () => {
    const turned = subject.file(numbers.toReversed().map(subject.record));
    expect(gist(await read(turned))).toBe(gist(await read(whole)));
    const repeated = await read(subject.file([...numbers, ...numbers].map(subject.record)));
    expect(repeated.entryCount).toBe(40);
    expect(gist(repeated)).toBe(gist(await read(whole)));
  });

  it("is refused when it shrank by more than a tenth, or is older than the last", async () => {
    const last = await read(whole);
    const withFirst = async (count: number) =>
      refusedAfter(last, await read(subject.file(numbers.slice(0, count).map(subject.record))));
    // A page of the NVD says how many there are: with fewer it is never taken for whole.
    const isPart = subject.extent === "part" || subject.feed === "nvd";
    expect(await withFirst(30)).toBe(isPart ? "part" : "shrunk");
    expect(await withFirst(37)).toBe(isPart ? "part" : null);
    if (isPart || last.asOf === null) return;
    const old = await read(olderText(whole));
    expect(old.asOf).toBeLessThan(last.asOf);
    expect(refusedAfter(last, old)).toBe("older");
  });

  it("keeps the good records beside a bad one, and names the bad one", async () => {
    const records = numbers.map(subject.record);
    records.splice(20, 0, subject.badRecord);
    const reading = await read(subject.file(records));
    expect(reading.entryCount).toBe(40);
    expect(reading.problems.count).toBe(1);
    expect(reading.problems.kept[0]?.reason).not.toBe("");
    expect(gist(reading)).toBe(gist(await read(whole)));
  });

  it("keeps no more than a hundred problems, but counts all", async () => {
    const bad = Array.from({ length: 300 }, (_, n) =>
      subject.badRecord.replace("0666", String(6660 + n)),
    );
    const reading = await read(subject.file([subject.record(0), ...bad, subject.record(1)]));
    expect(reading.entryCount).toBe(2);
    expect(reading.problems.count).toBe(300);
    expect(reading.problems.kept).toHaveLength(100);
  });

  it("is never taken for whole when it was cut short", async () => {
    for (const share of [0.2, 0.5, 0.9, 0.99]) {
      const cut = whole.slice(0, Math.floor(whole.length * share));
      const reading = await read(cut).catch((cause: unknown) => {
        expect(cause).toMatchObject({ code: "invalid" });
        return null;
      });
      // Formats of lines stay readable; fewer entries are then for the shrink guard to see.
      if (reading !== null) expect(reading.entryCount).toBeLessThan(40);
      const packed = gzipSync(whole);
      await expect(
        readFeed(packed.subarray(0, Math.floor(packed.length * share))),
      ).rejects.toMatchObject({ code: "invalid" });
    }
  });

  it("is refused when it is larger than the limits", async () => {
    const limits = { ...unpackLimits, documentBytesMax: 100 };
    await expect(readFeed(Buffer.from(whole), limits)).rejects.toMatchObject({ code: "too-large" });
  });

  it("is refused when it holds nothing", async () => {
    await expect(readFeed(Buffer.from(subject.file([])))).rejects.toMatchObject({
      code: "invalid",
    });
    const onlyBad = subject.file([subject.badRecord]);
    await expect(readFeed(Buffer.from(onlyBad))).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("an archive of OSV", () => {
  const releases: Readonly<Record<string, string>> = {
    AlmaLinux: ":9",
    Alpine: ":v3.22",
    Debian: ":12",
    Mageia: ":9",
    "Red Hat": ":enterprise_linux:9::appstream",
    "Rocky Linux": ":9",
    SUSE: ":Linux Enterprise Server 15 SP4",
    Ubuntu: ":24.04:LTS",
    openEuler: ":24.03-LTS",
    openSUSE: ":Leap 15.6",
  };

  it.each(osvEcosystems)("of %s is the feed that its source must be", async (ecosystem) => {
    const record = (n: number): string =>
      JSON.stringify({
        id: `X-2026-${n}`,
        modified: "2026-01-01T00:00:00Z",
        affected: [
          {
            package: { ecosystem: `${ecosystem}${releases[ecosystem] ?? ""}`, name: `p${n}` },
            ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: `1.${n}` }] }],
          },
        ],
      });
    const files = Object.fromEntries(numbers.map((n) => [`X-2026-${n}.json`, record(n)]));
    const reading = await read(tarOf(files));
    expect(reading).toMatchObject({
      feed: sourceOf(`osv:${ecosystem}`).expectFeed,
      entryCount: 40,
      extent: "whole",
    });
    expect(reading.problems.count).toBe(0);
    if (reading.content.kind !== "advisories") throw new Error("no advisories");
    expect(reading.content.statements).toHaveLength(40);
  });
});

describe("what is no feed", () => {
  it.each([
    ["nothing", Buffer.alloc(0)],
    ["noise", Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))],
    ["a page", Buffer.from("<!doctype html><title>503</title>")],
    ["a list of numbers", Buffer.from("[1,2,3]")],
    ["another JSON", Buffer.from('{"document":{"category":"csaf_vex"}}')],
    ["an archive of texts", tarOf({ README: "hello" })],
    ["zeros", Buffer.alloc(5000)],
    ["deep brackets", Buffer.from("[".repeat(100_000))],
  ])("is refused: %s", async (_name, bytes) => {
    await expect(readFeed(bytes)).rejects.toMatchObject({ code: "invalid" });
    await expect(readFeed(gzipSync(bytes))).rejects.toMatchObject({ code: "invalid" });
  });
});

describe.each(archivedSubjects)(
  "documents of $feed in an archive",
  ({ feed, record, badRecord }) => {
    const archive = (texts: readonly string[]) =>
      gzipSync(tarOf(Object.fromEntries(texts.map((text, n) => [`data/${n}`, text]))));
    const all = numbers.map(record);

    it("are the whole of it, in any order, repeated, and beside bad ones", async () => {
      const plain = await read(archive(all));
      expect(plain).toMatchObject({ feed, entryCount: 40, extent: "whole" });
      expect(plain.problems.count).toBe(0);
      const mixed = await read(archive([...all.toReversed(), badRecord, ...all]));
      expect(mixed.entryCount).toBe(40);
      expect(gist(mixed)).toBe(gist(plain));
    });

    it("are still read where one of them is bad, which is named", async () => {
      const reading = await read(archive([...all.slice(0, 20), badRecord, ...all.slice(20)]));
      expect(reading.entryCount).toBe(40);
      expect(reading.problems.count).toBeLessThanOrEqual(1);
    });
  },
);
