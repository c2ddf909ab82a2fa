import { setTimeout as sleep } from "node:timers/promises";
import { systemActor } from "../base/actor.ts";
import { HOUR_MS, type Instant, instantToText, MINUTE_MS } from "../base/instant.ts";
import { systemName } from "../base/release-name.ts";
import type { World } from "../db/world.ts";
import { expectedFeeds, feedStatus } from "../intel/actions.ts";
import { listFindings } from "../intel/actions-findings.ts";
import { askedSources } from "../intel/actions-network.ts";
import { mainFeedOf } from "../intel/feed-source.ts";
import { countMatchingBacklog } from "../intel/store-finding.ts";
import { orderOf } from "../intel/versions/order.ts";
import type { Host } from "../inventory/model.ts";
import { everywhere, loadHost, loadOffers, loadPackageSet } from "../inventory/store.ts";
import { listFixFirst } from "../triage/actions.ts";
import type { LookFacts, PublisherFacts } from "./look-text.ts";

/** A good answer of a publisher is not asked for again within this time. */
const ANSWER_LASTS_MS = HOUR_MS;
/** Nor a failed one within this. */
const FAILURE_LASTS_MS = 10 * MINUTE_MS;
const PUBLISHER_POLL_MS = 500;

/** Gathers what `npm start` says about this machine, from what is stored: nothing here waits. */
export async function look(world: World, hostId: string): Promise<LookFacts> {
  const [host, findings, exploited, fixFirst, feeds, backlog] = await Promise.all([
    loadHost(world.db, hostId, everywhere),
    listFindings(world, systemActor, { group: "source" }),
    listFindings(world, systemActor, { group: "vulnerability", isKev: true }),
    listFixFirst(world, systemActor),
    feedStatus(world),
    countMatchingBacklog(world.db),
  ]);
  const vulnerabilities = new Set(findings.rows.flatMap((row) => row.vulnerabilities));
  const first = fixFirst.find((item) => item.remedy === "update-offered");
  return {
    host: host === null ? null : await hostFacts(world, host),
    vulnerabilities: vulnerabilities.size,
    sources: findings.rows.length,
    knownExploited: exploited.rows.map((row) => row.key),
    isFinal: backlog === 0,
    unknown: [...Map.groupBy(findings.coverage.unknown, (gap) => gap.reason)]
      .map(([reason, gaps]) => ({
        reason,
        packages: gaps.reduce((sum, gap) => sum + gap.packageCount, 0),
      }))
      .sort((a, b) => b.packages - a.packages),
    feeds: feeds
      .filter((feed) => feed.loadedAt !== null)
      .map((feed) => ({ name: feed.name, asOf: dayOf(feed.asOf), freshness: feed.freshness.kind })),
    missingFeeds: expectedFeeds.filter(
      (name) => !feeds.some((feed) => feed.name === name && feed.loadedAt !== null),
    ),
    fixFirst:
      first === undefined || !("sourceVersion" in first.target)
        ? null
        : {
            source: first.target.source,
            version: first.target.sourceVersion,
            clears: first.vulnerabilities.length,
            knownExploited: first.knownExploited.length,
          },
  };
}

/**
 * What became of asking the publishers, once each has answered or failed; null when that takes too
 * long or the server ends before.
 */
export async function publishersAsked(
  world: World,
  signal: AbortSignal,
): Promise<PublisherFacts | null> {
  const began = world.clock();
  const isNetworkOn = world.config.feeds.network === "on";
  const until = began + FAILURE_LASTS_MS;
  while (!signal.aborted && world.clock() < until) {
    const names = (await askedSources(world)).flatMap((source) => mainFeedOf(source) ?? []);
    const feeds = (await feedStatus(world)).filter((feed) => names.includes(feed.name));
    const isSettled = (name: string): boolean => {
      const feed = feeds.find((known) => known.name === name);
      const answeredAt = feed?.confirmedAt ?? -Infinity;
      const failedAt = feed?.failedAt ?? -Infinity;
      return answeredAt >= began - ANSWER_LASTS_MS || failedAt >= began - FAILURE_LASTS_MS;
    };
    if (!isNetworkOn || names.every(isSettled)) {
      return {
        isNetworkOn,
        feeds: feeds.map((feed) => ({
          name: feed.name,
          isFailed: feed.failedAt !== null,
          isStarter: feed.origin === "starter",
          asOf: dayOf(feed.asOf),
        })),
      };
    }
    await sleep(PUBLISHER_POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

function dayOf(at: Instant | null): string | null {
  return at === null ? null : instantToText(at).slice(0, 10);
}

async function hostFacts(world: World, host: Host): Promise<NonNullable<LookFacts["host"]>> {
  const set = host.packageSet === null ? null : await loadPackageSet(world.db, host.packageSet);
  const offers = host.offerSet === null ? null : await loadOffers(world.db, host.offerSet);
  const installed = new Map(set?.packages.map((p) => [`${p.name}\n${p.arch}`, p]));
  const updates = new Set(
    offers?.flatMap((offer) => {
      const key = `${offer.name}\n${offer.arch}`;
      const present = installed.get(key);
      const compared =
        present === undefined ? null : orderOf(present.ecosystem)?.(offer.version, present.version);
      return compared !== null && compared !== undefined && compared > 0 ? [key] : [];
    }),
  );
  return {
    name: host.name,
    system: host.facts === null ? null : systemName(host.facts),
    packages: set === null ? null : set.packages.length,
    updates: offers === null ? null : updates.size,
    listsAt: dayOf(host.facts?.lists.newestAt ?? null),
    problem: host.contact.problem,
    needsReboot: host.facts?.reboot.isNeeded ?? null,
  };
}
