import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { HOUR_MS, type Instant, MINUTE_MS } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { type LoadOutcome, loadFeed } from "./load-feed.ts";
import {
  claimFeedCheck,
  confirmFeed,
  keepValidators,
  knownEcosystems,
  loadFeeds,
  recordFeedFailure,
  type StoredFeed,
  setNextCheck,
} from "./store-feed.ts";
import { ecosystemBase } from "./versions/order.ts";

/**
 * Fetches feeds from their publishers: conditional requests, a cap on size and on time, and one
 * server at a time for each feed. A feed that cannot be had keeps its last good generation, and says
 * so. Nothing waits for this: the server starts without any feed.
 */
export interface NetworkSource {
  readonly feed: string;
  readonly url: string;
  readonly licence: string;
}

export type NetworkOutcome =
  | LoadOutcome
  | { readonly kind: "current"; readonly feed: string }
  | { readonly kind: "unavailable"; readonly feed: string; readonly message: string };

export interface NetworkLimits {
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

export const networkLimits: NetworkLimits = {
  // The largest feed is some 70 MB; a slow line still gets there.
  timeoutMs: 10 * MINUTE_MS,
  bytesMax: 512 * 1024 * 1024,
};

const CHECK_EVERY_MS = HOUR_MS;
const RETRY_AFTER_MS = 10 * MINUTE_MS;

const fixedSources: readonly NetworkSource[] = [
  {
    feed: "debian-tracker",
    url: "https://security-tracker.debian.org/tracker/data/json",
    licence: "Debian security tracker data",
  },
  {
    feed: "kev",
    url: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
    licence: "CC0-1.0",
  },
  {
    feed: "epss",
    url: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
    licence: "EPSS by FIRST, free use with attribution",
  },
];

/** Ecosystems whose own OSV archive is worth fetching; Debian's tracker says more than its export. */
const osvEcosystems: ReadonlySet<string> = new Set([
  "AlmaLinux",
  "Alpine",
  "Rocky Linux",
  "Ubuntu",
]);

/** What to fetch for the packages that this fleet has. */
export function sourcesFor(ecosystems: readonly string[]): readonly NetworkSource[] {
  const bases = [...new Set(ecosystems.map(ecosystemBase))].filter((b) => osvEcosystems.has(b));
  return [
    ...fixedSources,
    ...bases.sort().map((base) => ({
      feed: `osv-${base.toLowerCase().replaceAll(" ", "-")}`,
      url: `https://osv-vulnerabilities.storage.googleapis.com/${encodeURIComponent(base)}/all.zip`,
      licence: "see osv.dev",
    })),
  ];
}

export async function refreshFeeds(
  world: World,
  actor: Actor,
  options: {
    /** Asks even when the last answer is young. */
    readonly isForced: boolean;
    readonly sources?: readonly NetworkSource[];
    readonly limits?: NetworkLimits;
    readonly signal?: AbortSignal;
  },
): Promise<readonly NetworkOutcome[]> {
  const sources = options.sources ?? sourcesFor(await knownEcosystems(world.db));
  const limits = options.limits ?? networkLimits;
  // The publishers are different machines; none has to wait for another.
  const outcomes = await Promise.all(
    sources.map(async (source) => {
      const now = world.clock();
      if (options.isForced) await setNextCheck(world.db, source.feed, now);
      const until = now + limits.timeoutMs;
      if (!(await claimFeedCheck(world.db, source.feed, { now, until }))) return [];
      const outcome = await refreshOne(world, actor, source, { limits, signal: options.signal });
      const isGood = outcome.kind !== "unavailable" && outcome.kind !== "refused";
      const pause = isGood ? CHECK_EVERY_MS : RETRY_AFTER_MS;
      await setNextCheck(world.db, source.feed, world.clock() + pause);
      return [outcome];
    }),
  );
  return outcomes.flat();
}

interface FetchOptions {
  readonly limits: NetworkLimits;
  readonly signal: AbortSignal | undefined;
}

async function refreshOne(
  world: World,
  actor: Actor,
  source: NetworkSource,
  options: FetchOptions,
): Promise<NetworkOutcome> {
  const last = (await loadFeeds(world.db)).find((feed) => feed.name === source.feed);
  try {
    const answer = await fetchFeed(source, last, options);
    const now = world.clock();
    if (answer === "not-modified") {
      await confirmFeed(world.db, source.feed, now);
      return { kind: "current", feed: source.feed };
    }
    const [outcome] = await loadFeed(world, actor, {
      bytes: answer.bytes,
      origin: "network",
      asOf: answer.lastModified ?? now,
      confirmedAt: now,
      acceptShrink: false,
      licence: source.licence,
      expectFeed: source.feed,
    });
    if (outcome === undefined) throw new Failure("invalid", "The answer holds no feed.");
    if (outcome.kind !== "refused") await keepValidators(world.db, source.feed, answer.validators);
    return outcome;
  } catch (cause) {
    const message =
      cause instanceof Failure ? cause.message : `It could not be fetched or read. ${STAYS}`;
    world.log.warn({ err: cause, feed: source.feed }, "a feed could not be refreshed");
    await recordFeedFailure(world.db, source.feed, message, world.clock());
    return { kind: "unavailable", feed: source.feed, message };
  }
}

interface Answer {
  readonly bytes: Buffer;
  readonly lastModified: Instant | null;
  readonly validators: { readonly etag: string | null; readonly lastModified: string | null };
}

async function fetchFeed(
  source: NetworkSource,
  last: StoredFeed | undefined,
  { limits, signal }: FetchOptions,
): Promise<Answer | "not-modified"> {
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const response = await ask(source, {
    // Only what came from there may be compared with what is there now.
    headers: last?.origin === "network" ? conditions(last) : {},
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
  });
  if (response.status === 304) return "not-modified";
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Failure(
      "unavailable",
      `${hostOf(source)} answered ${response.status} for ${source.url}. ${STAYS}`,
    );
  }
  const modified = response.headers.get("last-modified");
  const parsed = modified === null ? Number.NaN : Date.parse(modified);
  return {
    bytes: await readBody(source, response.body, limits.bytesMax),
    lastModified: Number.isNaN(parsed) ? null : parsed,
    validators: { etag: response.headers.get("etag"), lastModified: modified },
  };
}

async function ask(source: NetworkSource, init: RequestInit): Promise<Response> {
  try {
    return await fetch(source.url, init);
  } catch (cause) {
    throw new Failure(
      "unavailable",
      `${hostOf(source)} could not be reached in time; check the server's way out (proxy, firewall, name service), or load the feed from a file. ${STAYS}`,
      { cause },
    );
  }
}

function conditions(last: StoredFeed): Record<string, string> {
  return {
    ...(last.etag === null ? {} : { "if-none-match": last.etag }),
    ...(last.lastModified === null ? {} : { "if-modified-since": last.lastModified }),
  };
}

async function readBody(
  source: NetworkSource,
  body: ReadableStream<Uint8Array>,
  bytesMax: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > bytesMax) {
        const limit = `more than ${bytesMax} bytes`;
        throw new Failure("too-large", `${hostOf(source)} sent too much (${limit}). ${STAYS}`);
      }
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const message = `The answer of ${hostOf(source)} broke off. ${STAYS}`;
    throw new Failure("unavailable", message, { cause });
  }
  return Buffer.concat(chunks);
}

/** What a feed that could not be had means for whoever reads of it. */
const STAYS = "What was loaded last stays in use, and the publisher is asked again.";

function hostOf(source: NetworkSource): string {
  return new URL(source.url).host;
}
