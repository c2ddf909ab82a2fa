import { Failure } from "../base/failure.ts";
import {
  type FeedCollector,
  type FeedDocument,
  type FeedFormat,
  type FeedReading,
  giveWay,
  HEAD_BYTES,
  ProblemList,
} from "./feed-format.ts";
import { csaf } from "./feeds/csaf/csaf.ts";
import { cveRecord } from "./feeds/cve-record/cve-record.ts";
import { cyclonedxVex } from "./feeds/cyclonedx-vex/cyclonedx-vex.ts";
import { debianChangelogs } from "./feeds/debian-changelogs/debian-changelogs.ts";
import { debianAdvisories } from "./feeds/debian-lists/advisory-list.ts";
import { debianCveList } from "./feeds/debian-lists/cve-list.ts";
import { debianTracker } from "./feeds/debian-tracker/debian-tracker.ts";
import { endoflife } from "./feeds/endoflife/endoflife.ts";
import { epss } from "./feeds/epss/epss.ts";
import { kev } from "./feeds/kev/kev.ts";
import { nodeSecurityWg } from "./feeds/node-security-wg/node-security-wg.ts";
import { nvd, nvdOverrides } from "./feeds/nvd/nvd.ts";
import { openvex } from "./feeds/openvex/openvex.ts";
import { osv } from "./feeds/osv/osv.ts";
import { oval } from "./feeds/oval/oval.ts";
import { redhatHydra } from "./feeds/redhat-hydra/redhat-hydra.ts";
import { retirejs } from "./feeds/retirejs/retirejs.ts";
import { rustsec } from "./feeds/rustsec/rustsec.ts";
import { secdb } from "./feeds/secdb/secdb.ts";
import { ubuntuTracker } from "./feeds/ubuntu-tracker/ubuntu-tracker.ts";
import { updateinfo } from "./feeds/updateinfo/updateinfo.ts";
import { unpack } from "./unpack.ts";
import { type UnpackLimits, unpackLimits } from "./unpack-limits.ts";

/** Every format we read; the first that recognises the content reads it. */
export const feedFormats: readonly FeedFormat[] = [
  kev,
  epss,
  debianTracker,
  cveRecord,
  osv,
  csaf,
  openvex,
  cyclonedxVex,
  secdb,
  debianAdvisories,
  debianCveList,
  debianChangelogs,
  ubuntuTracker,
  oval,
  updateinfo,
  nvdOverrides,
  nvd,
  redhatHydra,
  rustsec,
  endoflife,
  nodeSecurityWg,
  retirejs,
];

/** Reading gives way to other work of the server after so much text. */
const TURN_CHARACTERS = 2_000_000;

/** Reads the bytes of a feed, whatever it is packed in. Refuses what no format recognises. */
export async function readFeed(
  bytes: Buffer,
  limits: UnpackLimits = unpackLimits,
): Promise<readonly FeedReading[]> {
  return await readDocuments(unpack(bytes, { limits }));
}

type Documents = Iterable<FeedDocument> | AsyncIterable<FeedDocument>;

/** Reads all documents of a feed, and gives way to others meanwhile. */
export async function readDocuments(documents: Documents): Promise<readonly FeedReading[]> {
  const intake = openIntake();
  for await (const _ of added(documents, intake)) await giveWay();
  return readingsOf(intake);
}

export interface ReadSlice {
  readonly readings: readonly FeedReading[];
  /** How many documents stand in this slice and all before it. */
  readonly documents: number;
}

/**
 * Reads a feed of any size in slices, each of which is a part of it: for records that stand for
 * themselves, so that all CVEs there are never stand in memory together. Documents that were read
 * before are passed over.
 */
export async function* readInSlices(
  documents: Documents,
  sliceCharacters: number,
  readBefore = 0,
): AsyncGenerator<ReadSlice> {
  let intake = openIntake();
  let size = 0;
  let count = readBefore;
  let hasContent = readBefore > 0;
  const counted = countedFrom(documents, readBefore, () => count++);
  for await (const characters of added(counted, () => intake)) {
    await giveWay();
    size += characters;
    if (size < sliceCharacters || intake.names.length === 0) continue;
    size = 0;
    const readings = intake.finish();
    intake = openIntake();
    hasContent ||= readings.length > 0;
    if (readings.length > 0) yield { readings, documents: count };
  }
  if (hasContent && intake.names.length === 0) return;
  yield { readings: readingsOf(intake), documents: count };
}

async function* countedFrom(
  documents: Documents,
  first: number,
  tell: () => void,
): AsyncGenerator<FeedDocument> {
  let passed = 0;
  for await (const document of documents) {
    if (passed++ < first) continue;
    tell();
    yield document;
  }
}

/** Adds document after document; yields after so much text that others should have their turn. */
async function* added(documents: Documents, to: Intake | (() => Intake)): AsyncGenerator<number> {
  let sinceTurn = 0;
  for await (const document of documents) {
    await (typeof to === "function" ? to() : to).add(document);
    sinceTurn += document.text.length;
    if (sinceTurn < TURN_CHARACTERS) continue;
    yield sinceTurn;
    sinceTurn = 0;
  }
}

function readingsOf(intake: Intake): readonly FeedReading[] {
  const readings = intake.finish();
  if (intake.names.length === 0) throw unrecognised();
  if (readings.length === 0) throw empty(intake.names.join(", "));
  return readings;
}

/**
 * Takes documents of any feeds, in any mixture: archives carry readme files, schemas and indexes, and
 * people pack several feeds into one.
 */
export interface Intake {
  readonly names: readonly string[];
  /** False when no format knows the document. */
  add(document: FeedDocument): Promise<boolean>;
  finish(): readonly FeedReading[];
}

export function openIntake(formats: readonly FeedFormat[] = feedFormats): Intake {
  const collectors = new Map<FeedFormat, FeedCollector>();
  const unknown: FeedDocument[] = [];
  let last: FeedFormat | undefined;
  return {
    get names() {
      return [...collectors.keys()].map((format) => format.name);
    },
    async add(document) {
      const head = document.text.slice(0, HEAD_BYTES);
      // Most archives hold documents of one format.
      const format =
        last?.recognise(head) === true ? last : formats.find((each) => each.recognise(head));
      if (format === undefined) {
        if (isJson(head) && unknown.length < UNKNOWN_KEPT_MAX) unknown.push(document);
        return false;
      }
      last = format;
      const collector = collectors.get(format) ?? format.begin();
      collectors.set(format, collector);
      await collector.add(document);
      return true;
    },
    finish() {
      const readings = [...collectors.values()]
        .flatMap((collector) => collector.finish())
        .filter((reading) => reading.entryCount > 0);
      return withUnknown(readings, unknown);
    },
  };
}

const UNKNOWN_KEPT_MAX = 100;

function isJson(head: string): boolean {
  return /^\s*[[{]/.test(head);
}

/** A document of JSON among the records of a feed may be a record that was damaged: it is named. */
function withUnknown(
  readings: readonly FeedReading[],
  unknown: readonly FeedDocument[],
): readonly FeedReading[] {
  const [first, ...others] = readings;
  if (first === undefined || unknown.length === 0) return readings;
  const problems = new ProblemList();
  problems.take(first.problems);
  for (const { place } of unknown) problems.add(place, "is not a record of a feed we read");
  return [{ ...first, problems }, ...others];
}

function unrecognised(): Failure {
  const names =
    "OSV, the trackers and advisories of distributions, CSAF, OVAL, VEX, KEV, EPSS, NVD and CVE records, and more; docs/offline.md has the list";
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
