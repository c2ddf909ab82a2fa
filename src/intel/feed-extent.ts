import { CPE_ECOSYSTEM } from "../inventory/cpe-package.ts";
import type { FeedHead } from "./file-knowledge.ts";
import { ecosystemBase } from "./versions/order.ts";

/**
 * Whether the feeds of a folder speak of all packages of an ecosystem, so that one they do not name
 * may be called clean. A publisher's file in one piece does; records that lie about one by one, or a
 * handful of them in an archive, are somebody's samples.
 */
export function coversAll(ecosystem: string, feeds: readonly FeedHead[]): boolean {
  // Most records give no CPE name since 2026, so a product that none names may be in any of them.
  if (ecosystem === CPE_ECOSYSTEM) return false;
  const counts = new Map<string, number>();
  for (const { feed, isComplete, entryCount } of feeds) {
    if (isComplete) counts.set(feed, (counts.get(feed) ?? 0) + entryCount);
  }
  const isWhole = feeds.some((f) => f.isComplete && f.extent === "whole" && !isExport(f.feed));
  return isWhole || [...counts.values()].some((count) => count >= leastOf(ecosystem));
}

/** OSV gives away its records one by one as well as in one archive of each ecosystem. */
function isExport(feed: string): boolean {
  return feed.startsWith("osv-");
}

/** Far below the records of any large ecosystem, far above what anybody collects by hand. */
const RECORDS_MIN = 500;
/** All that is known about these is a few records. */
const small: Readonly<Record<string, number>> = {
  Bioconductor: 1,
  CRAN: 5,
  ConanCenter: 5,
  GHC: 1,
  Hackage: 10,
  Hex: 20,
  Julia: 20,
  Pub: 5,
  SwiftURL: 20,
};

function leastOf(ecosystem: string): number {
  const base = ecosystemBase(ecosystem);
  return Object.hasOwn(small, base) ? (small[base] ?? RECORDS_MIN) : RECORDS_MIN;
}
