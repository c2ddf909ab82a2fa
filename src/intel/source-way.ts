import type { Actor } from "../base/actor.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import type { Fetched, Fetcher, Validators } from "./actions-fetch.ts";
import type { FeedSource } from "./feed-source.ts";
import type { FeedInput, LoadOutcome } from "./load-feed.ts";
import type { KeptBody } from "./store-feed-cache.ts";

/** What every way of fetching a source is given, and what it gives back. */
export interface WayRun {
  readonly world: World;
  readonly actor: Actor;
  readonly source: FeedSource;
  readonly fetcher: Fetcher;
  /** Of the last good answers; empty when what is loaded is not from there, or read by old readers. */
  readonly validators: Validators;
  readonly progress: unknown;
  /** The publisher's key for us, by the header it belongs in. */
  readonly secret: string | null;
  /** Where files may be put until they are loaded. */
  readonly folder: string;
  saveProgress(progress: unknown): Promise<void>;
}

export interface WayResult {
  readonly outcomes: readonly LoadOutcome[];
  /** Files that were loaded; empty when nothing changed. */
  readonly bodies: readonly KeptBody[];
  /** Null leaves them as they are. */
  readonly validators: Validators | null;
  /** True when there is more to fetch at once. */
  readonly hasMore: boolean;
}

export type FetchedFile = Extract<Fetched, { readonly kind: "file" }>;

export const NOTHING_NEW: WayResult = {
  outcomes: [],
  bodies: [],
  validators: null,
  hasMore: false,
};

/** How what was fetched now is loaded. */
export function inputOf(run: Pick<WayRun, "world" | "source">, asOf: Instant | null): FeedInput {
  return {
    origin: "network",
    asOf,
    confirmedAt: run.world.clock(),
    acceptShrink: false,
    licence: run.source.kind.licence,
    expectFeed: run.source.expectFeed,
    keptAs: run.source.keptAs,
  };
}

export function validatorsOf(file: FetchedFile): Validators {
  return { [file.url]: { etag: file.etag, lastModified: file.lastModified } };
}

/** When the publisher says that the file was made; null when it does not. */
export function madeAt(file: FetchedFile): Instant | null {
  const at = file.lastModified === null ? Number.NaN : Date.parse(file.lastModified);
  return Number.isNaN(at) ? null : at;
}

export function bodyOf(file: FetchedFile, fetchedAt: Instant, isPart: boolean): KeptBody {
  const { path, url, sha256, bytes } = file;
  return { path, url, fetchedAt, sha256, bytes, generation: sha256, isPart };
}
