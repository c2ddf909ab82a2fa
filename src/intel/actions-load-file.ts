import { stat } from "node:fs/promises";
import type { Actor } from "../base/actor.ts";
import type { Digest } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { readArchive } from "./actions-intake.ts";
import { joinDetails } from "./detail-blocks.ts";
import { type FeedReading, giveWay, ProblemList, type SsvcEntry } from "./feed-format.ts";
import { type Refusal, refusalOf } from "./feed-rules.ts";
import { type FeedSlice, unpackSlice } from "./feed-slice.ts";
import type { FeedSource } from "./feed-source.ts";
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
import type { StatementGroup } from "./statement-groups.ts";
import { dropBlocksBut, writeBlocks } from "./store-detail.ts";
import { lockFeed, recordFeedFailure, recordGeneration, type StoredFeed } from "./store-feed.ts";
import {
  dropIntake,
  type IntakeOf,
  loadIntakeBuckets,
  loadIntakeDetails,
  loadSlice,
} from "./store-intake.ts";
import { keepPastFacts, loadTouchedFacts } from "./store-past.ts";
import { batches } from "./store-statement.ts";
import { openStatementWriter, type StatementWriter } from "./store-statement-write.ts";
import { dropTextsBut, type Written, writeSsvc, writeTexts } from "./store-vulnerability.ts";
import { inWorkLine, type WorkLine } from "./work-line.ts";

/**
 * Takes over archives of records (OSV, CVE) that would not stand in memory. They are read slice by slice into
 * a place of their own first; when all is there, one transaction makes it what holds, so that the last
 * good generation stays until the new one is complete and passes the same guards as any other.
 */
const SLICE_CHARACTERS = 16 * 1024 * 1024;
/** Smaller archives are read whole, which is quicker. */
export const SLICED_BYTES_MIN = 8 * 1024 * 1024;

/** Whose archives hold records that stand for themselves, and are the whole of their feed. */
const slicedKinds: ReadonlySet<string> = new Set(["osv", "vulnrichment"]);

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
  const isSliced = slicedKinds.has(of.source?.kind.kind ?? "") && size >= SLICED_BYTES_MIN;
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
  const generation = file.sha256;
  const intake: IntakeOf = { feed, generation, reader: READER };
  const slices = await readArchive(world, intake, { ...file, sliceCharacters });
  const of: Taking = { world, actor, input, intake, slices };
  try {
    return [
      await inTransaction(world.db, (tx) => inWorkLine((line) => takeOver({ tx, line }, of))),
    ];
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    const { refusal, last, reading } = cause;
    await inTransaction(world.db, async (tx) => {
      await dropIntake(tx, feed);
      await recordFeedFailure(tx, feed, `Refused. ${refusal.message}`, world.clock());
      await recordRefusal(tx, actor, { reading, generation, feedCount: 1 }, last, refusal.why);
    });
    return [{ kind: "refused", feed, ...refusal }];
  }
}

interface Taking {
  readonly world: World;
  readonly actor: Actor;
  readonly input: FeedInput;
  readonly intake: IntakeOf;
  /** How many slices the archive was read into. */
  readonly slices: number;
}

interface Writing {
  readonly tx: Tx;
  readonly line: WorkLine;
}

async function takeOver({ tx, line }: Writing, of: Taking): Promise<LoadOutcome> {
  const { world, actor, input } = of;
  const { feed, generation } = of.intake;
  const last = await lockFeed(tx, feed);
  const now = world.clock();
  const nothing = { kind: "advisories", statements: [], texts: [] } as const;
  const before = await loadTouchedFacts(tx, nothing, "whole");
  const change = { feed, extent: "whole", statements: [], generation, at: now } as const;
  const statements = await openStatementWriter(tx, change, line);
  const taken = await takeSlices({ tx, line }, of, statements);
  const reading = wholeOf(feed, taken);
  const asOf = pastOf(reading.asOf ?? input.asOf, now);
  const refusal = refusalOf(last, { asOf, entryCount: reading.entryCount });
  if (refusal !== null && !input.acceptShrink) throw new Refused(refusal, last, reading);
  await takeDetails({ tx, line }, of);
  const said = await statements.finish();
  const written = await withSsvc(tx, taken, { said, at: now });
  await dropTextsBut(tx, feed, taken.ids);
  await dropIntake(tx, feed);
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

/** What CISA's container says, of feeds of records: all of it, as the archive is the whole feed. */
async function withSsvc(
  tx: Tx,
  { ssvc }: Taken,
  { said, at }: { readonly said: Written; readonly at: Instant },
): Promise<Written> {
  if (ssvc === null) return said;
  const entries = [...ssvc.values()];
  const written = await writeSsvc(tx, { entries, ids: [], extent: "whole", at });
  return { added: said.added + written.added, ended: said.ended + written.ended };
}

interface Taken {
  readonly ids: Set<string>;
  readonly problems: ProblemList;
  newest: Instant | null;
  /** Null as long as no slice is one of records. */
  ssvc: Map<string, SsvcEntry> | null;
}

/** Slices are read beside the transaction: they were committed, and its own line writes meanwhile. */
async function takeSlices(
  { tx, line }: Writing,
  of: Taking,
  statements: StatementWriter,
): Promise<Taken> {
  const taken: Taken = { ids: new Set(), problems: new ProblemList(), newest: null, ssvc: null };
  for (let n = 0; n < of.slices; n++) {
    const body = await loadSlice(of.world.db, of.intake, n);
    if (body === null) throw takenAway(of.intake.feed);
    const fresh = freshIn(await unpackSlice(body), taken);
    await statements.add(fresh.groups);
    await line.add(() => writeTexts(tx, of.intake.feed, "part", fresh.texts));
  }
  return taken;
}

function takenAway(feed: string): Failure {
  return new Failure(
    "unavailable",
    `Another archive of ${feed} was loaded at the same time. What is loaded stays in use; it is asked for again.`,
  );
}

/** What a slice tells that none before it did; an archive holds each record once. */
function freshIn(slice: FeedSlice, taken: Taken): Pick<FeedSlice, "groups" | "texts"> {
  const { groups, texts } = slice;
  taken.problems.take(slice.problems);
  if (slice.asOf !== null) taken.newest = Math.max(taken.newest ?? 0, slice.asOf);
  const again = new Set(texts.flatMap(({ id }) => (taken.ids.has(id) ? [id] : [])));
  for (const id of again) taken.problems.add(id, "comes once more in the same archive");
  for (const { id } of texts) taken.ids.add(id);
  for (const entry of slice.ssvc ?? []) {
    taken.ssvc ??= new Map();
    if (!again.has(entry.id)) taken.ssvc.set(entry.id, entry);
  }
  if (again.size === 0) return { groups, texts };
  return {
    groups: groups.flatMap((group) => withoutIds(group, again)),
    texts: texts.filter(({ id }) => !again.has(id)),
  };
}

/** An advisory is told once as a whole; what stands under ids of its own, id by id. */
function withoutIds(group: StatementGroup, again: ReadonlySet<string>): readonly StatementGroup[] {
  if (group.advisory !== "") return again.has(group.advisory) ? [] : [group];
  const vulnerabilities = group.vulnerabilities.filter((id) => !again.has(id));
  return vulnerabilities.length === 0 ? [] : [{ ...group, vulnerabilities }];
}

const BUCKETS_AT_ONCE = 8;

/** Blocks of texts, each made once of what all slices have for it. */
async function takeDetails({ tx, line }: Writing, of: Taking): Promise<void> {
  const { feed } = of.intake;
  const buckets = await loadIntakeBuckets(of.world.db, feed);
  await line.add(() => dropBlocksBut(tx, feed, buckets));
  for (const some of batches(buckets, BUCKETS_AT_ONCE)) {
    const pieces = await loadIntakeDetails(of.world.db, feed, some);
    const blocks: { bucket: string; body: Buffer }[] = [];
    for (const [bucket, own] of Map.groupBy(pieces, (piece) => piece.bucket)) {
      blocks.push({ bucket, body: joinDetails(own.map(({ body }) => body)) });
      await giveWay();
    }
    await line.add(() => writeBlocks(tx, feed, blocks));
  }
}

function wholeOf(feed: string, taken: Taken): FeedReading {
  return {
    feed,
    extent: "whole",
    asOf: taken.newest,
    label: "",
    isComplete: true,
    entryCount: taken.ids.size,
    content: { kind: "advisories", statements: [], texts: [] },
    problems: taken.problems,
  };
}

function loadedOf({ intake }: Taking, taken: Taken, written: Written): LoadOutcome {
  return {
    kind: "loaded",
    feed: intake.feed,
    generation: intake.generation,
    entryCount: taken.ids.size,
    addedCount: written.added,
    endedCount: written.ended,
    problemCount: taken.problems.count,
    problems: taken.problems.kept,
  };
}
