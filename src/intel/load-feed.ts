import type { Actor } from "../base/actor.ts";
import { type Digest, sha256 } from "../base/digest.ts";
import { Bug, Failure, never } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { CPE_ECOSYSTEM } from "../inventory/cpe-package.ts";
import { recordEvent } from "../ledger/record.ts";
import type { FeedContent, FeedProblem, FeedReading } from "./feed-format.ts";
import { refusalOf } from "./feed-rules.ts";
import { readDocuments, readFeed } from "./ingest.ts";
import {
  confirmFeed,
  type FeedOrigin,
  feedCountOf,
  loadFeeds,
  lockFeed,
  recordFeedFailure,
  recordGeneration,
  type StoredFeed,
} from "./store-feed.ts";
import { keepSeenScores } from "./store-known.ts";
import { keepPastFacts, loadTouchedFacts } from "./store-past.ts";
import { writeStatements } from "./store-statement-write.ts";
import { writeCycles } from "./store-support.ts";
import { documentsInFile } from "./store-unpack.ts";
import {
  replaceEpss,
  type Written,
  writeKev,
  writeSsvc,
  writeTexts,
} from "./store-vulnerability.ts";
import { unpackLimits } from "./unpack-limits.ts";
import { inWorkLine } from "./work-line.ts";

/**
 * Takes over a feed: one transaction per source, so that the last good generation stays until the new
 * one is complete and passes the shrink guard.
 */
export interface FeedInput {
  readonly origin: FeedOrigin;
  /** What the caller knows about the age of the content, where the content itself does not say. */
  readonly asOf: Instant | null;
  /** Since when it is known to be what the publisher offers; null when only its own date says so. */
  readonly confirmedAt: Instant | null;
  /** An operator takes over a generation that the shrink guard would refuse. */
  readonly acceptShrink: boolean;
  readonly licence: string;
  /** Shown beside what the content says of itself. */
  readonly label?: string;
  /** Refuse any other feed; null takes whatever the content is. */
  readonly expectFeed: string | null;
  /** The name it is kept under, where the content alone does not say what it is of. */
  readonly keptAs?: string | null;
  /** A piece of a feed, whatever it looks like by itself. */
  readonly isPart?: boolean;
}

export type LoadOutcome =
  | {
      readonly kind: "loaded";
      readonly feed: string;
      readonly generation: Digest;
      readonly entryCount: number;
      readonly addedCount: number;
      readonly endedCount: number;
      readonly problemCount: number;
      readonly problems: readonly FeedProblem[];
    }
  | { readonly kind: "unchanged"; readonly feed: string; readonly generation: Digest }
  | {
      readonly kind: "refused";
      readonly feed: string;
      readonly why: "shrunk" | "older";
      readonly message: string;
    };

/** Raised whenever the readers find more, or other things, in the same bytes. */
export const READER = 2;

export async function loadFeed(
  world: World,
  actor: Actor,
  input: FeedInput & { readonly bytes: Buffer },
): Promise<readonly LoadOutcome[]> {
  const generation = sha256(input.bytes);
  return await loadUnlessSame(world, actor, input, {
    generation,
    read: () => readFeed(input.bytes),
  });
}

/** Loads a file that lies on this machine's disk, however large it is. */
export async function loadFeedFrom(
  world: World,
  actor: Actor,
  input: FeedInput,
  file: { readonly path: string; readonly sha256: Digest },
): Promise<readonly LoadOutcome[]> {
  return await loadUnlessSame(world, actor, input, {
    generation: file.sha256,
    read: () => readDocuments(documentsInFile(file.path, unpackLimits)),
  });
}

async function loadUnlessSame(
  world: World,
  actor: Actor,
  input: FeedInput,
  content: {
    readonly generation: Digest;
    readonly read: () => Promise<readonly FeedReading[]>;
  },
): Promise<readonly LoadOutcome[]> {
  const { generation } = content;
  const same = await confirmSame(world, input, generation);
  if (same.length > 0) return same;
  const readings = storable(expected(await content.read(), input));
  return await loadReadings(world, actor, input, { readings, generation });
}

/** Loads what was read already, feed by feed. */
export async function loadReadings(
  world: World,
  actor: Actor,
  input: FeedInput,
  of: { readonly readings: readonly FeedReading[]; readonly generation: Digest },
): Promise<readonly LoadOutcome[]> {
  const outcomes: LoadOutcome[] = [];
  const feedCount = of.readings.length;
  for (const found of of.readings) {
    const { keptAs, isPart } = input;
    const extent = isPart === true ? ("part" as const) : found.extent;
    const reading = { ...found, extent, feed: keptAs ?? found.feed };
    const incoming = { reading, generation: of.generation, feedCount };
    outcomes.push(await loadReading(world, actor, input, incoming));
  }
  return outcomes;
}

/**
 * What was asked for. A record may name several ecosystems and stands in the archive of each; what an
 * archive says beside its own is not the whole of anything.
 */
export function expected(
  readings: readonly FeedReading[],
  input: Pick<FeedInput, "expectFeed">,
): readonly FeedReading[] {
  const { expectFeed } = input;
  if (expectFeed === null) return readings;
  const own = readings.filter((reading) => reading.feed === expectFeed);
  if (own.length > 0) return own;
  throw new Failure(
    "invalid",
    `The answer is the feed ${readings[0]?.feed ?? "of nobody"}, not ${expectFeed}. Check the address.`,
  );
}

/** What the server keeps something of. */
export function keptOf(readings: readonly FeedReading[]): readonly FeedReading[] {
  return readings.filter(({ content }) => content.kind !== "vex");
}

/** What the server keeps nothing of is passed over, unless the file holds nothing else. */
function storable(readings: readonly FeedReading[]): readonly FeedReading[] {
  const kept = keptOf(readings);
  if (kept.length > 0) return kept;
  throw new Failure(
    "invalid",
    "The file holds VEX statements. Who says so and for which hosts is decided with fettle vex load. Nothing was changed.",
  );
}

/**
 * Publishers that cannot say "not modified" send the same bytes again, and people load the same file
 * twice: no need to read them, as long as all that they hold is in force as these readers read it.
 */
export async function confirmSame(
  world: World,
  input: FeedInput,
  generation: Digest,
): Promise<readonly LoadOutcome[]> {
  const all = await loadFeeds(world.db);
  const known = all.filter((f) => f.generation === generation && f.reader === READER);
  const name = input.keptAs ?? input.expectFeed;
  const isExpected = name === null || known.some((f) => f.name === name);
  if (!isExpected || known.length !== (await feedCountOf(world.db, generation))) return [];
  const confirmedAt = input.confirmedAt ?? pastOf(input.asOf, world.clock());
  return await Promise.all(
    known.map(async (feed): Promise<LoadOutcome> => {
      await confirmFeed(world.db, feed.name, confirmedAt ?? feed.asOf);
      return { kind: "unchanged", feed: feed.name, generation };
    }),
  );
}

interface Incoming {
  readonly reading: FeedReading;
  readonly generation: Digest;
  /** How many feeds the input holds. */
  readonly feedCount: number;
}

async function loadReading(
  world: World,
  actor: Actor,
  input: FeedInput,
  incoming: Incoming,
): Promise<LoadOutcome> {
  const { reading, generation } = incoming;
  return await inTransaction(world.db, async (tx): Promise<LoadOutcome> => {
    const last = await lockFeed(tx, reading.feed);
    const now = world.clock();
    const asOf = pastOf(reading.asOf ?? input.asOf, now);
    const confirmedAt = input.confirmedAt ?? asOf;
    // Slices of one archive all have its digest: only of what is whole does the same say the same.
    const isWhole = reading.extent === "whole";
    if (isWhole && last.generation === generation && last.reader === READER) {
      await confirmFeed(tx, reading.feed, confirmedAt);
      return { kind: "unchanged", feed: reading.feed, generation };
    }
    const refusal =
      reading.extent === "whole" ? refusalOf(last, { asOf, entryCount: reading.entryCount }) : null;
    if (refusal !== null && !input.acceptShrink) {
      await recordFeedFailure(tx, reading.feed, `Refused. ${refusal.message}`, now);
      await recordRefusal(tx, actor, incoming, last, refusal.why);
      return { kind: "refused", feed: reading.feed, ...refusal };
    }
    const before = await loadTouchedFacts(tx, reading.content, reading.extent);
    const written = await writeContent(tx, incoming, now);
    await keepPastFacts(tx, before, now);
    const accepted = refusal === null ? null : actor.subject;
    await recordGeneration(tx, {
      feed: reading.feed,
      digest: generation,
      extent: reading.extent,
      origin: input.origin,
      asOf,
      confirmedAt,
      loadedAt: now,
      label: [reading.label, input.label ?? ""].filter((text) => text !== "").join("; "),
      licence: input.licence,
      isComplete: reading.isComplete,
      entryCount: reading.entryCount,
      addedCount: written.added,
      endedCount: written.ended,
      problemCount: reading.problems.count,
      problems: reading.problems.kept,
      acceptedBy: accepted,
      feedCount: incoming.feedCount,
      reader: READER,
    });
    await recordLoad(tx, actor, { ...incoming, written, origin: input.origin, refusal });
    await notify(tx, "feed");
    return {
      kind: "loaded",
      feed: reading.feed,
      generation,
      entryCount: reading.entryCount,
      addedCount: written.added,
      endedCount: written.ended,
      problemCount: reading.problems.count,
      problems: reading.problems.kept,
    };
  });
}

/** A date in the future is a wrong clock somewhere, not a fresh feed for longer. */
export function pastOf(asOf: Instant | null, now: Instant): Instant | null {
  return asOf === null ? null : Math.min(asOf, now);
}

async function writeContent(tx: Tx, incoming: Incoming, at: Instant): Promise<Written> {
  const { reading, generation } = incoming;
  const { feed, extent } = reading;
  const content: FeedContent = reading.content;
  switch (content.kind) {
    case "advisories": {
      const { statements } = content;
      const change = { feed, extent, statements, generation, at };
      return await inWorkLine(async (line) => {
        await line.add(() => writeTexts(tx, feed, extent, content.texts));
        return await writeStatements(tx, change, line);
      });
    }
    case "records": {
      await writeTexts(tx, feed, extent, content.texts);
      const ids = content.texts.map((text) => text.id);
      const written = await writeSsvc(tx, { entries: content.ssvc, ids, extent, at });
      const { statements } = content;
      if (statements === undefined) return written;
      const silent = ids.map((vulnerability) => ({ ecosystem: CPE_ECOSYSTEM, vulnerability }));
      const change = { feed, extent, statements, silent, generation, at };
      const said = await inWorkLine((line) => writeStatements(tx, change, line));
      return { added: written.added + said.added, ended: written.ended + said.ended };
    }
    case "kev":
      return await writeKev(tx, content.entries, at);
    case "epss": {
      const written = await replaceEpss(tx, content.scores);
      await keepSeenScores(tx, at);
      return written;
    }
    case "lifecycle": {
      const { cycles } = content;
      return await writeCycles(tx, { feed, extent, cycles, at });
    }
    case "vex":
      throw new Bug("VEX statements are no feed");
    default:
      return never(content);
  }
}

export async function recordLoad(
  tx: Tx,
  actor: Actor,
  load: Incoming & {
    readonly written: Written;
    readonly origin: FeedOrigin;
    readonly refusal: { readonly why: string } | null;
  },
): Promise<void> {
  await recordEvent(tx, {
    type: "feed.loaded",
    actor: actor.subject,
    object: `feed:${load.reading.feed}`,
    facts: {
      generation: load.generation,
      extent: load.reading.extent,
      origin: load.origin,
      entries: load.reading.entryCount,
      added: load.written.added,
      ended: load.written.ended,
      problems: load.reading.problems.count,
      ...(load.refusal === null ? {} : { acceptedDespite: load.refusal.why }),
    },
  });
}

export async function recordRefusal(
  tx: Tx,
  actor: Actor,
  { reading, generation }: Incoming,
  last: StoredFeed,
  why: string,
): Promise<void> {
  await recordEvent(tx, {
    type: "feed.refused",
    actor: actor.subject,
    object: `feed:${reading.feed}`,
    facts: {
      generation,
      why,
      entries: reading.entryCount,
      lastEntries: last.entryCount,
      lastGeneration: last.generation ?? "",
    },
  });
}
