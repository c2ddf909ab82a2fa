import type { Digest } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { isUniqueViolation } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { detailsByBucket, packDetails } from "./detail-blocks.ts";
import {
  type FeedReading,
  giveWay,
  ProblemList,
  type SsvcEntry,
  type VulnerabilityText,
} from "./feed-format.ts";
import { packSlice } from "./feed-slice.ts";
import { readInSlices } from "./ingest.ts";
import { groupsInTurns, type StatementGroup } from "./statement-groups.ts";
import { beginIntake, type IntakeOf, keepSlice } from "./store-intake.ts";
import { documentsInFile } from "./store-unpack.ts";
import { unpackLimits } from "./unpack-limits.ts";

/**
 * Reads an archive of advisories or records slice by slice into a place of its own, where nobody sees it. Each
 * slice is committed, so that a server that was killed goes on behind the last of them.
 */

/** All records of the largest ecosystems are some gigabytes; they never stand in memory together. */
const limits = { ...unpackLimits, bytesMax: 16 * 1024 ** 3 };

export interface Archive {
  readonly path: string;
  readonly sha256: Digest;
  readonly sliceCharacters: number;
}

/** Returns how many slices there are, those of a broken run included. */
export async function readArchive(world: World, of: IntakeOf, archive: Archive): Promise<number> {
  const begun = await beginIntake(world.db, of, world.clock());
  if (begun.isComplete) return begun.slices;
  let { slices, documents } = begun;
  let hasRecords = slices > 0;
  const all = documentsInFile(archive.path, limits);
  for await (const read of readInSlices(all, archive.sliceCharacters, documents)) {
    documents = read.documents;
    hasRecords ||= read.readings.some(({ feed }) => feed === of.feed);
    await keepReadings(world, of, { ...read, slice: slices++, isLast: false });
  }
  if (!hasRecords) {
    throw new Failure(
      "invalid",
      `The answer holds no record of the feed ${of.feed}. Check the address.`,
    );
  }
  await keepReadings(world, of, { slice: slices++, documents, isLast: true, readings: [] });
  return slices;
}

interface SliceReadings {
  readonly slice: number;
  readonly documents: number;
  /** The mark behind the last slice, which says nothing. */
  readonly isLast: boolean;
  readonly readings: readonly FeedReading[];
}

async function keepReadings(world: World, of: IntakeOf, read: SliceReadings): Promise<void> {
  const { slice, documents, isLast } = read;
  const said = await saidIn(of.feed, read.readings);
  const body = await packSlice(said);
  const details = await packedDetails(said.texts);
  const kept = { slice, documents, isLast, body, details, at: world.clock() };
  try {
    await keepSlice(world.db, of, kept);
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new Failure(
      "unavailable",
      `Another server reads the archive of ${of.feed} right now. What is loaded stays in use; it is asked for again.`,
      { cause },
    );
  }
}

async function saidIn(feed: string, readings: readonly FeedReading[]) {
  const problems = new ProblemList();
  const groups: StatementGroup[] = [];
  const texts: VulnerabilityText[] = [];
  let ssvc: SsvcEntry[] | null = null;
  let asOf: Instant | null = null;
  for (const reading of readings) {
    // A record of several ecosystems stands in the archive of each; its problems are told once.
    problems.take(reading.problems);
    const { content } = reading;
    const isSliced = content.kind === "advisories" || content.kind === "records";
    if (reading.feed !== feed || !isSliced) continue;
    if (reading.asOf !== null) asOf = Math.max(asOf ?? 0, reading.asOf);
    if (content.kind === "records") ssvc = [...(ssvc ?? []), ...content.ssvc];
    for (const text of content.texts) texts.push(text);
    for (const some of groupsInTurns(content.statements ?? [])) {
      for (const group of some) groups.push(group);
      await giveWay();
    }
  }
  return { asOf, problems, groups, texts, ssvc };
}

/** So many blocks are packed in one go, some ten milliseconds. */
const BLOCKS_A_TURN = 16;

async function packedDetails(texts: readonly VulnerabilityText[]) {
  const packed: { bucket: string; body: Buffer }[] = [];
  for (const [bucket, details] of detailsByBucket(texts)) {
    packed.push({ bucket, body: packDetails(details) });
    if (packed.length % BLOCKS_A_TURN === 0) await giveWay();
  }
  return packed;
}
