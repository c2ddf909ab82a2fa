import { type Instant, instantToText } from "../base/instant.ts";
import { releaseName } from "../base/release-name.ts";
import { type CoveringFeed, covers } from "./coverage.ts";
import { freshnessOf } from "./feed-rules.ts";
import { staleAfterOf } from "./feed-source.ts";

/**
 * What a source that fails or is late takes away: the releases for which no other fresh feed speaks,
 * with the hosts that have them. While the last good content is still young enough nothing is lost yet,
 * and it is said until when that holds.
 */
export interface LostCoverage {
  /** From when on; in the past where it is lost already. Null when nobody knows its age. */
  readonly from: Instant | null;
  readonly isLost: boolean;
  readonly releases: readonly { readonly ecosystem: string; readonly hostCount: number }[];
  readonly hostCount: number;
  readonly sentence: string;
}

export interface HostsOfRelease {
  readonly ecosystem: string;
  readonly hostCount: number;
}

/** Null where no host needs what the source says. */
export function coverageLost(
  own: readonly CoveringFeed[],
  of: {
    readonly feeds: readonly CoveringFeed[];
    readonly hosts: readonly HostsOfRelease[];
    readonly now: Instant;
  },
): LostCoverage | null {
  const names = new Set(own.map(({ name }) => name));
  const others = of.feeds.filter(
    (feed) => !names.has(feed.name) && freshnessOf(feed, of.now).kind === "fresh",
  );
  const releases = of.hosts
    .filter(({ ecosystem, hostCount }) => {
      const isOwn = own.some((feed) => covers(feed, ecosystem));
      return hostCount > 0 && isOwn && !others.some((feed) => covers(feed, ecosystem));
    })
    .toSorted((a, b) => b.hostCount - a.hostCount || (a.ecosystem < b.ecosystem ? -1 : 1));
  if (releases.length === 0) return null;
  const hostCount = releases.reduce((sum, release) => sum + release.hostCount, 0);
  const isLost = own.every((feed) => freshnessOf(feed, of.now).kind !== "fresh");
  const ends = own.flatMap(({ name, confirmedAt }) =>
    confirmedAt === null ? [] : [confirmedAt + staleAfterOf(name)],
  );
  const from = ends.length === 0 ? null : Math.max(...ends);
  return { from, isLost, releases, hostCount, sentence: sentenceOf({ isLost, from, releases }) };
}

const NAMED_MAX = 4;

function sentenceOf(of: Pick<LostCoverage, "isLost" | "from" | "releases">): string {
  const named = of.releases
    .slice(0, NAMED_MAX)
    .map(({ ecosystem, hostCount }) => `${hostsText(hostCount)} of ${releaseName(ecosystem)}`);
  const rest = of.releases.slice(NAMED_MAX);
  const restHosts = rest.reduce((sum, { hostCount }) => sum + hostCount, 0);
  const more = rest.length === 0 ? [] : [`${hostsText(restHosts)} of ${rest.length} more releases`];
  const who = [...named, ...more].join(", ");
  if (of.isLost) return `Nothing current covers ${who}: no finding there means unknown, not clean.`;
  const until = of.from === null ? "" : ` until ${instantToText(of.from)}`;
  return `What is loaded still counts${until}; then ${who} become unknown.`;
}

function hostsText(count: number): string {
  return count === 1 ? "1 host" : `${count.toLocaleString("en")} hosts`;
}
