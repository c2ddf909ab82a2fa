import { setImmediate } from "node:timers/promises";
import { Failure } from "../base/failure.ts";
import type { FeedDocument, FeedFormat, FeedReading } from "./feed-format.ts";
import { HEAD_BYTES } from "./feed-format.ts";
import { cveRecord } from "./feeds/cve-record/cve-record.ts";
import { debianTracker } from "./feeds/debian-tracker/debian-tracker.ts";
import { epss } from "./feeds/epss/epss.ts";
import { kev } from "./feeds/kev/kev.ts";
import { osv } from "./feeds/osv/osv.ts";
import { type UnpackLimits, unpack, unpackLimits } from "./unpack.ts";

/** Every format we read; the first that recognises the content reads it. */
export const feedFormats: readonly FeedFormat[] = [kev, epss, debianTracker, cveRecord, osv];

/** An archive may begin with other files (a schema, an index) before its first record. */
const RECOGNISE_DOCUMENTS_MAX = 50;
/** Reading gives way to other work of the server after so much text. */
const TURN_CHARACTERS = 2_000_000;

/** Reads the bytes of a feed, whatever it is packed in. Refuses what no format recognises. */
export async function readFeed(
  bytes: Buffer,
  limits: UnpackLimits = unpackLimits,
): Promise<readonly FeedReading[]> {
  const held: FeedDocument[] = [];
  let format: FeedFormat | undefined;
  let collector: ReturnType<FeedFormat["begin"]> | null = null;
  let sinceTurn = 0;
  for (const document of await unpack(bytes, limits)) {
    if (collector === null) {
      format = formatOf(document);
      if (format === undefined) {
        held.push(document);
        if (held.length > RECOGNISE_DOCUMENTS_MAX) throw unrecognised();
        continue;
      }
      collector = format.begin();
    }
    collector.add(document);
    sinceTurn += document.text.length;
    if (sinceTurn > TURN_CHARACTERS) {
      sinceTurn = 0;
      await setImmediate();
    }
  }
  if (collector === null) throw unrecognised();
  const readings = collector.finish().filter((reading) => reading.entryCount > 0);
  if (readings.length === 0) throw empty(format?.name ?? "");
  return readings;
}

function formatOf(document: FeedDocument): FeedFormat | undefined {
  const head = document.text.slice(0, HEAD_BYTES);
  return feedFormats.find((format) => format.recognise(head));
}

function unrecognised(): Failure {
  const names = "Debian security tracker data/json, OSV, KEV, EPSS, CVE records with SSVC";
  return new Failure(
    "invalid",
    `The file is none of the feeds we read (${names}). Files are recognised by content, plain or packed as gzip, tar.gz or zip.`,
  );
}

function empty(name: string): Failure {
  return new Failure(
    "invalid",
    `The file looks like ${name} but holds not one readable record, so nothing was changed.`,
  );
}
