import type { Actor } from "../base/actor.ts";
import { scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import type { Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { foundService } from "../inventory/actions-services.ts";
import { type NetworkOutcome, refreshFeeds, sourceAsSet } from "./actions-network.ts";
import { type RuntimeCount, runtimeOfRows, runtimeOfVulnerability } from "./actions-runtime.ts";
import { ownOfServices, type ServiceWithOwn } from "./actions-services.ts";
import { type HostGroup, isRunningKernel, type KnownHosts, postingsOf } from "./exposure.ts";
import { type Freshness, freshnessOf } from "./feed-rules.ts";
import { fetchLimits } from "./fetch-rules.ts";
import { filteredOnce } from "./filtered-reach.ts";
import {
  type FindingRow,
  groupKey,
  type PairsOfServices,
  rowsByHostGroup,
  rowsBySource,
  rowsByVulnerability,
} from "./finding-list.ts";
import {
  type Coverage,
  coverage,
  type ExplainedFinding,
  explainFinding,
  pastCoverage,
} from "./findings.ts";
import { presentIn, riskCounter } from "./knowledge.ts";
import { knownSince, nothingKnown } from "./known-since.ts";
import { type LoadOutcome, loadFeed } from "./load-feed.ts";
import { exposedStates, type FindingState } from "./model.ts";
import { rematch } from "./rematch.ts";
import {
  type ExposureFilter,
  exposuresOf,
  type KnownReach,
  loadKnownHosts,
  loadRankedHosts,
  loadReach,
  type Reach,
} from "./store-exposure.ts";
import { absentFeed, loadFeeds, type StoredFeed } from "./store-feed.ts";
import { keepBytes } from "./store-feed-cache.ts";
import { countMatchingBacklog } from "./store-finding.ts";
import { loadBeginnings } from "./store-past.ts";
import { loadHostsOfServices } from "./store-service-hosts.ts";
import { teamScopes } from "./team-scope.ts";

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
  await keepLoaded(world, input.bytes, outcomes);
  await rematch(world);
  return outcomes;
}

/** For carrying it on to servers without network. */
async function keepLoaded(
  world: World,
  bytes: Buffer,
  outcomes: readonly LoadOutcome[],
): Promise<void> {
  const [first] = outcomes;
  const isTaken = outcomes.some(({ kind }) => kind === "loaded");
  if (first === undefined || !isTaken) return;
  await keepBytes(world, first.feed, { bytes, generation: sha256(bytes), at: world.clock() });
}

/** Somebody waits for the answer, and a request ends after two and a half minutes. */
const FORCED_TIMEOUT_MS = 100_000;

/** Why the publishers cannot be asked from here, in words; null when they can. */
export function whyNotAsked(world: World): string | null {
  if (world.config.feeds.network === "on") return null;
  return "The publishers cannot be asked: the network is switched off for feeds (feeds.network). Load a file instead, or switch it on.";
}

/** Asks the publishers now, whatever the timetable says. */
export async function refreshFromNetwork(
  world: World,
  actor: Actor,
  names: readonly string[] = [],
): Promise<readonly NetworkOutcome[]> {
  const refusal = whyNotAsked(world);
  if (refusal !== null) throw new Failure("blocked", refusal);
  const limits = { ...fetchLimits, timeoutMs: FORCED_TIMEOUT_MS };
  const sources = await Promise.all(names.map((name) => sourceAsSet(world, name)));
  const chosen = sources.length === 0 ? {} : { sources };
  const outcomes = await refreshFeeds(world, actor, { isForced: true, limits, ...chosen });
  await rematch(world);
  return outcomes;
}

export interface FindingQuery {
  readonly group: "vulnerability" | "source" | "host";
  readonly states?: readonly FindingState[] | undefined;
  readonly isKev?: boolean | undefined;
  readonly search?: string | undefined;
  /** Only what is set aside, in place of all that is not. */
  readonly isFiltered?: boolean | undefined;
  /** Tells of each row on how many hosts the running system speaks against it. */
  readonly hasRuntime?: boolean | undefined;
  /** The first thousand when absent. */
  readonly page?: Page | undefined;
  /** Only what this service contains and its hosts have, by id or name. */
  readonly service?: string | undefined;
  /** Only what the services of this team contain and its hosts have. */
  readonly team?: string | undefined;
  /** What was known at a moment in the past; now when absent. */
  readonly asOf?: Instant | undefined;
}

interface Page {
  readonly cursor?: string | undefined;
  readonly skip?: number | undefined;
  readonly limit: number;
}

const ROWS_MAX = 1_000;

export interface FindingList {
  /** The page asked for. */
  readonly rows: readonly (FindingRow & {
    readonly title: string;
    /** Null where it was not asked for, or cannot be told: of hosts and of the past. */
    readonly runtime: readonly RuntimeCount[] | null;
    /** Of a host's row the team that its labels name. */
    readonly team: string | null;
  })[];
  readonly total: number;
  readonly next: string | null;
  /** Hosts that what runs was not told of, as too many are unlike others; null like `runtime`. */
  readonly runtimeLeftOutCount: number | null;
  readonly coverage: Coverage;
  /** Vulnerabilities that are set aside on some host, and so are not counted there. */
  readonly filteredCount: number;
  /** Packages and names still to be matched; above 0 the list is not final. */
  readonly backlogCount: number;
  /** The moment in the past that it tells of; null for now. */
  readonly asOf: Instant | null;
  /** How far back the past is known; null when nothing is known yet. */
  readonly knownSince: Instant | null;
  /** Of a past moment why an empty list means nothing; null where it does. */
  readonly nothingKnown: string | null;
}

export async function listFindings(
  world: World,
  actor: Actor,
  query: FindingQuery,
): Promise<FindingList> {
  const seen = scopesFor(actor, "finding.read");
  const { asOf, team } = query;
  const services = ofTeam(await ownOfServices(world, { ...query, scopes: seen }), team);
  const scopes = team === undefined ? seen : teamScopes(seen, team);
  const hosts = await askedHosts(world, { scopes, seen }, query);
  const states = query.states ?? exposedStates;
  const filtered = query.isFiltered === true ? ("only" as const) : ("left-out" as const);
  const all = await loadReach(world.db, { scopes, states, hosts, filtered, asOf });
  const { facts } = all.knowledge;
  const own = pairsOfServices(services, { states, isFiltered: query.isFiltered === true });
  const { reach, own: inServices } = filteredOnce({ reach: all, own }, query);
  const page = query.page ?? { limit: ROWS_MAX };
  const found =
    query.group === "host"
      ? await hostPage(world, { scopes, reach, page, asOf })
      : pageOf(query.group === "source" ? rowsBySource : rowsByVulnerability, {
          ...{ reach, page },
          own: inServices,
        });
  const runtime = await runtimeOfPage(world, query, { scopes, facts, reach, rows: found.rows });
  const begun = await loadBeginnings(world.db);
  return {
    ...found,
    rows: found.rows.map((row) => ({
      ...row,
      title: facts.get(row.key)?.title ?? "",
      runtime: runtime?.said.get(row.key) ?? null,
      team: row.team ?? null,
    })),
    runtimeLeftOutCount: runtime?.leftOutCount ?? null,
    coverage:
      asOf === undefined ? await coverage(world.db, hosts, world.clock()) : pastCoverage(hosts),
    filteredCount: await countFiltered(world, { scopes, states, hosts, asOf }, services),
    backlogCount: asOf === undefined ? await countMatchingBacklog(world.db) : 0,
    asOf: asOf ?? null,
    knownSince: knownSince(begun),
    nothingKnown: asOf === undefined ? null : nothingKnown(begun, asOf),
  };
}

/** The same services of the same team give the same object, for lists whose pages share their rows. */
const teamsMade = new WeakMap<readonly ServiceWithOwn[], Map<string, readonly ServiceWithOwn[]>>();

function ofTeam(
  services: readonly ServiceWithOwn[],
  team: string | undefined,
): readonly ServiceWithOwn[] {
  if (team === undefined) return services;
  const made = keptFor(teamsMade, services);
  const own = made.get(team) ?? services.filter(({ service }) => service.team === team);
  return keepLast(made, TEAMS_KEPT_MAX, [team, own]);
}

const TEAMS_KEPT_MAX = 8;

/** The hosts within the scopes, or those of them that run the service asked for. */
async function askedHosts(
  world: World,
  { scopes, seen }: { readonly scopes: readonly Selector[]; readonly seen: readonly Selector[] },
  { service: ref, asOf }: FindingQuery,
): Promise<KnownHosts> {
  if (ref === undefined) return await loadKnownHosts(world.db, { scopes, asOf });
  const service = await foundService(world, ref, seen);
  const found = await loadHostsOfServices(world.db, [service], { scopes, asOf });
  return found.get(service.num) ?? { groups: [], unknownCount: 0 };
}

/** The same services asked the same give the same object, for lists whose pages share their rows. */
const pairsMade = new WeakMap<readonly ServiceWithOwn[], Map<string, PairsOfServices>>();

function pairsOfServices(
  services: readonly ServiceWithOwn[],
  of: { readonly states: readonly FindingState[]; readonly isFiltered: boolean },
): PairsOfServices {
  if (services.length === 0) return NO_SERVICES;
  const made = pairsMade.get(services) ?? new Map<string, PairsOfServices>();
  pairsMade.set(services, made);
  const key = JSON.stringify(of);
  const states = new Set(of.states);
  const pairs =
    made.get(key) ??
    services.map(({ own }) => {
      const all = of.isFiltered ? own.setAside.map(({ pair }) => pair) : own.pairs;
      return all.filter((pair) => states.has(pair.state));
    });
  made.set(key, pairs);
  return pairs;
}

const NO_SERVICES: PairsOfServices = [];

/** Of hosts and of the past it is not told; nor, as it costs a walk over hosts, unasked. */
async function runtimeOfPage(
  world: World,
  { group, hasRuntime, asOf }: FindingQuery,
  of: {
    readonly scopes: readonly Selector[];
    readonly facts: KnownReach["knowledge"]["facts"];
    readonly reach: KnownReach;
    readonly rows: readonly FindingRow[];
  },
): Promise<Awaited<ReturnType<typeof runtimeOfRows>> | null> {
  if (hasRuntime !== true || asOf !== undefined || group === "host") return null;
  const { scopes, facts, reach, rows } = of;
  return await runtimeOfRows(world, {
    ...{ scopes, facts, pairs: reach.pairs, keys: rows.map((row) => row.key) },
    keyOf: (pair) => (group === "source" ? `${pair.ecosystem} ${pair.source}` : pair.vulnerability),
  });
}

async function countFiltered(
  world: World,
  asked: ExposureFilter,
  services: readonly ServiceWithOwn[],
): Promise<number> {
  const only = await loadReach(world.db, { ...asked, filtered: "only" });
  const inServices = services.flatMap(({ own }) => own.setAside.map(({ pair }) => pair));
  const all = [...exposuresOf(only), ...inServices];
  return new Set(all.map(({ vulnerability }) => vulnerability)).size;
}

/** Rows of a reach that did not change are the same rows; pages of one list share them. */
interface MadeRows {
  readonly own: PairsOfServices;
  readonly rows: readonly FindingRow[];
}
const rowsMade = new WeakMap<KnownReach, Map<typeof rowsBySource, MadeRows>>();

function pageOf(
  rowsOf: typeof rowsBySource,
  of: { readonly reach: KnownReach; readonly page: Page; readonly own: PairsOfServices },
): Pick<FindingList, "total" | "next"> & { readonly rows: readonly FindingRow[] } {
  const { reach, page, own } = of;
  const made = rowsMade.get(reach) ?? new Map<typeof rowsOf, MadeRows>();
  const before = made.get(rowsOf);
  const all = before?.own === own ? before.rows : rowsOf(reach, reach.knowledge.facts, own);
  rowsMade.set(reach, made.set(rowsOf, { own, rows: all }));
  const start = startOf(page, (key) => all.findIndex((row) => row.key === key));
  const rows = all.slice(start, start + page.limit);
  const isLast = start + rows.length >= all.length;
  return { rows, total: all.length, next: isLast ? null : nextOf(start, rows) };
}

/**
 * Hosts of one group have the same findings, so groups are put in order; the hosts of a page are then
 * found by the place of their group, and only the groups of that page are told in full.
 */
async function hostPage(
  world: World,
  of: {
    readonly scopes: readonly Selector[];
    readonly reach: KnownReach;
    readonly page: Page;
    readonly asOf: Instant | undefined;
  },
): Promise<Pick<FindingList, "total" | "next"> & { readonly rows: readonly FindingRow[] }> {
  const { reach, page } = of;
  const ranked = rankedGroups(reach);
  const total = ranked.reduce((sum, group) => sum + group.hostCount, 0);
  const start = startOf(page, () => -1);
  const { groups: asked, before } = groupsAt(ranked, { start, limit: page.limit });
  const hosts = await loadRankedHosts(world.db, {
    scopes: of.scopes,
    groups: asked,
    asOf: of.asOf,
    skip: start - before,
    limit: page.limit,
  });
  const shown = new Set(hosts.map((host) => groupKey(host)));
  const groups = reach.groups.filter((group) => shown.has(groupKey(group)));
  const byGroup = rowsByHostGroup(narrowed(reach, groups), reach.knowledge.facts);
  const rows = hosts.flatMap((host) => {
    const row = byGroup.get(groupKey(host));
    return row === undefined ? [] : [{ ...row, key: host.name, hostCount: 1, team: host.team }];
  });
  return { rows, total, next: start + rows.length >= total ? null : nextOf(start, rows) };
}

/** The groups that the hosts of a page are in, and how many hosts come before the first of them. */
function groupsAt(
  ranked: readonly HostGroup[],
  page: { readonly start: number; readonly limit: number },
): { readonly groups: readonly HostGroup[]; readonly before: number } {
  let place = 0;
  let before = page.start;
  const groups = ranked.filter((group) => {
    const from = place;
    place += group.hostCount;
    const isShown = place > page.start && from < page.start + page.limit;
    if (isShown) before = Math.min(before, from);
    return isShown;
  });
  return { groups, before };
}

const rankings = new WeakMap<KnownReach, readonly HostGroup[]>();

function rankedGroups(reach: KnownReach): readonly HostGroup[] {
  const ranked = rankings.get(reach) ?? rankGroups(reach);
  rankings.set(reach, ranked);
  return ranked;
}

/** Groups with a finding, the most urgent first. */
function rankGroups(reach: KnownReach): readonly HostGroup[] {
  const count = riskCounter({ ...reach.knowledge, pairs: reach.pairs });
  return reach.groups
    .map((group) => {
      const { setId, kernelRunning } = group;
      const runs = (name: string): boolean =>
        kernelRunning === null || isRunningKernel(name, kernelRunning);
      const members = reach.members.get(setId) ?? new Int32Array(0);
      return { group, risk: count(members, runs, group) };
    })
    .filter(({ risk }) => risk.open > 0)
    .toSorted(
      (a, b) =>
        b.risk.exploited - a.risk.exploited ||
        b.risk.epss - a.risk.epss ||
        b.risk.open - a.risk.open ||
        a.group.id - b.group.id,
    )
    .map(({ group }) => group);
}

/** The same findings as far as these groups have them. */
function narrowed(reach: KnownReach, groups: readonly HostGroup[]): Reach {
  const setIds = new Set(groups.map((group) => group.setId));
  const members = new Map([...reach.members].filter(([id]) => setIds.has(id)));
  const isPresent = presentIn(members.values());
  const pairs = reach.pairs.filter((pair) => pair.packageIds.some(isPresent));
  const wanted = new Set(pairs.flatMap((pair) => pair.packageIds.filter(isPresent)));
  const { packages } = reach.knowledge;
  return { pairs, groups, postings: postingsOf({ wanted, packages, members, groups }) };
}

/** A cursor holds the last key and its place: the place serves when the key has gone meanwhile. */
function nextOf(start: number, rows: readonly FindingRow[]): string | null {
  const last = rows.at(-1);
  if (last === undefined) return null;
  return Buffer.from(`${start + rows.length} ${last.key}`).toString("base64url");
}

function startOf(page: Page, placeOf: (key: string) => number): number {
  if (page.skip !== undefined) return page.skip;
  if (page.cursor === undefined) return 0;
  const match = /^(\d{1,9}) (.+)$/s.exec(Buffer.from(page.cursor, "base64url").toString());
  if (match?.[2] === undefined) {
    throw new Failure("invalid", "The cursor is not one of this list. Start again without it.");
  }
  const at = placeOf(match[2]);
  return at < 0 ? Number(match[1]) : at + 1;
}

function isExposed(state: FindingState): boolean {
  return (exposedStates as readonly FindingState[]).includes(state);
}

/** Explains one vulnerability; unknown and invisible look the same. */
export async function showFinding(
  world: World,
  actor: Actor,
  vulnerability: string,
  asOf?: Instant,
): Promise<ExplainedFinding> {
  const scopes = scopesFor(actor, "finding.read");
  const explained = await explainFinding(world.db, { vulnerability, scopes, asOf });
  // What ran on hosts is known of now only.
  if (explained !== null && asOf !== undefined) return explained;
  if (explained !== null) {
    const exposed = explained.packages.filter(
      ({ finding, hostCount, filteredHostCount }) =>
        isExposed(finding.state) && hostCount + filteredHostCount > 0,
    );
    const runtime = await runtimeOfVulnerability(world, {
      scopes,
      exposedIds: exposed.map((one) => one.package.id),
      facts: explained.vulnerability,
    });
    const { said, leftOutCount: runtimeLeftOutCount } = runtime;
    return { ...explained, filters: [...explained.filters, ...said], runtimeLeftOutCount };
  }
  throw new Failure(
    "not-found",
    `No loaded feed speaks of ${vulnerability}. Check the id, or load a feed that knows it.`,
  );
}
