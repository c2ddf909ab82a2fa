import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { askedSources } from "./actions-network.ts";
import { coverageLost, type HostsOfRelease, type LostCoverage } from "./coverage-lost.ts";
import { authoritiesIn } from "./feed-authority.ts";
import { sourceKinds } from "./feed-catalogue.ts";
import { type FeedSource, mainFeedOf, sourceOf } from "./feed-source.ts";
import { healthOf, type SourceHealth } from "./source-status.ts";
import { countHostsByRelease, loadFeeds, type StoredFeed } from "./store-feed.ts";
import { loadSources, type StoredSource, saveSource } from "./store-source.ts";

/** What operators do with the sources of feeds: see how they are, choose, say where they are. */
export interface SourceView extends SourceHealth {
  readonly source: FeedSource;
  readonly choice: "on" | "off" | "automatic";
  readonly stored: StoredSource | null;
  readonly feeds: readonly string[];
  readonly entryCount: number;
  readonly lastGoodAt: Instant | null;
  /** What nobody else covers, of a source that something is wrong with. */
  readonly lost: LostCoverage | null;
}

/** All that are asked or were set and the rest of the catalogue without parameter, the worst first. */
export async function listSources(world: World, actor: Actor): Promise<readonly SourceView[]> {
  const [asked, stored, feeds, hosts] = await Promise.all([
    askedSources(world),
    loadSources(world.db),
    loadFeeds(world.db),
    countHostsByRelease(world.db, scopesFor(actor, "finding.read")),
  ]);
  const askedNames = new Set(asked.map(({ name }) => name));
  const plain = sourceKinds.flatMap(({ kind, parameter }) => (parameter === null ? [kind] : []));
  const names = new Set([...askedNames, ...stored.map(({ name }) => name), ...plain]);
  const isNetworkOn = world.config.feeds.network === "on";
  const views = [...names].sort().map((name) => {
    const own = stored.find((each) => each.name === name) ?? null;
    const isAsked = askedNames.has(name) || own?.isEnabled === true;
    return viewOf({ name, own, isAsked, feeds, hosts, isNetworkOn, now: world.clock() });
  });
  return views.toSorted((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state));
}

/** What somebody must look at comes first. */
const urgency: readonly SourceHealth["state"][] = [
  "failing",
  "late",
  "never-loaded",
  "good",
  "off",
];

function viewOf(of: {
  readonly name: string;
  readonly own: StoredSource | null;
  readonly isAsked: boolean;
  readonly feeds: readonly StoredFeed[];
  readonly hosts: readonly HostsOfRelease[];
  readonly isNetworkOn: boolean;
  readonly now: Instant;
}): SourceView {
  const { own, isAsked, isNetworkOn } = of;
  const source = sourceOf(of.name, own?.urls);
  const choice =
    own?.isEnabled == null ? "automatic" : own.isEnabled ? ("on" as const) : ("off" as const);
  const made = of.feeds.filter((feed) => feed.name === mainFeedOf(source));
  const health = healthOf(
    {
      source,
      choice,
      isAsked,
      isNetworkOn,
      goodAt: own?.goodAt ?? null,
      failure: own?.failure ?? null,
      failingSince: own?.failingSince ?? null,
      feeds: made.length > 0 ? made : feedsUnnamed(source, own),
    },
    of.now,
  );
  const confirmed = made.flatMap((feed) => feed.confirmedAt ?? []);
  const { feeds, hosts, now } = of;
  const lost = health.alarm === null ? null : coverageLost(made, { feeds, hosts, now });
  return {
    ...health,
    lost,
    source,
    choice,
    stored: own,
    feeds: made.map(({ name }) => name),
    entryCount: made.reduce((sum, feed) => sum + feed.entryCount, 0),
    lastGoodAt: confirmed.length > 0 ? Math.max(...confirmed) : (own?.goodAt ?? null),
  };
}

/** A publisher of CSAF does not say beforehand which feeds it makes; its last good answer counts. */
function feedsUnnamed(source: FeedSource, own: StoredSource | null) {
  if (mainFeedOf(source) !== null || own?.goodAt == null) return [];
  const origin = "network" as const;
  return [{ name: source.name, entryCount: 0, origin, confirmedAt: own.goodAt }];
}

export async function showSource(world: World, actor: Actor, name: string): Promise<SourceView> {
  const known = (await listSources(world, actor)).find(({ source }) => source.name === name);
  if (known !== undefined) return known;
  const source = sourceOf(name);
  return viewOf({
    name: source.name,
    own: null,
    isAsked: false,
    feeds: await loadFeeds(world.db),
    hosts: [],
    isNetworkOn: world.config.feeds.network === "on",
    now: world.clock(),
  });
}

export interface SourceOrder {
  readonly name: string;
  /** The operator's own address, then mirrors; empty goes back to the catalogue's, null leaves all. */
  readonly urls: readonly string[] | null;
  readonly secretFile: string | null;
  /** Certificates (PEM) for the operator's own addresses; null leaves them, "" takes them away. */
  readonly authority: string | null;
  /** Null leaves it to what hosts need. */
  readonly isEnabled: boolean | null;
}

const URLS_MAX = 10;

export async function setSource(
  world: World,
  actor: Actor,
  order: SourceOrder,
): Promise<SourceView> {
  const own = (await loadSources(world.db)).find(({ name }) => name === order.name);
  const source = sourceOf(order.name, order.urls ?? own?.urls ?? []);
  if (source.urls.length > URLS_MAX) {
    throw new Failure("invalid", `A source has at most ${URLS_MAX} addresses.`);
  }
  if (order.isEnabled === true && source.urls.length === 0) {
    throw new Failure(
      "invalid",
      `${source.name} has no address in the catalogue. Give one: fettle feed add ${source.name} --from ADDRESS.`,
    );
  }
  const authorities = order.authority ? authoritiesIn(order.authority) : [];
  await inTransaction(world.db, async (tx) => {
    const at = world.clock();
    await saveSource(tx, source, { ...order, by: actor.subject, at });
    await recordEvent(tx, {
      type: "feed.source-set",
      actor: actor.subject,
      object: `feed-source:${source.name}`,
      facts: {
        enabled: order.isEnabled ?? "automatic",
        ...(order.urls === null ? {} : { urls: [...order.urls] }),
        ...(order.secretFile === null ? {} : { secretFile: order.secretFile }),
        ...(order.authority === null
          ? {}
          : { authorities: authorities.map(({ fingerprint }) => fingerprint) }),
      },
    });
    await notify(tx, "feed");
  });
  return await showSource(world, actor, source.name);
}
