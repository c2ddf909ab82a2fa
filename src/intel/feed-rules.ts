import { durationToText, type Instant, instantToText } from "../base/instant.ts";

import { staleAfterOf } from "./feed-source.ts";

/**
 * When a feed is too old to be relied on, and when a new generation is too strange to be taken over.
 */
export interface FeedState {
  readonly name: string;
  readonly origin: "starter" | "file" | "network" | null;
  readonly asOf: Instant | null;
  readonly confirmedAt: Instant | null;
  readonly entryCount: number;
}

export type Freshness =
  | { readonly kind: "fresh"; readonly ageMs: number }
  | { readonly kind: "stale"; readonly ageMs: number | null; readonly why: string }
  | { readonly kind: "never-loaded" };

export function freshnessOf(feed: FeedState, now: Instant): Freshness {
  if (feed.origin === null) return { kind: "never-loaded" };
  const ageMs = feed.confirmedAt === null ? null : Math.max(0, now - feed.confirmedAt);
  if (feed.origin === "starter") {
    return { kind: "stale", ageMs, why: "it is the starter snapshot that came with the program" };
  }
  if (ageMs === null) return { kind: "stale", ageMs, why: "its date is not known" };
  const limit = staleAfterOf(feed.name);
  if (ageMs <= limit) return { kind: "fresh", ageMs };
  return {
    kind: "stale",
    ageMs,
    why: `it was last known to be current ${durationToText(ageMs)} ago; the limit is ${durationToText(limit)}`,
  };
}

/** The share of entries that may vanish at once; publishers withdraw a handful a day. */
const SHRINK_SHARE_MAX = 0.1;

export type Refusal = { readonly why: "shrunk" | "older"; readonly message: string };

/** Judges a whole new generation against the last good one; `null` when it may be taken over. */
export function refusalOf(
  last: FeedState,
  next: { readonly asOf: Instant | null; readonly entryCount: number },
): Refusal | null {
  if (last.origin === null) return null;
  if (last.asOf !== null && next.asOf !== null && next.asOf < last.asOf) {
    return {
      why: "older",
      message: `It is of ${instantToText(next.asOf)}, older than what is loaded (${instantToText(last.asOf)}), which stays in use. To go back all the same, load it with --accept-shrink.`,
    };
  }
  if (next.entryCount < last.entryCount * (1 - SHRINK_SHARE_MAX)) {
    return {
      why: "shrunk",
      message: `It has ${next.entryCount} entries where the last good one had ${last.entryCount}, more than a tenth fewer; that one stays in use. If the new one is right, load it with --accept-shrink.`,
    };
  }
  return null;
}
