import { type Actor, holdsAnywhere, scopesFor } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { Permission } from "../base/permission.ts";
import { countChanges, loadChanges } from "../change/store.ts";
import type { World } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { feedStatus } from "../intel/actions.ts";
import { type JudgedGroup, judgeGroups } from "../intel/actions-risk.ts";
import { loadTrend } from "../intel/actions-trend.ts";
import { hostCounter, knownHostsOf } from "../intel/exposure.ts";
import { loadReach } from "../intel/store-exposure.ts";
import { trendDayReply } from "../intel/trend-reply.ts";
import { type LoadedFacts, listRollouts, loadFacts } from "../rollout/store.ts";
import { loadResumeAsks } from "../rollout/store-resume.ts";
import { listFixFirst } from "../triage/actions.ts";
import { caseEffects } from "../triage/actions-exception-effect.ts";
import type { FixFirstItem } from "../triage/fix-first.ts";
import type { Patch } from "../triage/model.ts";
import { loadOpenPatches } from "../triage/store.ts";
import { fleetSightOf, loadSightRows, type SightRow } from "../triage/store-exposure.ts";
import { type Facets, facetsOf, totalOf } from "./host-facets.ts";
import {
  deadlinesPart,
  feedPart,
  firstSteps,
  fleetPart,
  notShownReason,
  rolloutPart,
} from "./overview-parts.ts";
import type { Overview } from "./overview-schema.ts";
import { countByTones, type HostTones, toneColumns } from "./store-hosts.ts";
import { loadStepsTaken } from "./store-overview.ts";
import { type VerdictFacts, verdictOn } from "./verdict.ts";

const TREND_DAYS = 30;

/** Loads what the overview tells, each part only for whoever may read what it tells of. */
export async function showOverview(world: World, actor: Actor): Promise<Overview> {
  const look = lookOnce(world);
  const [fleet, exposed, trend, cases, rollouts, waiting, feeds, taken] = await Promise.all([
    loadFleet(world, actor, look),
    loadExposed(world, actor, look),
    loadDays(world, actor),
    holdsAnywhere(actor, "patch.read")
      ? loadOpenPatches(world.db, scopesFor(actor, "patch.read"))
      : null,
    loadRollouts(world, actor),
    loadWaiting(world, actor),
    holdsAnywhere(actor, "feed.read") ? feedStatus(world) : null,
    loadStepsTaken(world.db, actor.subject),
  ]);
  const now = world.clock();
  const deadlines =
    cases === null ? null : deadlinesPart(cases, await caseEffects(world, cases), now);
  const advisories = feeds?.filter((feed) => feed.ecosystems.length > 0) ?? [];
  const best = exposed === null ? null : bestUpdate(exposed, cases ?? []);
  const facts: VerdictFacts = {
    ...fleetFacts(fleet),
    hasNoFeed: feeds !== null && advisories.length === 0,
    exploited: exposed?.exploited ?? { vulnerabilities: 0, hosts: 0 },
    open: exposed?.open ?? { vulnerabilities: 0, hosts: 0 },
    best: best?.isExploited ? best : null,
    halted: (rollouts ?? []).filter((one) => one.row.state === "halted").length,
    overdue: deadlines?.overdue ?? 0,
  };
  return {
    asOf: instantToText(now),
    verdict: { ...verdictOn(facts), parts: [...verdictOn(facts).parts] },
    action: nextAction({
      facts,
      rollouts,
      waiting,
      best,
      asked: await askedToGoOn(world, rollouts),
    }),
    fleet: fleet === null ? null : fleetPart(fleet.facets, fleet.hosts),
    deadlines,
    rollouts: rollouts?.map(rolloutPart) ?? null,
    waiting,
    trend,
    feeds: feeds?.map(feedPart) ?? null,
    firstSteps: firstSteps({
      hosts: facts.hosts,
      inspected: facts.hosts - facts.neverInspected,
      isFeedLoaded: advisories.length > 0,
      taken,
    }),
    notShown: notShown(actor),
  };
}

const partRights: readonly (readonly [keyof Overview, Permission])[] = [
  ["fleet", "host.read"],
  ["deadlines", "patch.read"],
  ["rollouts", "rollout.read"],
  ["waiting", "change.read"],
  ["trend", "finding.read"],
  ["feeds", "feed.read"],
];

function notShown(actor: Actor): Overview["notShown"] {
  return partRights
    .filter(([, permission]) => !holdsAnywhere(actor, permission))
    .map(([part, permission]) => ({ part, reason: notShownReason(permission) }));
}

type Look = (scopes: readonly Selector[]) => Promise<readonly (SightRow & HostTones)[]>;

/** Parts of one answer that ask for the same hosts are told of the same look at them. */
function lookOnce(world: World): Look {
  const looks = new Map<string, ReturnType<Look>>();
  const columns = toneColumns({ now: world.clock() });
  return (scopes) => {
    const key = JSON.stringify(scopes);
    const found = looks.get(key) ?? loadSightRows<HostTones>(world.db, scopes, columns);
    looks.set(key, found);
    return found;
  };
}

interface Fleet {
  readonly hosts: number;
  readonly facets: Facets;
}

async function loadFleet(world: World, actor: Actor, look: Look): Promise<Fleet | null> {
  const scopes = scopesFor(actor, "host.read");
  if (scopes.length === 0) return null;
  const alike = await look(scopes);
  const groups = await judgeGroups(world, knownHostsOf(alike).groups);
  const counts = countByTones(
    alike,
    groups.map((group) => ({ ...group, tone: group.state.state })),
  );
  return { hosts: totalOf(counts, {}), facets: facetsOf(counts, {}) };
}

function fleetFacts(fleet: Fleet | null) {
  if (fleet === null) return { hosts: 0, neverInspected: 0, stale: 0, notFullyKnown: 0 };
  const { fresh, risk } = fleet.facets;
  const neverInspected = fresh.unknown;
  return {
    hosts: fleet.hosts,
    neverInspected,
    stale: fresh.attention,
    notFullyKnown: Math.max(0, risk.unknown - neverInspected),
  };
}

async function loadDays(world: World, actor: Actor): Promise<Overview["trend"]> {
  const scopes = scopesFor(actor, "finding.read");
  if (scopes.length === 0) return null;
  return (await loadTrend(world, scopes, TREND_DAYS)).trend.map(trendDayReply);
}

interface Exposed extends Pick<VerdictFacts, "exploited" | "open"> {
  readonly first: FixFirstItem | null;
  /** Hosts that the update takes known exploited flaws off. */
  readonly helped: number;
}

async function loadExposed(world: World, actor: Actor, look: Look): Promise<Exposed | null> {
  const scopes = scopesFor(actor, "finding.read");
  if (scopes.length === 0) return null;
  const sight = fleetSightOf(await look(scopes));
  const { hosts } = sight;
  const [reach, groups, items] = await Promise.all([
    loadReach(world.db, { scopes, hosts }),
    judgeGroups(world, hosts.groups),
    listFixFirst(world, actor, { sight }),
  ]);
  const reachOf = hostCounter(reach.postings);
  const present = reach.pairs.filter((pair) => reachOf([pair]).hostCount > 0);
  const isExploited = (id: string): boolean => reach.knowledge.facts.get(id)?.kev != null;
  const exploited = present.filter((pair) => isExploited(pair.vulnerability));
  const first = items.find((item) => item.remedy === "update-offered") ?? null;
  const cleared = exploited.filter(
    (pair) =>
      pair.source === first?.target.source && first.knownExploited.includes(pair.vulnerability),
  );
  return {
    first,
    helped: reachOf(cleared).hostCount,
    exploited: {
      vulnerabilities: new Set(exploited.map((pair) => pair.vulnerability)).size,
      hosts: hostsWith(groups, (group) => group.risk.exploited > 0),
    },
    open: {
      vulnerabilities: new Set(present.map((pair) => pair.vulnerability)).size,
      hosts: hostsWith(groups, (group) => group.risk.open > 0),
    },
  };
}

function hostsWith(groups: readonly JudgedGroup[], holds: (group: JudgedGroup) => boolean): number {
  return groups.filter(holds).reduce((sum, group) => sum + group.hostCount, 0);
}

interface BestUpdate {
  readonly name: string;
  readonly hosts: number;
  readonly href: string;
  readonly isExploited: boolean;
  readonly patch: Patch | null;
}

function bestUpdate(exposed: Exposed, cases: readonly Patch[]): BestUpdate | null {
  const { first, helped } = exposed;
  if (first === null || !("sourceVersion" in first.target)) return null;
  const { ecosystem, source, sourceVersion } = first.target;
  const patch =
    cases.find(
      ({ target }) =>
        target.ecosystem === ecosystem &&
        target.source === source &&
        target.sourceVersion === sourceVersion,
    ) ?? null;
  const isExploited = helped > 0;
  return {
    name: `${source} ${sourceVersion}`,
    hosts: isExploited ? helped : first.hosts,
    href:
      patch === null
        ? `/findings?by=action&q=${encodeURIComponent(source)}`
        : `/patches/P-${patch.number}`,
    isExploited,
    patch,
  };
}

const ROLLOUTS_MAX = 10;

async function loadRollouts(world: World, actor: Actor): Promise<readonly LoadedFacts[] | null> {
  const scopes = scopesFor(actor, "rollout.read");
  if (scopes.length === 0) return null;
  const page = {
    change: undefined,
    scopes,
    limit: ROLLOUTS_MAX,
    before: undefined,
    skip: undefined,
  };
  const rows = [
    ...(await listRollouts(world.db, { ...page, state: "halted" })),
    ...(await listRollouts(world.db, { ...page, state: "running" })),
  ];
  const loaded = await Promise.all(rows.map((row) => loadFacts(world.db, row.id)));
  return loaded.flatMap((facts) => facts ?? []);
}

const WAITING_MAX = 5;

async function loadWaiting(world: World, actor: Actor): Promise<Overview["waiting"]> {
  const scopes = scopesFor(actor, "change.read");
  if (scopes.length === 0) return null;
  const me = {
    person: actor.subject,
    scopes: scopesFor(actor, "change.approve"),
    now: world.clock(),
  };
  const isApprover = me.scopes.length > 0;
  const filter = { scopes, waitingFor: me };
  const changes = isApprover ? await loadChanges(world.db, { ...filter, limit: WAITING_MAX }) : [];
  const people = await loadSubjectNames(world.db, [
    ...new Set(changes.map((c) => c.requesterPerson)),
  ]);
  const handles = new Map(people.map((person) => [person.id, person.handle]));
  return {
    forMe: isApprover ? await countChanges(world.db, filter) : 0,
    changes: changes.map((change) => ({
      ref: `C-${change.number}`,
      title: change.title,
      requester: handles.get(change.requesterPerson) ?? "",
      expiresAt: instantToText(change.expiresAt),
      sentence: `${change.approvals} of ${change.need} approvals are given.`,
      href: `/changes/C-${change.number}`,
    })),
  };
}

async function askedToGoOn(
  world: World,
  rollouts: readonly LoadedFacts[] | null,
): Promise<Parameters<typeof nextAction>[0]["asked"]> {
  const halted = (rollouts ?? []).filter(({ row }) => row.state === "halted");
  if (halted.length === 0) return null;
  const scopes = new Map(halted.map(({ row }) => [`rollout:${row.id}`, row.number]));
  const [ask] = await loadResumeAsks(world.db, [...scopes.keys()]);
  const rollout = ask === undefined ? undefined : scopes.get(ask.scope);
  return ask === undefined || rollout === undefined ? null : { rollout, by: ask.handle };
}

/** The one thing to do next: what cannot go on without a person comes first. */
function nextAction(of: {
  readonly facts: VerdictFacts;
  readonly rollouts: readonly LoadedFacts[] | null;
  readonly waiting: Overview["waiting"];
  readonly best: BestUpdate | null;
  /** Who asked to go on with which halted rollout; null: nobody. */
  readonly asked: { readonly rollout: number; readonly by: string } | null;
}): Overview["action"] {
  const { facts, best } = of;
  if (facts.hosts === 0) return { text: "Add the first host", href: "/hosts" };
  if (of.asked !== null) {
    const ref = `R-${of.asked.rollout}`;
    return {
      text: `Decide whether ${ref} goes on: ${of.asked.by} asked`,
      href: `/rollouts/${ref}`,
    };
  }
  if (facts.neverInspected === facts.hosts) {
    return { text: "Have the hosts inspected", href: "/hosts?fresh=unknown" };
  }
  if (facts.hasNoFeed) return { text: "Load vulnerability data", href: "/settings/feeds" };
  const halted = of.rollouts?.find((one) => one.row.state === "halted");
  if (halted !== undefined) {
    const ref = `R-${halted.row.number}`;
    return { text: `Look at ${ref}: it is halted`, href: `/rollouts/${ref}` };
  }
  const [change] = of.waiting?.changes ?? [];
  if (change !== undefined) {
    return { text: `Approve or reject ${change.ref}: ${change.title}`, href: change.href };
  }
  if (best === null) return null;
  if (best.patch === null) return { text: `Open the case for ${best.name}`, href: best.href };
  const on = `P-${best.patch.number}`;
  return { text: `Carry on with ${on}: ${best.patch.title}`, href: best.href };
}
