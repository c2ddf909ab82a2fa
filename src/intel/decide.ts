import type { Saying } from "./dossier.ts";
import type { Verdict } from "./match-rules.ts";
import type { FindingState } from "./model.ts";
import type { VersionOrder } from "./versions/order.ts";

/**
 * Of several things said about one vulnerability, which decides: the most specific source, and within
 * one source the worst. A channel (extended support) adds to what its release says.
 */
export interface Judged {
  readonly saying: Saying;
  readonly installed: string;
  readonly verdict: Verdict;
}

export interface Decision {
  readonly installed: string;
  readonly verdict: Verdict;
  /** Sayings that weigh the same and decide together. */
  readonly winners: readonly Saying[];
  /** Sayings that come to the same state. */
  readonly alike: readonly Saying[];
}

/** By rank of the feed, then the worst state, then the later fix; null of nothing. */
export function decide(all: readonly Judged[], order: VersionOrder | null): Decision | null {
  const [first, ...others] = all;
  if (first === undefined) return null;
  let best = first;
  for (const judged of others) if (weigh(judged, best, order) < 0) best = judged;
  const { verdict, installed } = best;
  if (others.length === 0)
    return { installed, verdict, winners: [best.saying], alike: [best.saying] };
  const alike = all.filter((judged) => judged.verdict.state === verdict.state);
  const winners = alike.filter((judged) => weigh(judged, best, order) === 0);
  return {
    installed,
    verdict,
    winners: winners.map((judged) => judged.saying),
    alike: alike.map((judged) => judged.saying),
  };
}

/** Negative when the first weighs more. */
function weigh(a: Judged, b: Judged, order: VersionOrder | null): number {
  const rank = feedRank(a.saying.said.feed) - feedRank(b.saying.said.feed);
  if (rank !== 0) return rank;
  const badness = badnessOf[b.verdict.state] - badnessOf[a.verdict.state];
  if (badness !== 0) return badness;
  const [left, right] = [a.verdict.fixedVersion, b.verdict.fixedVersion];
  if (left === right) return 0;
  // A fix that is named says more than one that is not; mended twice, only the later fix mends it.
  if (left === null || right === null) return left === null ? 1 : -1;
  return (order?.(right, left) ?? 0) || (left < right ? -1 : 1);
}

/**
 * Which source decides: the release's own tracker before its advisories, these before what ecosystems
 * collect, and that before version ranges of CVE records.
 */
export function feedRank(feed: string): number {
  const known = ranksKnown.get(feed);
  if (known !== undefined) return known;
  const found = ranks.findIndex((pattern) => pattern.test(feed));
  const rank = found < 0 ? ranks.length : found;
  ranksKnown.set(feed, rank);
  return rank;
}

const ranksKnown = new Map<string, number>();

/** The same in words, in the same order. */
export const precedence: readonly string[] = [
  "a VEX statement for these hosts, of an author whose word was verified",
  "the tracker or CSAF data of the distribution itself",
  "advisories of the distribution",
  "Debian's list of CVEs",
  "databases of ecosystems (OSV, RustSec)",
  "fixes read from changelogs",
  "ranges of CVE records",
  "CPE names that others correct in the NVD's records",
  "CPE names of the NVD",
];

/** The first that fits. */
const ranks: readonly RegExp[] = [
  /^(debian-tracker|ubuntu-tracker|csaf-|redhat-)/,
  /^(debian-(dsa|dla|dtsa)$|secdb-|suse-oval|oracle-oval|updateinfo)/,
  /^debian-cve-list$/,
  /^(osv-|rustsec$)/,
  /^debian-changelogs$/,
  /^(vulnrichment|cve-list)$/,
  /^nvd-overrides$/,
];

const badnessOf: Readonly<Record<FindingState, number>> = {
  "affected-fix-available": 8,
  "affected-no-fix": 7,
  "fix-deferred": 6,
  "will-not-fix": 5,
  "end-of-life": 4,
  "unknown-coverage": 3,
  "under-investigation": 2,
  fixed: 1,
  "not-affected": 0,
};

/**
 * What a channel adds to what its release says. A fix that is installed from it counts whoever may
 * install it; a fix that could be installed is a remedy for entitled hosts only, and otherwise told
 * beside a state that stays without a fix.
 */
export function withChannel(
  own: Decision | null,
  channel: Decision | null,
  isEntitled: boolean,
): Decision | null {
  if (channel === null) return own;
  const { state } = channel.verdict;
  const isOpen = own === null || unfixedStates.has(own.verdict.state);
  if (state === "fixed") {
    return isOpen || own?.verdict.state === "affected-fix-available" ? channel : own;
  }
  if (!isOpen) return own;
  if (state !== "affected-fix-available") return own ?? channel;
  if (isEntitled) return channel;
  // The first channel with a fix is told; one for a special build (FIPS) comes behind the plain one.
  if (own?.verdict.rule === "fixed-in-channel") return own;
  const told = own === null ? "affected-no-fix" : own.verdict.state;
  return { ...channel, verdict: { ...channel.verdict, rule: "fixed-in-channel", state: told } };
}

const unfixedStates: ReadonlySet<FindingState> = new Set([
  "affected-no-fix",
  "fix-deferred",
  "will-not-fix",
  "end-of-life",
  "under-investigation",
  "unknown-coverage",
]);
