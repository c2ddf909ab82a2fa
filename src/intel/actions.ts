import type { Actor } from "../base/actor.ts";
import { scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { type NetworkOutcome, networkLimits, refreshFeeds } from "./actions-network.ts";
import { type Freshness, freshnessOf } from "./feed-rules.ts";
import {
  byUrgency,
  type FindingRow,
  filterPairs,
  groupKey,
  rowsByHostGroup,
  rowsBySource,
  rowsByVulnerability,
} from "./finding-list.ts";
import { type Coverage, coverage, type ExplainedFinding, explainFinding } from "./findings.ts";
import { type LoadOutcome, loadFeed } from "./load-feed.ts";
import { exposedStates, type FindingState, type Vulnerability } from "./model.ts";
import { rematch } from "./rematch.ts";
import { loadGroupedHosts, loadReach, type Reach } from "./store-exposure.ts";
import { absentFeed, loadFeeds, type StoredFeed } from "./store-feed.ts";
import { countMatchingBacklog } from "./store-finding.ts";
import { loadVulnerabilities } from "./store-vulnerability.ts";

/** What users do with feeds and findings. */

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
  await rematch(world);
  return outcomes;
}

/** Somebody waits for the answer, and a request ends after two and a half minutes. */
const FORCED_TIMEOUT_MS = 100_000;

/** Asks the publishers now, whatever the timetable says. */
export async function refreshFromNetwork(
  world: World,
  actor: Actor,
): Promise<readonly NetworkOutcome[]> {
  if (world.config.feeds.network === "off") {
    throw new Failure(
      "blocked",
      "Feeds were not fetched: the network is switched off for feeds (feeds.network). Load a file instead, or switch it on.",
    );
  }
  const limits = { ...networkLimits, timeoutMs: FORCED_TIMEOUT_MS };
  const outcomes = await refreshFeeds(world, actor, { isForced: true, limits });
  await rematch(world);
  return outcomes;
}

export interface FindingQuery {
  readonly group: "vulnerability" | "source" | "host";
  readonly states?: readonly FindingState[] | undefined;
  readonly isKev?: boolean | undefined;
  readonly search?: string | undefined;
}

export interface FindingList {
  readonly rows: readonly (FindingRow & { readonly title: string })[];
  readonly coverage: Coverage;
  /** Packages and names still to be matched; above 0 the list is not final. */
  readonly backlogCount: number;
}

export async function listFindings(
  world: World,
  actor: Actor,
  query: FindingQuery,
): Promise<FindingList> {
  const scopes = scopesFor(actor, "finding.read");
  const all = await loadReach(world.db, { scopes, states: query.states ?? exposedStates });
  const ids = [...new Set(all.pairs.map((pair) => pair.vulnerability))];
  const facts = await loadVulnerabilities(world.db, ids);
  const reach = { ...all, pairs: filterPairs(all.pairs, facts, query) };
  const rows = await rowsOf(world, actor, query.group, reach, facts);
  return {
    rows: rows.map((row) => ({ ...row, title: facts.get(row.key)?.title ?? "" })),
    coverage: await coverage(world.db, { scopes }, world.clock()),
    backlogCount: await countMatchingBacklog(world.db),
  };
}

async function rowsOf(
  world: World,
  actor: Actor,
  group: FindingQuery["group"],
  reach: Reach,
  facts: ReadonlyMap<string, Vulnerability>,
): Promise<readonly FindingRow[]> {
  if (group === "vulnerability") return rowsByVulnerability(reach, facts);
  if (group === "source") return rowsBySource(reach, facts);
  const byGroup = rowsByHostGroup(reach, facts);
  const hosts = await loadGroupedHosts(world.db, scopesFor(actor, "finding.read"));
  return hosts
    .flatMap((host) => {
      const row = byGroup.get(groupKey(host));
      return row === undefined ? [] : [{ ...row, key: host.name, hostCount: 1 }];
    })
    .toSorted(byUrgency);
}

/** Explains one vulnerability; unknown and invisible look the same. */
export async function showFinding(
  world: World,
  actor: Actor,
  vulnerability: string,
): Promise<ExplainedFinding> {
  const scopes = scopesFor(actor, "finding.read");
  const explained = await explainFinding(world.db, { vulnerability, scopes });
  if (explained !== null) return explained;
  throw new Failure(
    "not-found",
    `No loaded feed speaks of ${vulnerability}. Check the id, or load a feed that knows it.`,
  );
}
