/**
 * Makes the starter snapshot (`starter/`) from a folder of feed files:
 *
 *   node scripts/make-starter.ts FOLDER [--as-of FEED=DATE]...
 *
 * Files are found by content. Of each feed the newest whole file is taken; a feed whose content has
 * no date needs `--as-of`. Equal input gives equal bytes.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { sha256 } from "../src/base/digest.ts";
import { Failure } from "../src/base/failure.ts";
import { instantFromText, instantToText } from "../src/base/instant.ts";
import type { FeedReading } from "../src/intel/feed-format.ts";
import { readFeed } from "../src/intel/ingest.ts";
import type { StarterManifest } from "../src/intel/starter.ts";
import { idsOf, partText } from "../src/intel/starter-parts.ts";

const BYTES_MAX = 5 * 1024 * 1024;
/** Nothing we read is larger packed. */
const FILE_BYTES_MAX = 200 * 1024 * 1024;

const parts: Readonly<Record<string, { file: string; source: string; licence: string }>> = {
  "debian-tracker": {
    file: "debian-tracker.json.gz",
    source: "Debian security tracker data, https://security-tracker.debian.org",
    licence: "public",
  },
  epss: {
    file: "epss.csv.gz",
    source: "EPSS scores by FIRST, https://www.first.org/epss",
    licence: "free use with attribution to FIRST",
  },
  kev: {
    file: "kev.json.gz",
    source: "CISA catalogue of known exploited vulnerabilities, https://www.cisa.gov",
    licence: "CC0-1.0",
  },
  vulnrichment: {
    file: "vulnrichment.jsonl.gz",
    source: "SSVC values and scores of CVE records, https://github.com/cisagov/vulnrichment",
    licence: "CC0-1.0",
  },
};

export async function makeStarter(
  folder: string,
  target: string,
  asOf: ReadonlyMap<string, string>,
): Promise<StarterManifest> {
  const readings = await newestReadings(folder);
  const namedIds = new Set([...readings.values()].flatMap(idsOf));
  mkdirSync(target, { recursive: true });
  const manifest: StarterManifest = { format: "fettle starter 1", parts: [] };
  let total = 0;
  for (const [feed, part] of Object.entries(parts)) {
    const reading = readings.get(feed);
    if (reading === undefined) continue;
    const bytes = gzipSync(partText(reading, { namedIds }), { level: 9 });
    total += bytes.length;
    writeFileSync(join(target, part.file), bytes);
    manifest.parts.push({
      feed,
      file: part.file,
      sha256: sha256(bytes),
      asOf: dateOf(reading, asOf),
      // A derived excerpt must not pass for the publisher's own file.
      source: reading.isComplete ? part.source : `not the publisher's file: ${reading.label}`,
      licence: part.licence,
      label: reading.label,
    });
  }
  if (total > BYTES_MAX) {
    throw new Failure("too-large", `The snapshot has ${total} bytes; it may have ${BYTES_MAX}.`);
  }
  writeFileSync(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** The newest whole reading of each feed; without dates the one that says most. */
async function newestReadings(folder: string): Promise<ReadonlyMap<string, FeedReading>> {
  const newest = new Map<string, FeedReading>();
  for (const file of filesIn(folder)) {
    const bytes = readFileSync(file);
    if (bytes.length > FILE_BYTES_MAX) continue;
    for (const reading of await readOrSkip(bytes)) {
      const other = newest.get(reading.feed);
      if (reading.extent === "whole" && (other === undefined || isNewer(reading, other))) {
        newest.set(reading.feed, reading);
      }
    }
  }
  return newest;
}

async function readOrSkip(bytes: Buffer): Promise<readonly FeedReading[]> {
  try {
    return await readFeed(bytes);
  } catch (cause) {
    // The folder may hold anything; what is no feed of ours is not meant.
    if (cause instanceof Failure) return [];
    throw cause;
  }
}

function isNewer(a: FeedReading, b: FeedReading): boolean {
  if (a.asOf === b.asOf) return a.entryCount > b.entryCount;
  return (a.asOf ?? 0) > (b.asOf ?? 0);
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function dateOf(reading: FeedReading, asOf: ReadonlyMap<string, string>): string {
  const said = instantFromText(asOf.get(reading.feed) ?? "") ?? reading.asOf;
  if (said !== null) return instantToText(said);
  throw new Failure(
    "invalid",
    `The feed ${reading.feed} carries no date. Say when it was made: --as-of ${reading.feed}=2026-01-31.`,
  );
}

if (import.meta.main) {
  const [folder, ...rest] = process.argv.slice(2);
  if (folder === undefined) throw new Failure("invalid", "Name the folder of feed files.");
  const dates = rest.filter((word) => word.includes("=")).map((word) => word.split("="));
  const asOf = new Map(dates.map(([feed, date]) => [feed ?? "", date ?? ""]));
  const target = new URL("../starter/", import.meta.url).pathname;
  const manifest = await makeStarter(folder, target, asOf);
  process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
}
