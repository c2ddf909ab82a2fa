import type { Actor } from "../base/actor.ts";
import { scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import type { Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { foundService } from "../inventory/actions-services.ts";
import { hostPage, type Page, pageOf } from "./actions-finding-page.ts";
import { type RuntimeCount, runtimeOfRows, runtimeOfVulnerability } from "./actions-runtime.ts";
import { ownOfServices, type ServiceWithOwn } from "./actions-services.ts";
import type { KnownHosts } from "./exposure.ts";
import { filteredOnce } from "./filtered-reach.ts";
import {
  type FindingRow,
  type PairsOfServices,
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
import { knownSince, nothingKnown } from "./known-since.ts";
import { exposedStates, type FindingState } from "./model.ts";
import {
  type ExposureFilter,
  exposuresOf,
  type KnownReach,
  loadKnownHosts,
  loadReach,
} from "./store-exposure.ts";
import { countMatchingBacklog } from "./store-finding.ts";
import { loadBeginnings } from "./store-past.ts";
import { loadHostsOfServices } from "./store-service-hosts.ts";
import { teamScopes } from "./team-scope.ts";

/** What users ask of findings: lists of them, and why there is one. */
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
