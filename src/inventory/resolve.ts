import type { Digest } from "../base/digest.ts";
import type { World } from "../db/world.ts";
import { askHost, isReachProblem } from "../reach/host-session.ts";
import { reachFor } from "../reach/reach-by-certificate.ts";
import type { Host } from "./model.ts";
import {
  fitProblem,
  type HostResolution,
  parseResolution,
  type Want,
  wantsDigest,
  wantsText,
} from "./resolution.ts";
import { loadOffers, loadPackageSet } from "./store.ts";
import { hostsToAsk, loadResolution, saveResolution } from "./store-resolution.ts";

/** Why there is no resolution is data: the plan's report shows it word for word. */
export type ResolveAnswer =
  | { readonly kind: "resolved"; readonly resolution: HostResolution }
  | { readonly kind: "not-resolved"; readonly problem: string };

/** A dead host must not stop a plan while others like it are there to be asked. */
const HOSTS_ASKED_MAX = 3;

/**
 * The resolution for all hosts with this pair of sets: from the store, or from one of them. Only
 * answers are kept; a refusal is asked for again the next time.
 */
export async function resolveForSets(
  world: World,
  pair: { readonly packageSet: Digest; readonly offerSet: Digest },
  wants: readonly Want[],
): Promise<ResolveAnswer> {
  const target = wantsDigest(wants);
  const stored = await loadResolution(world.db, pair, target);
  if (stored !== null) return { kind: "resolved", resolution: stored };
  const hosts = await hostsToAsk(world.db, pair, HOSTS_ASKED_MAX);
  let last: ResolveAnswer = {
    kind: "not-resolved",
    problem: "no host with these packages can be reached to ask its package manager",
  };
  for (const host of hosts) {
    last = await resolveOnHost(world, host, wants);
    if (last.kind === "not-resolved") continue;
    const { resolution } = last;
    const at = world.clock();
    await saveResolution(world.db, { resolution, target, wants, askedHost: host.id, at });
    return last;
  }
  return last;
}

/** Runs the host program's read-only `resolve` on this very host. */
export async function resolveOnHost(
  world: World,
  host: Host,
  wants: readonly Want[],
): Promise<ResolveAnswer> {
  const { packageSet, offerSet } = host;
  if (packageSet === null || offerSet === null) {
    return notResolved(`${host.name} was never inspected, or has no package lists`);
  }
  const answer = await askHost(await reachFor(world, host), {
    verb: "resolve",
    input: wantsText(wants),
    answer: "resolve",
  });
  if (isReachProblem(answer)) return notResolved(answer.message);
  const parsed = parseResolution(answer.get("resolve") ?? []);
  if (parsed.kind === "refused") return notResolved(`${host.name}: ${parsed.problem}`);
  const set = await loadPackageSet(world.db, packageSet);
  const offers = await loadOffers(world.db, offerSet);
  const misfit = fitProblem(parsed.moves, {
    packages: set?.packages ?? [],
    offers: offers ?? [],
  });
  if (misfit !== null) return notResolved(`${host.name} changed since its last scan: ${misfit}`);
  return {
    kind: "resolved",
    resolution: {
      ...{ packageSet, offerSet, moves: parsed.moves, around: parsed.around },
      affectedServices: parsed.services,
    },
  };
}

function notResolved(problem: string): ResolveAnswer {
  return { kind: "not-resolved", problem };
}
