import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { systemSupport } from "../intel/actions-support.ts";
import { loadServices } from "../inventory/store-services.ts";
import {
  type CadencePolicy,
  fitsAny,
  type NextRide,
  nextRide,
  type RideFacts,
  type Train,
  trainFor,
} from "../policy/cadence.ts";
import { byPriority } from "../policy/priority.ts";
import { cadencePolicy } from "../policy/store-files.ts";
import type { Patch } from "./model.ts";
import { loadOpenPatches, loadPatchesInOrder, loadRanks } from "./store.ts";
import {
  loadLastOutage,
  loadRiddenServices,
  RIDDEN_SERVICES_MAX,
  type RiddenService,
} from "./store-cadence.ts";
import { installedSource } from "./store-exposure.ts";

/** In which order open cases come, and with which release a scheduled one goes. */
export async function patchesByPriority(
  world: World,
  scopes: readonly Selector[],
  page: { readonly skip: number; readonly limit: number },
): Promise<{ readonly patches: readonly Patch[]; readonly total: number }> {
  const ranks = (await loadRanks(world.db, scopes)).toSorted(byPriority);
  const ids = ranks.slice(page.skip, page.skip + page.limit).map(({ id }) => id);
  return { patches: await loadPatchesInOrder(world.db, ids), total: ranks.length };
}

/** Only cases that did not start yet and do not go out of band ride a train. */
export async function nextRelease(world: World, patch: Patch): Promise<NextRide | null> {
  if (whyNoRide(patch) !== null) return null;
  return rideOf(world, await cadencePolicy(world), patch);
}

function whyNoRide(patch: Patch): string | null {
  if (patch.classifiedBy.justificationMin !== null) {
    return `It goes out of band (${patch.route}).`;
  }
  if (patch.state === "triage" || patch.state === "planned") return null;
  return `It is under way already (${patch.state}).`;
}

async function rideOf(world: World, policy: CadencePolicy, patch: Patch): Promise<NextRide | null> {
  const { packageIds } = await installedSource(world.db, [[]], patch.target);
  const named = await namedServices(world, policy, packageIds);
  const services = named.filter(({ isRider }) => isRider);
  const rider = { product: patch.target.source, kind: patch.kind };
  const train = trainFor(policy, { ...rider, services: services.map(({ name }) => name) });
  if (train === null) return null;
  const lastOutage =
    train.availability === undefined
      ? null
      : train.services === undefined
        ? await loadLastOutage(world.db, packageIds)
        : lastOf(services.filter(({ name }) => fitsAny(train.services ?? [], name)));
  const readyAt = world.clock();
  const support = await supportOf(world, patch.target.ecosystem, readyAt);
  return nextRide(train, { readyAt, lastOutage, support });
}

/** Services that a train of the policy names; none is asked about where no train does. */
async function namedServices(
  world: World,
  { trains }: CadencePolicy,
  packageIds: readonly number[],
): Promise<readonly RiddenService[]> {
  const patterns = trains.flatMap(({ services }) => services ?? []);
  if (patterns.length === 0) return [];
  const all = await loadServices(world.db, { scopes: [[]] });
  const named = all.filter(({ name }) => fitsAny(patterns, name)).slice(0, RIDDEN_SERVICES_MAX);
  return loadRiddenServices(world.db, named, packageIds);
}

function lastOf(services: readonly RiddenService[]): RideFacts["lastOutage"] {
  const known = services.flatMap(({ name, lastAt }) =>
    lastAt === null ? [] : [{ of: `service ${name}`, at: lastAt }],
  );
  return known.toSorted((a, b) => b.at - a.at)[0] ?? null;
}

async function supportOf(
  world: World,
  ecosystem: string,
  now: Instant,
): Promise<RideFacts["support"]> {
  const support = await systemSupport(world.db, { ecosystems: [ecosystem], now });
  const endsAt = support.get(ecosystem)?.endsAt ?? null;
  return endsAt === null || endsAt <= now ? null : { of: ecosystem, endsAt };
}

export interface TrainWithCases {
  readonly train: Train;
  /** The soonest first. */
  readonly cases: readonly { readonly patch: Patch; readonly ride: NextRide }[];
}

export interface Cadence {
  readonly policy: CadencePolicy;
  readonly trains: readonly TrainWithCases[];
  /** Open cases that ride none, and why. */
  readonly others: readonly { readonly patch: Patch; readonly reason: string }[];
}

/** Every release train with the open cases of the scopes that ride it next. */
export async function cadenceNow(world: World, scopes: readonly Selector[]): Promise<Cadence> {
  const policy = await cadencePolicy(world);
  const rides: { readonly patch: Patch; readonly ride: NextRide }[] = [];
  const others: { readonly patch: Patch; readonly reason: string }[] = [];
  for (const patch of await loadOpenPatches(world.db, scopes)) {
    const refusal = whyNoRide(patch);
    const ride = refusal === null ? await rideOf(world, policy, patch) : null;
    if (ride !== null) rides.push({ patch, ride });
    else others.push({ patch, reason: refusal ?? "No train carries such a change." });
  }
  const trains = policy.trains.map((train) => ({
    train,
    cases: rides
      .filter(({ ride }) => ride.train === train.name)
      .toSorted((a, b) => a.ride.at - b.ride.at || a.patch.number - b.patch.number),
  }));
  return { policy, trains, others };
}
