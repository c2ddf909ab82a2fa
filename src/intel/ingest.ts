import { Failure } from "../base/failure.ts";
import type { FeedDocument, FeedFormat, FeedReading } from "./feed-format.ts";
import { giveWay, HEAD_BYTES } from "./feed-format.ts";
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
  const documents = (await unpack(bytes, limits))[Symbol.iterator]();
  const { format, first } = recognise(documents);
  const collector = format.begin();
  await collector.add(first);
  let sinceTurn = first.text.length;
  for (let next = documents.next(); next.done !== true; next = documents.next()) {
    await collector.add(next.value);
    sinceTurn += next.value.text.length;
    if (sinceTurn < TURN_CHARACTERS) continue;
    sinceTurn = 0;
    await giveWay();
  }
  const readings = collector.finish().filter((reading) => reading.entryCount > 0);
  if (readings.length === 0) throw empty(format.name);
  return readings;
}

/** Passes over what no format recognises until one does. */
function recognise(documents: Iterator<FeedDocument>): {
  readonly format: FeedFormat;
  readonly first: FeedDocument;
} {
  for (let seen = 0; seen < RECOGNISE_DOCUMENTS_MAX; seen++) {
    const next = documents.next();
    if (next.done === true) break;
    const format = formatOf(next.value);
    if (format !== undefined) return { format, first: next.value };
  }
  throw unrecognised();
}

function formatOf(document: FeedDocument): FeedFormat | undefined {
  const head = document.text.slice(0, HEAD_BYTES);
  return feedFormats.find((format) => format.recognise(head));
}

function unrecognised(): Failure {
  const names = "Debian security tracker data/json, OSV, KEV, EPSS, CVE records with SSVC";
  return new Failure(
    "invalid",
    `The file is none of the feeds we read (${names}). Files are recognised by content, plain or packed as gzip, tar.gz or zip: look whether this is the publisher's file, and whole. Nothing was changed.`,
  );
}

function empty(name: string): Failure {
  return new Failure(
    "invalid",
    `The file looks like ${name} but holds not one readable record, so nothing was changed. Fetch it again; if it stays so, the publisher may have changed its form.`,
  );
}
