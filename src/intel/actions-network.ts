import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Actor } from "../base/actor.ts";
import { Failure, never } from "../base/failure.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { readSecretFile } from "../base/secret-file.ts";
import type { World } from "../db/world.ts";
import type { OwnAuthority } from "../outbound/way-out.ts";
import { type FetcherOptions, openFetcher, type Validators } from "./actions-fetch.ts";
import { fetchCsafChanges, fetchCsafProvider } from "./actions-way-csaf.ts";
import { fetchCveList } from "./actions-way-cve-list.ts";
import { fetchFromRepository, fetchOneFile } from "./actions-way-file.ts";
import { fetchNvd } from "./actions-way-nvd.ts";
import { type FeedSource, mainFeedOf, sourceOf, sourcesAsked } from "./feed-source.ts";
import { fetchLimits, hostOf } from "./fetch-rules.ts";
import { type LoadOutcome, READER } from "./load-feed.ts";
import type { WayResult, WayRun } from "./source-way.ts";
import { confirmFeed, knownEcosystems, loadFeeds, recordFeedFailure } from "./store-feed.ts";
import { cacheFolder, keepBodies } from "./store-feed-cache.ts";
import {
  claimSource,
  loadSources,
  recordSourceFailure,
  recordSourceGood,
  type StoredSource,
  saveProgress,
  setNextCheck,
} from "./store-source.ts";

/**
 * Fetches feeds from their publishers by timetable, one server at a time for each source. A source that
 * cannot be had keeps its last good generation, and says so, since when and what to do. Nothing waits
 * for this: the server starts without any feed.
 */
export type NetworkOutcome = (
  | LoadOutcome
  | { readonly kind: "current"; readonly feed: string }
  | { readonly kind: "unavailable"; readonly feed: string; readonly message: string }
) & { readonly source: string };

const RETRY_AFTER_MS = 10 * MINUTE_MS;
const RETRY_AFTER_MS_MAX = 24 * 60 * MINUTE_MS;
/** Publishers are different machines, but each feed that is read takes memory. */
const SOURCES_AT_ONCE = 3;

export interface RefreshOptions extends FetcherOptions {
  /** Asks even when the last answer is young. */
  readonly isForced: boolean;
  /** All that are asked by timetable when absent. */
  readonly sources?: readonly FeedSource[];
}

export async function refreshFeeds(
  world: World,
  actor: Actor,
  options: RefreshOptions,
): Promise<readonly NetworkOutcome[]> {
  const sources = options.sources ?? (await askedSources(world));
  const waiting = [...sources];
  const outcomes: NetworkOutcome[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      outcomes.push(...(await refreshSource(world, actor, next, options)));
    }
  };
  await Promise.all(Array.from({ length: SOURCES_AT_ONCE }, work));
  return outcomes;
}

/** What is asked by timetable: what everybody and what these hosts need, and what operators chose. */
export async function askedSources(world: World): Promise<readonly FeedSource[]> {
  const [settings, ecosystems] = await Promise.all([
    loadSources(world.db),
    knownEcosystems(world.db),
  ]);
  return sourcesAsked({ settings, ecosystems });
}

/** The source of this name as it is set now. */
export async function sourceAsSet(world: World, name: string): Promise<FeedSource> {
  const set = (await loadSources(world.db)).find((each) => each.name === name);
  return sourceOf(name, set?.urls);
}

async function refreshSource(
  world: World,
  actor: Actor,
  source: FeedSource,
  options: RefreshOptions,
): Promise<readonly NetworkOutcome[]> {
  const now = world.clock();
  const until = now + (options.limits ?? fetchLimits).timeoutMs;
  const { isForced } = options;
  if (!(await claimSource(world.db, source, { now, until, isForced }))) return [];
  const { outcomes, nextCheckInMs } = await attempt(world, actor, source, options);
  await setNextCheck(world.db, source.name, world.clock() + nextCheckInMs);
  return outcomes.map((outcome) => ({ ...outcome, source: source.name }));
}

type Plain<T> = T extends unknown ? Omit<T, "source"> : never;

interface Attempt {
  readonly outcomes: readonly Plain<NetworkOutcome>[];
  readonly nextCheckInMs: number;
}

async function attempt(
  world: World,
  actor: Actor,
  source: FeedSource,
  options: RefreshOptions,
): Promise<Attempt> {
  const folder = join(cacheFolder(world, source.name), "incoming-files");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const run = await runOf(world, actor, { source, folder, options });
    const result = await goTheWay(run);
    return await settle(world, source, result);
  } catch (cause) {
    const message =
      cause instanceof Failure
        ? cause.message
        : "It could not be fetched or read. What was loaded last stays in use, and the publisher is asked again.";
    world.log.warn({ err: cause, source: source.name }, "a feed could not be refreshed");
    await recordFailure(world, source, message);
    const asked = cause instanceof Failure ? Number(cause.facts["retryAfterMs"] ?? 0) : 0;
    const nextCheckInMs = Math.min(RETRY_AFTER_MS_MAX, Math.max(RETRY_AFTER_MS, asked));
    const feed = mainFeedOf(source) ?? source.name;
    return { outcomes: [{ kind: "unavailable", feed, message }], nextCheckInMs };
  }
}

async function recordFailure(world: World, source: FeedSource, failure: string): Promise<void> {
  const at = world.clock();
  const feed = mainFeedOf(source);
  if (feed !== null) await recordFeedFailure(world.db, feed, failure, at);
  await recordSourceFailure(world.db, source.name, { at, failure });
}

async function runOf(
  world: World,
  actor: Actor,
  of: {
    readonly source: FeedSource;
    readonly folder: string;
    readonly options: RefreshOptions;
  },
): Promise<WayRun> {
  const { source, folder, options } = of;
  const stored = (await loadSources(world.db)).find((each) => each.name === source.name);
  return {
    world,
    actor,
    source,
    folder,
    fetcher: await openFetcher(world, { ...options, authority: authorityOf(source, stored) }),
    validators: await usableValidators(world, source, stored),
    progress: stored?.progress ?? {},
    secret: await secretOf(world, stored),
    saveProgress: (progress) => saveProgress(world.db, source.name, progress),
  };
}

/** The operator's own authority speaks for the addresses that the operator wrote, and no others. */
function authorityOf(source: FeedSource, stored: StoredSource | undefined): OwnAuthority | null {
  if (stored?.authority == null) return null;
  const published = new Set(sourceOf(source.name).urls.map(hostOf));
  const hosts = new Set(source.urls.map(hostOf).filter((host) => !published.has(host)));
  return { pem: stored.authority, hosts };
}

/** Only what came from there, read by these readers, may be compared with what is there now. */
async function usableValidators(
  world: World,
  source: FeedSource,
  stored: StoredSource | undefined,
): Promise<Validators> {
  const name = mainFeedOf(source);
  const feed = (await loadFeeds(world.db)).find((each) => each.name === name);
  const isUsable = feed?.origin === "network" && feed.reader === READER;
  return isUsable ? (stored?.validators ?? {}) : {};
}

async function secretOf(world: World, stored: StoredSource | undefined): Promise<string | null> {
  if (stored?.secretFile == null) return null;
  return await readSecretFile(join(world.paths.state, "secrets", stored.secretFile), {
    failing: `The key of ${stored.name}`,
    mustHold: "the key alone",
    parse: (text) => text.trim(),
  });
}

function goTheWay(run: WayRun): Promise<WayResult> {
  const { way } = run.source.kind;
  switch (way) {
    case "file":
      return fetchOneFile(run);
    case "repomd":
      return fetchFromRepository(run);
    case "nvd":
      return fetchNvd(run);
    case "cve-list":
      return fetchCveList(run);
    case "csaf-changes":
      return fetchCsafChanges(run);
    case "csaf-provider":
      return fetchCsafProvider(run);
    default:
      return never(way);
  }
}

async function settle(world: World, source: FeedSource, result: WayResult): Promise<Attempt> {
  const at = world.clock();
  const refused = result.outcomes.find((outcome) => outcome.kind === "refused");
  if (refused?.kind === "refused") {
    const failure = `Refused. ${refused.message}`;
    await recordSourceFailure(world.db, source.name, { at, failure });
    return { outcomes: result.outcomes, nextCheckInMs: RETRY_AFTER_MS };
  }
  if (result.bodies.length > 0) await keepBodies(world, source.name, result.bodies);
  await rm(join(cacheFolder(world, source.name), "incoming-files"), {
    recursive: true,
    force: true,
  });
  const isSame = result.bodies.length === 0 && result.outcomes.length === 0;
  const feed = mainFeedOf(source);
  if (isSame && feed !== null) await confirmFeed(world.db, feed, at);
  await recordSourceGood(world.db, source.name, { at, validators: result.validators });
  return {
    outcomes: isSame ? [{ kind: "current", feed: feed ?? source.name }] : merged(result.outcomes),
    nextCheckInMs: result.hasMore ? 0 : source.kind.checkEveryMs,
  };
}

/** A source that comes in hundreds of pieces is told as one load of each feed. */
function merged(outcomes: readonly LoadOutcome[]): readonly LoadOutcome[] {
  const byFeed = new Map<string, LoadOutcome>();
  for (const outcome of outcomes) {
    const known = byFeed.get(outcome.feed);
    if (known?.kind !== "loaded" || outcome.kind !== "loaded") {
      if (known?.kind !== "loaded") byFeed.set(outcome.feed, outcome);
      continue;
    }
    byFeed.set(outcome.feed, {
      ...outcome,
      entryCount: known.entryCount + outcome.entryCount,
      addedCount: known.addedCount + outcome.addedCount,
      endedCount: known.endedCount + outcome.endedCount,
      problemCount: known.problemCount + outcome.problemCount,
      problems: [...known.problems, ...outcome.problems].slice(0, 100),
    });
  }
  return [...byFeed.values()];
}
