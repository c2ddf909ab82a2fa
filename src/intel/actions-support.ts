import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction, type Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { ownOfServices, type ServiceWithOwn } from "./actions-services.ts";
import type { Knowledge, Members } from "./knowledge.ts";
import { exposuresOf, loadKnownHosts, loadReach } from "./store-exposure.ts";
import { absentFeed, loadFeeds, type StoredFeed } from "./store-feed.ts";
import { loadMembers } from "./store-knowledge.ts";
import {
  insertChoice,
  loadChoices,
  loadCycles,
  loadHostsOfSets,
  loadNamedVersions,
  loadSetEcosystems,
  loadSetOwners,
  type SetOwner,
  type StrategyChoice,
} from "./store-support.ts";
import { subjectOf } from "./subject.ts";
import { judgeSupport, type SupportJudgement, type SupportStrategy } from "./support.ts";
import { type ProductCycle, runtimeOf, systemOf, systemRules } from "./support-products.ts";
import { type CarriedRuntime, type RegisterEntry, supportRegister } from "./support-register.ts";
import { ecosystemBase } from "./versions/order.ts";

/** What people ask and decide about the end of support. */
export const SUPPORT_FEED = "endoflife";
/** Half a year is what moving a release usually takes to plan. */
export const SOON_DAYS = 180;

export interface ShownEntry extends RegisterEntry {
  readonly owners: readonly { readonly kind: "team" | "service"; readonly name: string }[];
  readonly strategy: StrategyChoice | null;
}

export interface Register {
  readonly feed: StoredFeed;
  readonly entries: readonly ShownEntry[];
  /** Hosts of which no package is known, and so no release either. */
  readonly unknownHosts: number;
}

export async function listSupport(
  world: World,
  actor: Actor,
  asked: { readonly soonDays?: number | undefined },
): Promise<Register> {
  const scopes = scopesFor(actor, "host.read");
  const reader = world.db;
  const hosts = await loadKnownHosts(reader, { scopes });
  const own = await ownOfServices(world, { scopes: scopesFor(actor, "finding.read") });
  const artifacts = own.flatMap(({ service, own: { setIds } }) =>
    setIds.map((setId) => ({ setId, service: service.name })),
  );
  const setIds = [...new Set([...hosts.groups, ...artifacts].map((holder) => holder.setId))];
  const members = await loadMembers(reader, setIds);
  const reach = await loadReach(reader, { scopes, hosts });
  const runtimes = await loadRuntimes(reader, reach.knowledge, members);
  const entries = supportRegister({
    now: world.clock(),
    soonDays: asked.soonDays ?? SOON_DAYS,
    groups: hosts.groups,
    artifacts,
    ecosystems: withSystems(await loadSetEcosystems(reader, setIds), reach.knowledge, members),
    runtimes,
    members,
    datesOf: await loadDates(reader, runtimes),
    exposures: [
      ...exposuresOf(reach),
      ...own.flatMap((one) =>
        one.own.pairs.map((pair) => ({ ...pair, hostCount: 0, loweredHostCount: 0 })),
      ),
    ],
    isExploited: (id) => reach.knowledge.facts.get(id)?.kev != null,
  });
  const feed = (await loadFeeds(reader)).find(({ name }) => name === SUPPORT_FEED);
  return {
    feed: feed ?? absentFeed(SUPPORT_FEED),
    entries: await withPeople(reader, scopes, entries, teamsOf(own)),
    unknownHosts: hosts.unknownCount,
  };
}

/** Bills have no ecosystem of their own; the distribution's packages in one tell its system. */
function withSystems(
  ecosystems: ReadonlyMap<number, string>,
  { packages }: Knowledge,
  members: ReadonlyMap<number, Members>,
): ReadonlyMap<number, string> {
  return new Map(
    [...ecosystems].map(([setId, ecosystem]) => {
      if (ecosystem !== "") return [setId, ecosystem];
      for (const id of members.get(setId) ?? []) {
        const own = packages.get(id)?.ecosystem ?? "";
        if (systemOf(own) !== null) return [setId, own];
      }
      return [setId, ""];
    }),
  );
}

/** Which packages are which runtime holds as long as the knowledge of packages. */
const runtimesRead = new WeakMap<Knowledge, Map<number, CarriedRuntime | null>>();

async function loadRuntimes(
  reader: Reader,
  knowledge: Knowledge,
  members: ReadonlyMap<number, Members>,
): Promise<readonly CarriedRuntime[]> {
  const known = runtimesRead.get(knowledge) ?? new Map<number, CarriedRuntime | null>();
  runtimesRead.set(knowledge, known);
  const ids = new Set<number>();
  for (const own of members.values()) for (const id of own) ids.add(id);
  const missing = [...ids].filter((id) => !known.has(id));
  for (const p of missing.length === 0 ? [] : await loadNamedVersions(reader, missing)) {
    const runtime = runtimeOf(p);
    const isOwn = systemOf(p.ecosystem) !== null && isOfDistribution(p);
    const carrier = isOwn ? p.ecosystem : null;
    known.set(p.id, runtime === null ? null : { ...runtime, packageId: p.id, carrier });
  }
  return [...ids].flatMap((id) => known.get(id) ?? []);
}

/** Packages of other publishers are not mended by the distribution. */
function isOfDistribution(
  p: Parameters<typeof runtimeOf>[0] & {
    readonly ecosystem: string;
    readonly origin: string;
  },
): boolean {
  const base = ecosystemBase(p.ecosystem);
  if (base !== "Debian" && base !== "Ubuntu") return true;
  const whole = { ...p, arch: "", source: "", sourceVersion: "", module: "" };
  return subjectOf(whole).blindSpot !== "foreign-origin";
}

async function loadDates(reader: Reader, runtimes: readonly CarriedRuntime[]) {
  const products = new Set([
    ...Object.values(systemRules).map((rule) => rule.product),
    ...runtimes.map((runtime) => runtime.product),
  ]);
  const cycles = await loadCycles(reader, [...products]);
  const byKey = new Map(cycles.map((each) => [`${each.product} ${each.cycle}`, each]));
  return ({ product, cycle }: ProductCycle) => byKey.get(`${product} ${cycle}`) ?? null;
}

async function withPeople(
  reader: Reader,
  scopes: readonly Selector[],
  entries: readonly RegisterEntry[],
  teams: ReadonlyMap<string, string | null>,
): Promise<readonly ShownEntry[]> {
  const bySet = Map.groupBy(await loadSetOwners(reader, scopes), (owner) => owner.setId);
  const choices = new Map(
    (await loadChoices(reader)).map((choice) => [`${choice.product} ${choice.cycle}`, choice]),
  );
  return entries.map((entry) => ({
    ...entry,
    owners: ownersOf([
      ...entry.setIds.flatMap((id) => bySet.get(id) ?? []),
      ...entry.services.map((name) => ({ service: name, team: teams.get(name) ?? null })),
    ]),
    strategy: choices.get(`${entry.product} ${entry.cycle}`) ?? null,
  }));
}

function teamsOf(own: readonly ServiceWithOwn[]): ReadonlyMap<string, string | null> {
  return new Map(
    own.map(({ service }) => [service.name, service.team === "" ? null : service.team]),
  );
}

function ownersOf(owners: readonly Pick<SetOwner, "team" | "service">[]): ShownEntry["owners"] {
  const named = (kind: "team" | "service") =>
    [...new Set(owners.flatMap((owner) => owner[kind] ?? []))]
      .sort()
      .map((name) => ({ kind, name }));
  return [...named("team"), ...named("service")];
}

export interface ShownSupport {
  readonly entries: readonly ShownEntry[];
  readonly hosts: readonly { readonly id: string; readonly name: string }[];
  readonly history: readonly StrategyChoice[];
}

/** One release with its hosts and everything that was decided about it. */
export async function showSupport(
  world: World,
  actor: Actor,
  of: ProductCycle,
): Promise<ShownSupport> {
  const { entries } = await listSupport(world, actor, {});
  const own = entries.filter(({ product, cycle }) => product === of.product && cycle === of.cycle);
  if (own.length === 0) throw nothingRuns(of);
  const scopes = scopesFor(actor, "host.read");
  const setIds = [...new Set(own.flatMap((entry) => entry.setIds))];
  return {
    entries: own,
    hosts: await loadHostsOfSets(world.db, { scopes, setIds }),
    history: await loadChoices(world.db, of),
  };
}

export interface NewStrategy extends ProductCycle {
  readonly strategy: SupportStrategy;
  readonly owner: string;
  readonly reason: string;
  readonly dueAt: Instant;
}

export async function chooseStrategy(
  world: World,
  actor: Actor,
  input: NewStrategy,
): Promise<StrategyChoice> {
  demandUnscoped(actor, "support.decide", "What becomes of a release");
  const now = world.clock();
  if (input.dueAt <= now) {
    throw new Failure("invalid", "The decision would be overdue at once: --due is in the past.");
  }
  const { entries } = await listSupport(world, actor, {});
  if (!entries.some((e) => e.product === input.product && e.cycle === input.cycle)) {
    throw nothingRuns(input);
  }
  const id = newId<string & { readonly __id: "strategy" }>(now);
  const choice = { ...input, id, decidedBy: actor.subject, decidedAt: now };
  await inTransaction(world.db, async (tx) => {
    await insertChoice(tx, choice);
    await recordEvent(tx, {
      type: "support.decided",
      actor: actor.subject,
      object: `support:${id}`,
      facts: {
        product: input.product,
        cycle: input.cycle,
        strategy: input.strategy,
        owner: input.owner,
        reason: input.reason,
        due: input.dueAt,
      },
    });
  });
  const [made] = await loadChoices(world.db, input);
  if (made === undefined) throw new Failure("internal", "The decision was kept but is gone.");
  return made;
}

function nothingRuns({ product, cycle }: ProductCycle): Failure {
  return new Failure(
    "not-found",
    `No host of yours runs ${product} ${cycle}, and no service contains it. fettle support list shows what they run.`,
  );
}

/** How long the releases of hosts are supported, by ecosystem, for showing it beside updates. */
export async function systemSupport(
  reader: Reader,
  of: { readonly ecosystems: readonly string[]; readonly now: Instant },
): Promise<ReadonlyMap<string, SupportJudgement>> {
  const datesOf = await loadDates(reader, []);
  return new Map(
    of.ecosystems.flatMap((ecosystem) => {
      const system = systemOf(ecosystem);
      if (system === null) return [];
      const hasExtended = system.rule.extended.channels === null;
      const at = { now: of.now, soonDays: SOON_DAYS, hasExtended };
      return [[ecosystem, judgeSupport(datesOf(system), at)] as const];
    }),
  );
}
