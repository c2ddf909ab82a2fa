import { stat } from "node:fs/promises";
import type { Actor } from "../base/actor.ts";
import type { Digest } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { type FeedReading, ProblemList, type VulnerabilityText } from "./feed-format.ts";
import { type Refusal, refusalOf } from "./feed-rules.ts";
import type { FeedSource } from "./feed-source.ts";
import { readInSlices } from "./ingest.ts";
import {
  confirmSame,
  type FeedInput,
  type LoadOutcome,
  loadFeedFrom,
  pastOf,
  READER,
  recordLoad,
  recordRefusal,
} from "./load-feed.ts";
import type { Statement } from "./model.ts";
import { lockFeed, recordFeedFailure, recordGeneration, type StoredFeed } from "./store-feed.ts";
import { keepPastFacts, loadTouchedFacts } from "./store-past.ts";
import { type SlicedStatements, writeInSlices } from "./store-statement.ts";
import { documentsInFile } from "./store-unpack.ts";
import { dropTextsBut, type Written, writeTexts } from "./store-vulnerability.ts";
import { unpackLimits } from "./unpack-limits.ts";

/**
 * Takes over archives of OSV records that would not stand in memory: slice by slice within one
 * transaction, so that the last good generation stays until all of the new one is there and passes the
 * same guards as any other.
 */
const SLICE_CHARACTERS = 16 * 1024 * 1024;
/** All records of the largest ecosystems are some gigabytes; they never stand in memory together. */
const limits = { ...unpackLimits, bytesMax: 16 * 1024 ** 3 };
/** Smaller archives are read whole, which is quicker. */
export const SLICED_BYTES_MIN = 8 * 1024 * 1024;

interface FeedFile {
  readonly path: string;
  readonly sha256: Digest;
}

export async function loadFileOf(
  world: World,
  actor: Actor,
  input: FeedInput,
  of: { readonly source: FeedSource | null; readonly file: FeedFile },
): Promise<readonly LoadOutcome[]> {
  const { size } = await stat(of.file.path);
  const isSliced = of.source?.kind.kind === "osv" && size >= SLICED_BYTES_MIN;
  const load = isSliced ? loadSliced : loadFeedFrom;
  return await load(world, actor, input, of.file);
}

/** A new generation that is not taken over; what was written of it goes with its transaction. */
class Refused extends Error {
  readonly refusal: Refusal;
  readonly last: StoredFeed;
  readonly reading: FeedReading;

  constructor(refusal: Refusal, last: StoredFeed, reading: FeedReading) {
    super(refusal.why);
    this.refusal = refusal;
    this.last = last;
    this.reading = reading;
  }
}

export async function loadSliced(
  world: World,
  actor: Actor,
  input: FeedInput,
  file: FeedFile,
  sliceCharacters = SLICE_CHARACTERS,
): Promise<readonly LoadOutcome[]> {
  const feed = input.expectFeed;
  if (feed === null) return await loadFeedFrom(world, actor, input, file);
  const same = await confirmSame(world, input, file.sha256);
  if (same.length > 0) return same;
  const of: Taking = { world, actor, input, file, feed, sliceCharacters };
  try {
    return [await inTransaction(world.db, (tx) => takeOver(tx, of))];
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    const { refusal, last, reading } = cause;
    await inTransaction(world.db, async (tx) => {
      await recordFeedFailure(tx, feed, `Refused. ${refusal.message}`, world.clock());
      const incoming = { reading, generation: file.sha256, feedCount: 1 };
      await recordRefusal(tx, actor, incoming, last, refusal.why);
    });
    return [{ kind: "refused", feed, ...refusal }];
  }
}

interface Taking {
  readonly world: World;
  readonly actor: Actor;
  readonly input: FeedInput;
  readonly file: FeedFile;
  readonly feed: string;
  readonly sliceCharacters: number;
}

async function takeOver(tx: Tx, of: Taking): Promise<LoadOutcome> {
  const { world, actor, input, file, feed } = of;
  const last = await lockFeed(tx, feed);
  const now = world.clock();
  const nothing = { kind: "advisories", statements: [], texts: [] } as const;
  const before = await loadTouchedFacts(tx, nothing, "whole");
  const generation = file.sha256;
  const statements = await writeInSlices(tx, { feed, generation, at: now });
  const taken = await takeSlices(tx, of, statements);
  const reading = wholeOf(feed, taken);
  const asOf = pastOf(reading.asOf ?? input.asOf, now);
  const refusal = refusalOf(last, { asOf, entryCount: reading.entryCount });
  if (refusal !== null && !input.acceptShrink) throw new Refused(refusal, last, reading);
  const written = await statements.finish();
  await dropTextsBut(tx, feed, taken.ids);
  await keepPastFacts(tx, before, now);
  await recordGeneration(tx, {
    ...{ feed, digest: generation, extent: "whole", origin: input.origin, asOf },
    ...{ confirmedAt: input.confirmedAt ?? asOf, loadedAt: now, licence: input.licence },
    ...{ label: input.label ?? "", isComplete: true, entryCount: reading.entryCount },
    ...{ addedCount: written.added, endedCount: written.ended },
    ...{ problemCount: taken.problems.count, problems: taken.problems.kept },
    ...{ acceptedBy: refusal === null ? null : actor.subject, feedCount: 1, reader: READER },
  });
  const load = { reading, generation, feedCount: 1, written, origin: input.origin, refusal };
  await recordLoad(tx, actor, load);
  await notify(tx, "feed");
  return loadedOf(of, taken, written);
}

interface Taken {
  readonly ids: Set<string>;
  readonly problems: ProblemList;
  newest: Instant | null;
}

async function takeSlices(tx: Tx, of: Taking, statements: SlicedStatements): Promise<Taken> {
  const taken: Taken = { ids: new Set(), problems: new ProblemList(), newest: null };
  const documents = documentsInFile(of.file.path, limits);
  for await (const readings of readInSlices(documents, of.sliceCharacters)) {
    for (const reading of readings) {
      if (reading.feed !== of.feed) continue;
      const fresh = freshIn(reading, taken);
      await statements.add(fresh.statements);
      await writeTexts(tx, of.feed, "part", fresh.texts);
      taken.newest = Math.max(taken.newest ?? 0, reading.asOf ?? 0);
    }
  }
  if (taken.ids.size > 0) return taken;
  throw new Failure(
    "invalid",
    `The answer holds no record of the feed ${of.feed}. Check the address.`,
  );
}

/** What a slice tells that none before it did; an archive holds each record once. */
function freshIn(
  reading: FeedReading,
  taken: Taken,
): { readonly statements: readonly Statement[]; readonly texts: readonly VulnerabilityText[] } {
  for (const { place, reason } of reading.problems.kept) taken.problems.add(place, reason);
  taken.problems.count += reading.problems.count - reading.problems.kept.length;
  if (reading.content.kind !== "advisories") return { statements: [], texts: [] };
  const { statements, texts } = reading.content;
  const again = new Set(texts.flatMap(({ id }) => (taken.ids.has(id) ? [id] : [])));
  for (const id of again) taken.problems.add(id, "comes once more in the same archive");
  for (const { id } of texts) taken.ids.add(id);
  if (again.size === 0) return { statements, texts };
  return {
    statements: statements.filter(({ advisory }) => !again.has(advisory)),
    texts: texts.filter(({ id }) => !again.has(id)),
  };
}

function wholeOf(feed: string, taken: Taken): FeedReading {
  return {
    feed,
    extent: "whole",
    asOf: taken.newest === 0 ? null : taken.newest,
    label: "",
    isComplete: true,
    entryCount: taken.ids.size,
    content: { kind: "advisories", statements: [], texts: [] },
    problems: taken.problems,
  };
}

function loadedOf({ feed, file }: Taking, taken: Taken, written: Written): LoadOutcome {
  return {
    kind: "loaded",
    feed,
    generation: file.sha256,
    entryCount: taken.ids.size,
    addedCount: written.added,
    endedCount: written.ended,
    problemCount: taken.problems.count,
    problems: taken.problems.kept,
  };
}
