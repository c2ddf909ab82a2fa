import { systemActor } from "../base/actor.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { expectedFeeds, feedStatus, listFindings } from "../intel/actions.ts";
import { countMatchingBacklog } from "../intel/store-finding.ts";
import { orderOf } from "../intel/versions/order.ts";
import type { Host } from "../inventory/model.ts";
import { everywhere, loadHost, loadOffers, loadPackageSet } from "../inventory/store.ts";
import { listFixFirst } from "../triage/actions.ts";
import type { LookFacts } from "./look-text.ts";

/** Gathers what `npm start` says about this machine, from what is stored: nothing here waits. */
export async function look(world: World, hostId: string): Promise<LookFacts> {
  const host = await loadHost(world.db, hostId, everywhere);
  const findings = await listFindings(world, systemActor, { group: "source" });
  const exploited = await listFindings(world, systemActor, { group: "vulnerability", isKev: true });
  const vulnerabilities = new Set(findings.rows.flatMap((row) => row.vulnerabilities));
  const [first] = (await listFixFirst(world, systemActor)).filter(
    (item) => item.remedy === "update-offered",
  );
  const feeds = await feedStatus(world);
  return {
    host: host === null ? null : await hostFacts(world, host),
    vulnerabilities: vulnerabilities.size,
    sources: findings.rows.length,
    knownExploited: exploited.rows.map((row) => row.key),
    isFinal: (await countMatchingBacklog(world.db)) === 0,
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
    system: host.facts === null ? null : `${host.facts.distribution} ${host.facts.release}`,
    packages: set === null ? null : set.packages.length,
    updates: offers === null ? null : updates.size,
    listsAt: dayOf(host.facts?.lists.newestAt ?? null),
    problem: host.contact.problem,
    needsReboot: host.facts?.reboot.isNeeded ?? null,
  };
}
