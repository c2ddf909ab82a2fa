import type { Instant } from "../base/instant.ts";
import { CPE_ECOSYSTEM } from "../inventory/cpe-package.ts";
import { type FeedState, freshnessOf } from "./feed-rules.ts";
import { ecosystemBase, orderOf } from "./versions/order.ts";

/**
 * Whether the absence of findings means anything. A package that no fresh feed covers is unknown,
 * with the reason; never clean.
 */
export type CoverageReason = keyof typeof coverageReasons;

export const coverageReasons = {
  "no-feed": "No feed for this release is loaded.",
  "no-version-order": "The versions of this ecosystem cannot be compared yet.",
  "stale-feed": "The feed for this release is too old to be relied on.",
  "starter-feed": "Only the starter snapshot is loaded, not the publisher's current feed.",
  excerpt: "The loaded feed is an excerpt that does not name this package.",
  backport: "The version is a backport, which the release's fixes say nothing about.",
  "foreign-origin": "The package comes from a publisher that no feed speaks for.",
  "not-matched": "The package was not matched yet.",
} as const;

export interface CoverageInput {
  readonly ecosystem: string;
  readonly blindSpot: "backport" | "foreign-origin" | null;
  readonly isNamed: boolean;
  readonly isMatched: boolean;
}

export interface CoveringFeed extends FeedState {
  readonly ecosystems: readonly string[];
  readonly isComplete: boolean;
}

/** `null` when the package is covered. */
export function coverageGap(
  input: CoverageInput,
  feeds: readonly CoveringFeed[],
  now: Instant,
): CoverageReason | null {
  if (!input.isMatched) return "not-matched";
  if (input.blindSpot !== null) return input.blindSpot;
  const own = feeds.filter((feed) => covers(feed, input.ecosystem));
  if (own.length === 0) return "no-feed";
  if (orderOf(input.ecosystem) === null) return "no-version-order";
  const fresh = own.filter((feed) => freshnessOf(feed, now).kind === "fresh");
  if (fresh.length === 0) {
    return own.every((feed) => feed.origin === "starter") ? "starter-feed" : "stale-feed";
  }
  // Most records give no CPE name since 2026, so silence about a product means nothing.
  const speaksOfAll = input.ecosystem !== CPE_ECOSYSTEM && fresh.some((feed) => feed.isComplete);
  return speaksOfAll || input.isNamed ? null : "excerpt";
}

/** Feeds of language ecosystems name no release, and then speak for all. */
export function covers(feed: CoveringFeed, ecosystem: string): boolean {
  const base = ecosystemBase(ecosystem);
  return (
    feed.ecosystems.includes(ecosystem) || (base === ecosystem && feed.ecosystems.includes(base))
  );
}
