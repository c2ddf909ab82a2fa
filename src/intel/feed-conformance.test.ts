import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { feedSubjects } from "../../test/builders/feed-subjects.ts";
import { tarOf } from "../../test/builders/intel.ts";
import type { FeedReading } from "./feed-format.ts";
import { readFeed } from "./ingest.ts";
import { unpackLimits } from "./unpack-limits.ts";

/** What every feed must stand, whatever its format: one suite, run over all of them. */
const cve = (n: number): string => `CVE-2026-${10_000 + n}`;

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

/** Feeds that come as one document a record, told and counted as one whole in an archive. */
const inArchives: readonly {
  readonly feed: string;
  readonly record: (n: number) => string;
  readonly badRecord: string;
}[] = [
  {
    feed: "ubuntu-tracker",
    record: (n) =>
      `Candidate: ${cve(n)}\nPublicDate: 2020-03-24\nDescription:\n Text\nPriority: low\nPatches_p:\nbionic_p${n}: released (1.0-1)\ntrusty/esm_p${n}: needed\n`,
    badRecord: "Candidate: none\nPatches_p:\n",
  },
  {
    feed: "rustsec",
    record: (n) =>
      `\`\`\`toml\n[advisory]\nid = "RUSTSEC-2020-${1000 + n}"\npackage = "p${n}"\ndate = "2020-01-01"\n\n[versions]\npatched = [">= 1.0.${n}"]\n\`\`\`\n\n# Title\n`,
    badRecord: '```toml\n[advisory]\nid = "none\n```\n',
  },
  {
    feed: "endoflife",
    record: (n) =>
      `---\ntitle: P${n}\npermalink: /p${n}\nreleases:\n  - releaseCycle: "1.10"\n    eol: 2030-01-01\n---\nText\n`,
    badRecord: "---\npermalink: /x\nreleases: none\n---\n",
  },
  {
    feed: "csaf-redhat",
    record: (n) =>
      JSON.stringify({
        document: {
          csaf_version: "2.0",
          publisher: { name: "Red Hat Product Security" },
          tracking: { id: `RHSA-2024:${1000 + n}` },
        },
        product_tree: {
          full_product_names: [
            {
              name: "rpm",
              product_id: "rpm",
              product_identification_helper: { purl: `pkg:rpm/redhat/p${n}@1.0-1.el9?arch=x86_64` },
            },
            {
              name: "RHEL",
              product_id: "os",
              product_identification_helper: { cpe: "cpe:/o:redhat:enterprise_linux:9::baseos" },
            },
          ],
          relationships: [
            {
              category: "default_component_of",
              full_product_name: { name: "both", product_id: "os:rpm" },
              product_reference: "rpm",
              relates_to_product_reference: "os",
            },
          ],
        },
        vulnerabilities: [{ cve: cve(n), product_status: { fixed: ["os:rpm"] } }],
      }),
    badRecord: '{"document":{"csaf_version":"2.0","tracking":{}}}',
  },
  {
    feed: "nvd-overrides",
    record: (n) =>
      `{"_annotation":{"cve_id":"${cve(n)}"},"cve":{"configurations":[{"nodes":[{"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:x:p${n}:*:*:*:*:*:*:*:*"}]}]}]}}`,
    badRecord: '{"_annotation":{"cve_id":"0666"},"cve":{}}',
  },
];

describe.each(inArchives)("documents of $feed in an archive", ({ feed, record, badRecord }) => {
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
});
