import { Failure } from "../base/failure.ts";
import type { World } from "../db/world.ts";
import { orderOf } from "../intel/versions/order.ts";
import type { Host } from "../inventory/model.ts";
import type { Want } from "../inventory/resolution.ts";
import type { ResolveAnswer } from "../inventory/resolve.ts";
import type { PatchTarget } from "../triage/model.ts";
import type { ResolutionOutcome, ResolvedPair, SetPair } from "./model.ts";
import { pairKey } from "./planner-hosts.ts";
import { offersOfSource, packagesOfSource } from "./store-wants.ts";
import { type Wanted, wantsFor } from "./wants.ts";

/**
 * Asks package managers what a patch would do, once for each distinct pair of package set and offer
 * set, a few at a time. The host that answers only simulates; nothing on it changes.
 */

/** How a pair is answered: the server passes the inventory's `resolveForSets`. */
export type AskPair = (
  world: World,
  pair: SetPair,
  wants: readonly Want[],
) => Promise<ResolveAnswer>;

const PAIRS_ASKED_AT_ONCE = 4;

export async function resolvePairs(
  world: World,
  ask: AskPair,
  facts: { readonly target: PatchTarget; readonly hosts: readonly Host[] },
): Promise<readonly ResolvedPair[]> {
  const pairs = distinctPairs(facts.hosts);
  const wanted = await wantsOf(world, facts.target, pairs);
  const waiting = [...pairs];
  const resolved: ResolvedPair[] = [];
  const work = async (): Promise<void> => {
    for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
      const want = wanted.get(pairKey(pair)) ?? { kind: "not-affected" };
      const outcome = want.kind === "wants" ? await outcomeOf(world, ask, pair, want.wants) : want;
      resolved.push({ ...pair, outcome });
    }
  };
  await Promise.all(Array.from({ length: PAIRS_ASKED_AT_ONCE }, work));
  return resolved.sort((a, b) => (pairKey(a) < pairKey(b) ? -1 : 1));
}

function distinctPairs(hosts: readonly Host[]): SetPair[] {
  const pairs = new Map<string, SetPair>();
  for (const { mode, packageSet, offerSet } of hosts) {
    if (mode !== "managed" || packageSet === null || offerSet === null) continue;
    const pair = { packageSet, offerSet };
    pairs.set(pairKey(pair), pair);
  }
  return [...pairs.values()];
}

async function wantsOf(
  world: World,
  target: PatchTarget,
  pairs: readonly SetPair[],
): Promise<ReadonlyMap<string, Wanted>> {
  const compare = orderOf(target.ecosystem);
  if (compare === null) {
    throw new Failure(
      "blocked",
      `Versions of ${target.ecosystem} cannot be compared by this version of Fettle, so no plan can be made for ${target.source}.`,
    );
  }
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

async function outcomeOf(
  world: World,
  ask: AskPair,
  pair: SetPair,
  wants: readonly Want[],
): Promise<ResolutionOutcome> {
  const answer = await ask(world, pair, wants);
  if (answer.kind === "not-resolved") return answer;
  if (answer.resolution.moves.length === 0) return { kind: "not-affected" };
  return { kind: "moves", resolution: answer.resolution };
}
