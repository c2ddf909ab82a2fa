import type { Actor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { type NetworkOutcome, refreshFeeds, sourceAsSet } from "./actions-network.ts";
import { type Freshness, freshnessOf } from "./feed-rules.ts";
import { fetchLimits } from "./fetch-rules.ts";
import { type LoadOutcome, loadFeed } from "./load-feed.ts";
import { rematch } from "./rematch.ts";
import { absentFeed, loadFeeds, type StoredFeed } from "./store-feed.ts";
import { keepBytes } from "./store-feed-cache.ts";

/** What users do with feeds. */

/** Feeds every installation needs; shown as never loaded until they are. */
export const expectedFeeds = ["debian-tracker", "epss", "kev", "vulnrichment"] as const;

export interface FeedStatus extends StoredFeed {
  readonly freshness: Freshness;
}

export async function feedStatus(world: World): Promise<readonly FeedStatus[]> {
  const stored = await loadFeeds(world.db);
  const missing = expectedFeeds.filter((name) => !stored.some((feed) => feed.name === name));
  const now = world.clock();
  return [...stored, ...missing.map(absentFeed)]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((feed) => ({ ...feed, freshness: freshnessOf(feed, now) }));
}

/** Loads a file that an operator hands over, and matches what it changes. */
export async function loadFeedFile(
  world: World,
  actor: Actor,
  input: {
    readonly bytes: Buffer;
    readonly asOf: Instant | null;
    readonly acceptShrink: boolean;
  },
): Promise<readonly LoadOutcome[]> {
  const outcomes = await loadFeed(world, actor, {
    ...input,
    origin: "file",
    confirmedAt: null,
    licence: "",
    expectFeed: null,
  });
  await keepLoaded(world, input.bytes, outcomes);
  await rematch(world);
  return outcomes;
}

/** For carrying it on to servers without network. */
async function keepLoaded(
  world: World,
  bytes: Buffer,
  outcomes: readonly LoadOutcome[],
): Promise<void> {
  const [first] = outcomes;
  const isTaken = outcomes.some(({ kind }) => kind === "loaded");
  if (first === undefined || !isTaken) return;
  await keepBytes(world, first.feed, { bytes, generation: sha256(bytes), at: world.clock() });
}

/** Somebody waits for the answer, and a request ends after two and a half minutes. */
const FORCED_TIMEOUT_MS = 100_000;

/** Why the publishers cannot be asked from here, in words; null when they can. */
export function whyNotAsked(world: World): string | null {
  if (world.config.feeds.network === "on") return null;
  return "The publishers cannot be asked: the network is switched off for feeds (feeds.network). Load a file instead, or switch it on.";
}

/** Asks the publishers now, whatever the timetable says. */
export async function refreshFromNetwork(
  world: World,
  actor: Actor,
  names: readonly string[] = [],
): Promise<readonly NetworkOutcome[]> {
  const refusal = whyNotAsked(world);
  if (refusal !== null) throw new Failure("blocked", refusal);
  const limits = { ...fetchLimits, timeoutMs: FORCED_TIMEOUT_MS };
  const sources = await Promise.all(names.map((name) => sourceAsSet(world, name)));
  const chosen = sources.length === 0 ? {} : { sources };
  const outcomes = await refreshFeeds(world, actor, { isForced: true, limits, ...chosen });
  await rematch(world);
  return outcomes;
}
