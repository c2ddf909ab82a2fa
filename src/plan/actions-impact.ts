import { type Actor, scopesFor } from "../base/actor.ts";
import type { PlanDigest } from "../base/ids.ts";
import type { World } from "../db/world.ts";
import { loadRuntimeSets } from "../intel/store-runtime.ts";
import type { Service } from "../inventory/service.ts";
import { loadNeededBy, loadServices } from "../inventory/store-services.ts";
import { demandPlan } from "./actions-show.ts";
import { type ChangedPackage, changedPackages } from "./changed-packages.ts";
import type { Impact } from "./impact.ts";
import { type InMemory, inMemory, type SeenRuntime } from "./in-memory.ts";
import { loadBodies, type StoredReport } from "./store.ts";
import { countBodies, countRuntimes, countServices, loadImpact } from "./store-impact.ts";

/** What a plan touches beside what it changes: told from what is known, and what is not is counted. */
export interface ShownImpact {
  readonly hosts: number;
  readonly packages: readonly ChangedPackage[];
  /** Null for plans that were made before it was kept. */
  readonly impact: Impact | null;
  readonly memory: InMemory;
  readonly report: StoredReport;
  readonly services: readonly TouchedService[];
  /** Touched services beyond those that are told. */
  readonly moreServices: number;
}

export interface TouchedService {
  readonly name: string;
  readonly title: string;
  readonly team: string;
  readonly owners: readonly string[];
  readonly hosts: number;
  /** Services that cannot do without it. */
  readonly neededBy: readonly string[];
}

/** The most pictures of what runs that are read; a fleet whose hosts are all alike has a few. */
const RUNTIMES_MAX = 500;
const SERVICES_TOLD_MAX = 100;
/** Each is a part of one statement. */
const SERVICES_AT_ONCE = 200;

export async function showImpact(world: World, actor: Actor, ref: string): Promise<ShownImpact> {
  const plan = await demandPlan(world, actor, ref);
  const of = { plan: plan.digest, scopes: scopesFor(actor, "plan.read") };
  const [bodies, counts, impact] = await Promise.all([
    loadBodies(world.db, plan.digest),
    countBodies(world.db, of),
    loadImpact(world.db, plan.digest),
  ]);
  const packages = changedPackages(bodies, counts);
  const names = new Set(packages.filter((one) => one.from !== "-").map((one) => one.name));
  const touched = await touchedServices(world, actor, of);
  return {
    hosts: [...counts.values()].reduce((sum, hosts) => sum + hosts, 0),
    packages,
    impact,
    memory: inMemory(await runtimesOf(world, of), names),
    report: plan.report,
    services: touched.slice(0, SERVICES_TOLD_MAX),
    moreServices: Math.max(0, touched.length - SERVICES_TOLD_MAX),
  };
}

type OfPlan = Parameters<typeof countServices>[1];

async function runtimesOf(world: World, of: OfPlan): Promise<readonly SeenRuntime[]> {
  const groups = await countRuntimes(world.db, of);
  const read = groups.flatMap(({ set }) => set ?? []).slice(0, RUNTIMES_MAX);
  const sets = await loadRuntimeSets(world.db, read);
  return groups.map(({ set, hosts }) => ({
    hosts,
    set: set === null ? null : (sets.get(set) ?? null),
  }));
}

/** Every service that runs on a host of the plan, whoever may see it. */
export async function servicesOf(world: World, plan: PlanDigest): Promise<readonly Service[]> {
  const touched = await countTouched(world, { plan, scopes: [[]] }, [[]]);
  return touched.map(({ service }) => service);
}

/** The owners of these services. */
export async function ownersOf(world: World, plan: PlanDigest): Promise<readonly string[]> {
  const owners = (await servicesOf(world, plan)).flatMap((service) => service.owners);
  return [...new Set(owners)].sort();
}

/** Services within the scopes that run on hosts of the plan, those on most hosts first. */
async function countTouched(world: World, of: OfPlan, scopes: OfPlan["scopes"]) {
  const services = await loadServices(world.db, { scopes });
  const hosts = new Map<number, number>();
  for (let at = 0; at < services.length; at += SERVICES_AT_ONCE) {
    const part = services.slice(at, at + SERVICES_AT_ONCE);
    for (const [num, count] of await countServices(world.db, of, part)) hosts.set(num, count);
  }
  return services
    .map((service) => ({ service, count: hosts.get(service.num) ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}

async function touchedServices(
  world: World,
  actor: Actor,
  of: OfPlan,
): Promise<readonly TouchedService[]> {
  const scopes = scopesFor(actor, "service.read");
  const touched = await countTouched(world, of, scopes);
  return Promise.all(
    touched.map(async ({ service: { num, name, title, team, owners }, count }, at) => {
      const isTold = at < SERVICES_TOLD_MAX;
      const needed = isTold ? await loadNeededBy(world.db, num, scopes) : [];
      const neededBy = needed.map((one) => one.name);
      return { name, title, team, owners, hosts: count, neededBy };
    }),
  );
}
