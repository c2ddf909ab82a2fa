import { Failure } from "../base/failure.ts";
import type { World } from "../db/world.ts";
import { orderOf, type VersionOrder } from "../intel/versions/order.ts";
import type { Host } from "../inventory/model.ts";
import type { Want } from "../inventory/resolution.ts";
import type { ResolveAnswer } from "../inventory/resolve.ts";
import { everywhere, loadHost } from "../inventory/store.ts";
import type { PatchTarget } from "../triage/model.ts";
import { loweringProblem } from "./lowering.ts";
import type { ResolvedPair, SetPair } from "./model.ts";
import { pairKey } from "./planner-hosts.ts";
import type { SelectedHost } from "./store-selected.ts";
import { offersOfSource, packagesOfSource } from "./store-wants.ts";
import { type Wanted, wantsFor } from "./wants.ts";

/**
 * Asks package managers what a patch would do, once for each distinct pair of package set and offer
 * set, a few at a time. The host that answers only simulates; nothing on it changes.
 */

/** How questions are asked: the server passes the inventory's own functions. */
export interface Asking {
  /** Any host with this pair, or what one answered before. */
  readonly pair: (world: World, pair: SetPair, wants: readonly Want[]) => Promise<ResolveAnswer>;
  /** This very host. */
  readonly host: (world: World, host: Host, wants: readonly Want[]) => Promise<ResolveAnswer>;
}

const PAIRS_ASKED_AT_ONCE = 4;
/** Equal packages do not mean equal services; this many combinations are asked about one pair. */
const SERVICE_COMBINATIONS_MAX = 5;

interface Group {
  readonly pair: SetPair;
  readonly hosts: SelectedHost[];
}

export async function resolvePairs(
  world: World,
  ask: Asking,
  facts: { readonly target: PatchTarget; readonly hosts: readonly SelectedHost[] },
): Promise<readonly ResolvedPair[]> {
  const groups = groupHosts(facts.hosts);
  const compare = orderFor(facts.target);
  const wanted = await wantsOf(
    world,
    facts.target,
    groups.map((group) => group.pair),
  );
  const waiting = [...groups];
  const resolved: ResolvedPair[] = [];
  const work = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      const want = wanted.get(pairKey(group.pair)) ?? { kind: "not-affected" };
      resolved.push(
        want.kind === "wants"
          ? await resolveGroup(world, ask, group, { wants: want.wants, compare })
          : { ...group.pair, outcome: want },
      );
    }
  };
  await Promise.all(Array.from({ length: PAIRS_ASKED_AT_ONCE }, work));
  return resolved.sort((a, b) => (pairKey(a) < pairKey(b) ? -1 : 1));
}

/**
 * Of sets that nobody resolved, those for which that is not needed: they have nothing to change, or
 * their sources have nothing to change it with. No host is asked.
 */
export async function unaffectedPairs(
  world: World,
  target: PatchTarget,
  hosts: readonly SelectedHost[],
): Promise<readonly ResolvedPair[]> {
  const pairs = groupHosts(hosts).map((group) => group.pair);
  const wanted = await wantsOf(world, target, pairs);
  return pairs.flatMap((pair) => {
    const want = wanted.get(pairKey(pair)) ?? { kind: "not-affected" };
    return want.kind === "wants" ? [] : [{ ...pair, outcome: want }];
  });
}

function groupHosts(hosts: readonly SelectedHost[]): Group[] {
  const groups = new Map<string, Group>();
  for (const host of hosts) {
    const { mode, packageSet, offerSet } = host;
    if (mode !== "managed" || packageSet === null || offerSet === null) continue;
    const pair = { packageSet, offerSet };
    const group = groups.get(pairKey(pair)) ?? { pair, hosts: [] };
    group.hosts.push(host);
    groups.set(pairKey(pair), group);
  }
  return [...groups.values()];
}

async function wantsOf(
  world: World,
  target: PatchTarget,
  pairs: readonly SetPair[],
): Promise<ReadonlyMap<string, Wanted>> {
  const compare = orderFor(target);
  const [packages, offers] = await Promise.all([
    packagesOfSource(world.db, target, [...new Set(pairs.map((pair) => pair.packageSet))]),
    offersOfSource(world.db, target, [...new Set(pairs.map((pair) => pair.offerSet))]),
  ]);
  return new Map(
    pairs.map((pair) => [
      pairKey(pair),
      wantsFor({
        target,
        packages: packages.get(pair.packageSet) ?? [],
        offers: offers.get(pair.offerSet) ?? [],
        compare,
      }),
    ]),
  );
}

/** The order of the target's versions. Throws `blocked` where there is none. */
function orderFor(target: PatchTarget): VersionOrder {
  const compare = orderOf(target.ecosystem);
  if (compare !== null) return compare;
  throw new Failure(
    "blocked",
    `Versions of ${target.ecosystem} cannot be compared by this version of Fettle, so no plan can be made for ${target.source}.`,
  );
}

async function resolveGroup(
  world: World,
  ask: Asking,
  group: Group,
  { wants, compare }: { readonly wants: readonly Want[]; readonly compare: VersionOrder },
): Promise<ResolvedPair> {
  const answer = await ask.pair(world, group.pair, wants);
  if (answer.kind === "not-resolved") return { ...group.pair, outcome: answer };
  const { resolution } = answer;
  if (resolution.moves.length === 0) return { ...group.pair, outcome: { kind: "not-affected" } };
  const problem = loweringProblem(resolution.moves, compare);
  if (problem !== null) return { ...group.pair, outcome: { kind: "not-resolved", problem } };
  const more = await askServices(world, ask, group, wants);
  const affectedServices = [...new Set([...resolution.affectedServices, ...more.services])].sort();
  return {
    ...group.pair,
    outcome: { kind: "moves", resolution: { ...resolution, affectedServices } },
    ...(more.unasked === 0 ? {} : { servicesUnasked: more.unasked }),
  };
}

/**
 * Which services hold files of these packages is a fact of running hosts. Where hosts of one pair run
 * different services, one of each combination is asked; each host then restarts what it runs itself.
 */
async function askServices(
  world: World,
  ask: Asking,
  group: Group,
  wants: readonly Want[],
): Promise<{ readonly services: readonly string[]; readonly unasked: number }> {
  const combinations = [...Map.groupBy(group.hosts, activeServices).values()];
  if (combinations.length < 2) return { services: [], unasked: 0 };
  combinations.sort((a, b) => b.length - a.length);
  const services: string[] = [];
  let unasked = 0;
  for (const [at, hosts] of combinations.entries()) {
    const host = at < SERVICE_COMBINATIONS_MAX ? await hostToAsk(world, group.pair, hosts) : null;
    const answer = host === null ? null : await ask.host(world, host, wants);
    if (answer?.kind === "resolved") services.push(...answer.resolution.affectedServices);
    else unasked += hosts.length;
  }
  return { services, unasked };
}

/** One that can be reached and still has these sets. */
async function hostToAsk(
  world: World,
  pair: SetPair,
  hosts: readonly SelectedHost[],
): Promise<Host | null> {
  const found = hosts.find((one) => one.isReachable);
  const host = found === undefined ? null : await loadHost(world.db, found.id, everywhere);
  const isSame = host?.packageSet === pair.packageSet && host.offerSet === pair.offerSet;
  return isSame ? host : null;
}

function activeServices(host: SelectedHost): string {
  return [...host.services].sort().join(" ");
}
