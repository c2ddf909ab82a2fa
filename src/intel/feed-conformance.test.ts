import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { tarOf } from "../../test/builders/intel.ts";
import type { FeedReading } from "./feed-format.ts";
import { readFeed } from "./ingest.ts";
import { unpackLimits } from "./unpack.ts";

/**
 * What every feed must stand, whatever its format: one suite, run over all of them. To add a feed,
 * add its records here.
 */
interface Subject {
  readonly feed: string;
  /** The text of a feed of these records. */
  file(records: readonly string[]): string;
  record(n: number): string;
  readonly badRecord: string;
}

const cve = (n: number): string => `CVE-2026-${10_000 + n}`;

const subjects: readonly Subject[] = [
  {
    feed: "debian-tracker",
    file: (records) => `{"apt":{${records.join(",")}}}`,
    record: (n) => `"${cve(n)}":{"releases":{"bookworm":{"status":"open","urgency":"low"}}}`,
    badRecord: `"CVE-2026-0666":17`,
  },
  {
    feed: "osv-npm",
    file: (records) => `[${records.join(",")}]`,
    record: (n) =>
      `{"id":"GHSA-${n}","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},"versions":["1.0.0"]}]}`,
    badRecord: `{"id":"","modified":"2026-01-01T00:00:00Z"}`,
  },
  {
    feed: "osv-npm",
    file: (records) => records.map((r) => `${r}\n`).join(""),
    record: (n) =>
      `{"id":"GHSA-${n}","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},"versions":["1.0.0"]}]}`,
    badRecord: `{"id":"GHSA-cut","modified":"2026-01`,
  },
  {
    feed: "kev",
    file: (records) =>
      `{"catalogVersion":"1","dateReleased":"2026-01-01","vulnerabilities":[${records.join(",")}]}`,
    record: (n) => `{"cveID":"${cve(n)}","dateAdded":"2026-01-01"}`,
    badRecord: `{"cveID":"CVE-2026-0666"}`,
  },
  {
    feed: "epss",
    file: (records) =>
      `#model_version:v1,score_date:2026-01-01T00:00:00Z\ncve,epss,percentile\n${records.join("\n")}\n`,
    record: (n) => `${cve(n)},0.5,0.9`,
    badRecord: "CVE-2026-0666,high,very",
  },
  {
    feed: "vulnrichment",
    file: (records) => `[${records.join(",")}]`,
    record: (n) =>
      `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"${cve(n)}","state":"PUBLISHED"},"containers":{}}`,
    badRecord: `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"x"},"containers":{}}`,
  },
];

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

describe.each(subjects)("the feed $feed", (subject) => {
  const whole = subject.file(numbers.map(subject.record));

  it("is recognised by content and read whole, plain and packed", async () => {
    const plain = await read(whole);
    expect(plain).toMatchObject({ feed: subject.feed, entryCount: 40, extent: "whole" });
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
