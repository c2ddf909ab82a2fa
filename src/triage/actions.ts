import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { HostId, PatchId, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { Permission } from "../base/permission.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { exposuresOf, type KnownReach, loadReach } from "../intel/store-exposure.ts";
import { orderOf } from "../intel/versions/order.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { loadHostRefs } from "../inventory/store.ts";
import type { LedgerEvent } from "../ledger/model.ts";
import { recordEvent } from "../ledger/record.ts";
import { readTimeline } from "../ledger/store.ts";
import { draftPatch } from "./actions-draft.ts";
import { exposedSources } from "./exposed-sources.ts";
import { type ExposedSource, type FixFirstItem, fixFirst } from "./fix-first.ts";
import type { ChosenHosts } from "./host-choice.ts";
import { type Patch, type PatchTarget, type PatchVerb, patchMoves, stateAfter } from "./model.ts";
import { missingIn, refusalToLeave } from "./readiness.ts";
import { hostsOutside, plansInScope } from "./scope.ts";
import { insertPatch, loadOpenPatch, loadPatch, loadVisiblePatch, updateState } from "./store.ts";
import {
  type FleetSight,
  installedSource,
  loadFleetSight,
  loadOffersOf,
  loadSourceOffers,
  type SourceOffer,
} from "./store-exposure.ts";

/**
 * The list of updates that clear most risk for the hosts the actor may see; `sight` is of those, where
 * the caller has looked at them already.
 */
export async function listFixFirst(
  world: World,
  actor: Actor,
  of: {
    readonly sight?: FleetSight;
    readonly asOf?: Instant | undefined;
    readonly chosen?: ChosenHosts | undefined;
  } = {},
): Promise<readonly FixFirstItem[]> {
  const scopes = scopesFor(actor, "finding.read");
  const sources = await loadExposedSources(world.db, { scopes, ...of });
  const items = itemsMade.get(sources) ?? fixFirst(sources);
  itemsMade.set(sources, items);
  return items;
}

const itemsMade = new WeakMap<readonly ExposedSource[], readonly FixFirstItem[]>();

/** What follows from these alone; all of them are the same objects as long as nothing changes. */
interface MadeSources {
  readonly outside: KnownReach;
  readonly offers: readonly SourceOffer[];
  readonly sources: readonly ExposedSource[];
}

const sourcesMade = new WeakMap<KnownReach, MadeSources>();

export async function loadExposedSources(
  reader: Reader,
  of: {
    readonly scopes: readonly Selector[];
    readonly source?: string | undefined;
    readonly sight?: FleetSight | undefined;
    /** What was known at a moment in the past; now when absent. */
    readonly asOf?: Instant | undefined;
    /** Of the hosts in scope only these. */
    readonly chosen?: ChosenHosts | undefined;
  },
): Promise<readonly ExposedSource[]> {
  const { scopes, source, asOf, chosen } = of;
  const sight = of.sight ?? (await loadFleetSight(reader, scopes, { asOf, chosen }));
  const reach = await loadReach(reader, { scopes, source, hosts: sight.hosts, asOf });
  const outside = await loadReach(reader, { scopes, source, hosts: sight.outside, asOf });
  const offers = await loadOffersOf(reader, sight.offerSets);
  const made = sourcesMade.get(reach);
  if (made?.outside === outside && made.offers === offers) return made.sources;
  const sources = await exposedSources({
    exposures: exposuresOf(reach),
    outside: exposuresOf(outside),
    offers,
    vulnerabilities: reach.knowledge.facts,
  });
  sourcesMade.set(reach, { outside, offers, sources });
  return sources;
}

export interface OpenPatch {
  readonly source: string;
  readonly ecosystem?: string | undefined;
  readonly justification?: string | undefined;
}

/** Opens the case for the update of a source package; an open one for the same target is returned. */
export async function openPatch(
  world: World,
  actor: Actor,
  input: OpenPatch,
): Promise<{ readonly patch: Patch; readonly isNew: boolean }> {
  const scopes = scopesFor(actor, "patch.edit");
  const found = await findSource(world, scopes, input);
  const target: PatchTarget = {
    ecosystem: found.ecosystem,
    source: found.source,
    sourceVersion: found.offeredVersion,
  };
  const existing = await loadOpenPatch(world.db, target);
  if (existing !== null) return { patch: existing, isNew: false };
  const draft = await draftPatch(world, actor, {
    scopes,
    source: found,
    target,
    justification: input.justification,
  });
  const patch = await inTransaction(world.db, async (tx) => {
    const number = await insertPatch(tx, draft);
    if (number === null) return null;
    await recordEvent(tx, {
      type: "patch.opened",
      actor: actor.subject,
      object: `patch:${draft.id}`,
      patch: draft.id,
      facts: {
        number,
        ...target,
        route: draft.route,
        urgency: draft.urgency,
        rule: draft.classifiedBy.rule,
        priority: draft.priority.outcome,
        policy: draft.classifiedBy.version,
        vulnerabilities: draft.vulnerabilities,
        deadline: draft.deadline.at,
      },
    });
    const { facts: _, ...rest } = draft;
    return { ...rest, number };
  });
  if (patch !== null) return { patch, isNew: true };
  // Somebody else opened it between our look and our write.
  const other = await loadOpenPatch(world.db, target);
  if (other === null) {
    throw new Failure("conflict", `The case for ${target.source} changed meanwhile. Try again.`);
  }
  return { patch: other, isNew: false };
}

type OfferedSource = ExposedSource & { readonly offeredVersion: string };

async function findSource(
  world: World,
  scopes: readonly Selector[],
  input: OpenPatch,
): Promise<OfferedSource> {
  const found = (await loadExposedSources(world.db, { scopes, source: input.source })).filter(
    (source) => input.ecosystem === undefined || source.ecosystem === input.ecosystem,
  );
  if (found.length > 1) {
    throw new Failure(
      "invalid",
      `${input.source} is affected in ${found.map((s) => s.ecosystem).join(" and ")}. Name one with --ecosystem.`,
    );
  }
  const source = found[0] ?? (await unaffectedSource(world, scopes, input));
  const { offeredVersion } = source;
  if (offeredVersion === null || !(await isNewerSomewhere(world, scopes, source))) {
    throw new Failure(
      "blocked",
      `No source of the affected hosts offers a newer ${input.source} yet. It may be fixed upstream; see "fettle finding list --search ${input.source}".`,
      { facts: { source: input.source } },
    );
  }
  return { ...source, offeredVersion };
}

/**
 * Sources also offer what is installed already; a case for that would have nothing to do. Versions
 * that cannot be compared, and packages whose source goes by another name, are left to the planner.
 */
async function isNewerSomewhere(
  world: World,
  scopes: readonly Selector[],
  source: ExposedSource,
): Promise<boolean> {
  const { versions } = await installedSource(world.db, scopes, source);
  const order = orderOf(source.ecosystem);
  const { offeredVersion } = source;
  if (versions.length === 0 || order === null || offeredVersion === null) return true;
  return versions.some((version) => (order(offeredVersion, version) ?? 1) > 0);
}

/** An update without known vulnerabilities can be carried out too. */
async function unaffectedSource(
  world: World,
  scopes: readonly Selector[],
  input: OpenPatch,
): Promise<ExposedSource> {
  const offers = await loadSourceOffers(world.db, scopes, input.source);
  const ecosystems = [...new Set(offers.map((offer) => offer.ecosystem))].filter(
    (ecosystem) => input.ecosystem === undefined || ecosystem === input.ecosystem,
  );
  const [ecosystem] = ecosystems;
  if (ecosystem === undefined || ecosystems.length > 1) {
    throw new Failure(
      "not-found",
      ecosystems.length > 1
        ? `${input.source} is offered in ${ecosystems.join(" and ")}. Name one with --ecosystem.`
        : `No host in your scope has the source package ${input.source} with an update offered. "fettle patch list" shows what there is.`,
    );
  }
  const none = { exposures: [], outside: [], vulnerabilities: new Map() };
  const pretend = {
    ecosystem,
    source: input.source,
    vulnerability: "",
    state: "affected-fix-available",
    fixedVersion: null,
    packageIds: [],
    since: world.clock(),
    hostCount: 0,
    loweredHostCount: 0,
  } as const;
  const [source] = await exposedSources({ ...none, exposures: [pretend], offers });
  if (source === undefined) throw new Failure("not-found", `${input.source} is not offered.`);
  const { hosts } = await installedSource(world.db, scopes, { ecosystem, source: input.source });
  if (hosts === 0) {
    throw new Failure("not-found", `No host in your scope has the source package ${input.source}.`);
  }
  return { ...source, hosts, vulnerabilities: [] };
}

/** One case, or a failure that says how to find it. */
export async function requirePatch(reader: Reader, ref: string): Promise<Patch> {
  return found(await loadPatch(reader, ref), ref);
}

/** The same for a person: among the cases that have a host where the right reaches. */
export async function requireVisiblePatch(
  world: World,
  actor: Actor,
  ref: string,
  permission: Permission = "patch.read",
): Promise<Patch> {
  return found(await loadVisiblePatch(world.db, ref, scopesFor(actor, permission)), ref);
}

function found(patch: Patch | null, ref: string): Patch {
  if (patch !== null) return patch;
  throw new Failure("not-found", `There is no case ${ref}. "fettle patch list" shows them.`);
}

/**
 * Who ends a case, or decides its pace, ends it for all of its hosts, so the right must reach all of
 * them. Words of the case may be added by whoever sees it.
 */
export async function requireWholePatch(world: World, actor: Actor, ref: string): Promise<Patch> {
  const patch = await requireVisiblePatch(world, actor, ref, "patch.edit");
  const scopes = scopesFor(actor, "patch.edit");
  if ((await hostsOutside(world.db, patch.target, scopes)) === 0) return patch;
  throw new Failure(
    "forbidden",
    `P-${patch.number} is about hosts outside your right patch.edit too. Ask somebody who may edit cases of all its hosts.`,
    { facts: { permission: "patch.edit" } },
  );
}

export interface TimelinePage {
  /** Oldest first. */
  readonly events: readonly LedgerEvent[];
  /** Goes on with what was earlier; null at the beginning of the case. */
  readonly earlier: number | null;
}

/**
 * The newest things that happened in a case, or those from before an earlier page, as far as the
 * reader may know: events about one host are left out when the host is outside the reader's scope,
 * and those of a plan that has no host within it. Steps of the case itself are everybody's who may read cases. Some events tell of one host each, so
 * a case has as many as its largest rollouts have hosts.
 */
export async function patchTimeline(
  world: World,
  actor: Actor,
  of: { readonly patch: PatchId; readonly before?: number | undefined; readonly limit: number },
): Promise<TimelinePage> {
  const { patch, limit } = of;
  const events: PlacedEvent[] = [];
  let after = of.before;
  do {
    const page = await readTimeline(world.db, {
      patch,
      after,
      order: "newest",
      limit: EVENTS_PAGE,
    });
    events.push(...(await visibleEvents(world, actor, page)));
    after = page.length === EVENTS_PAGE ? page.at(-1)?.place : undefined;
  } while (after !== undefined && events.length <= limit);
  const shown = events.slice(0, limit);
  const hasMore = events.length > limit || after !== undefined;
  return { events: shown.toReversed(), earlier: hasMore ? (shown.at(-1)?.place ?? null) : null };
}

type PlacedEvent = Awaited<ReturnType<typeof readTimeline>>[number];

const EVENTS_PAGE = 1_000;

async function visibleEvents(
  world: World,
  actor: Actor,
  events: readonly PlacedEvent[],
): Promise<readonly PlacedEvent[]> {
  const scopes = scopesFor(actor, "patch.read");
  if (isEverywhere(scopes)) return events;
  const ids = [...new Set(events.flatMap((event) => hostOf(event) ?? []))];
  const seen = new Set<string>(
    (await loadHostRefs(world.db, { scopes, ids })).map((host) => host.id),
  );
  const named = [...new Set(events.flatMap((event) => event.plan ?? []))];
  const plans = await plansInScope(world.db, named, scopes);
  return events.filter((event) => {
    const host = hostOf(event);
    const isPlanSeen = event.plan === null || plans.has(event.plan);
    return isPlanSeen && (host === null || seen.has(host));
  });
}

function hostOf(event: LedgerEvent): HostId | null {
  const { host } = event.facts;
  if (typeof host === "string") return host as HostId;
  return event.object.startsWith("host:") ? (event.object.slice("host:".length) as HostId) : null;
}

/** Moves the case as the state table allows, in the transaction of what caused it. */
export async function movePatch(
  tx: Tx,
  move: {
    readonly patch: PatchId;
    readonly verb: PatchVerb;
    readonly actor: SubjectId;
    readonly at: number;
    readonly reason?: string | undefined;
  },
): Promise<void> {
  const patch = await requirePatch(tx, move.patch);
  const to = stateAfter(patch.state, move.verb);
  if (to === null) {
    const possible = Object.keys(patchMoves[patch.state]).join(", ") || "nothing";
    throw new Failure(
      "blocked",
      `Case P-${patch.number} is ${patch.state}; "${move.verb}" is not possible there. Possible: ${possible}.`,
      { facts: { state: patch.state, verb: move.verb } },
    );
  }
  const refusal = patch.state === "triage" && move.verb === "plan" ? refusalToLeave(patch) : null;
  if (refusal !== null) {
    throw new Failure("blocked", refusal, { facts: { missing: missingIn(patch) } });
  }
  const reason = move.reason ?? null;
  const { at } = move;
  const isMoved = await updateState(tx, { id: patch.id, from: patch.state, to, at, reason });
  if (!isMoved) {
    throw new Failure("conflict", `Case P-${patch.number} was changed meanwhile. Try again.`);
  }
  await recordEvent(tx, {
    type: "patch.moved",
    actor: move.actor,
    object: `patch:${patch.id}`,
    patch: patch.id,
    facts: {
      from: patch.state,
      to,
      verb: move.verb,
      reason: reason === null ? null : sha256(reason),
    },
  });
}
