import { type Action, actionOf } from "../base/action.ts";
import { type Actor, scopesFor, scopesOver } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import { lacksUnscoped } from "../base/unscoped.ts";
import { calendarInForce } from "../calendar/actions.ts";
import { loadChange, loadChanges } from "../change/store.ts";
import type { Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { type Enrolled, loadEnrolled } from "../fleet/store.ts";
import { personBehind } from "../identity/store.ts";
import { noHost } from "../inventory/actions-no-host.ts";
import { loadHost } from "../inventory/store.ts";
import { exclusionToText } from "../plan/plan-story.ts";
import { loadBudgets } from "../plan/store-budgets.ts";
import { requireVisiblePatch } from "../triage/actions.ts";
import { demandReached } from "./actions.ts";
import { forecastNow } from "./actions-forecast.ts";
import { signerOf } from "./actions-sign.ts";
import type { BudgetGauge } from "./budget.ts";
import { type Explanation, explainTarget } from "./explain.ts";
import type { Forecast } from "./forecast.ts";
import { type Hold, holdToText } from "./hold.ts";
import type { RolloutState, Standing } from "./model.ts";
import type { StagingCounts } from "./staging.ts";
import {
  countRollouts,
  type LoadedFacts,
  listRollouts,
  loadFacts,
  type RolloutRow,
} from "./store.ts";
import { loadApprovalHold, loadApprovals } from "./store-approvals.ts";
import { loadRooms } from "./store-budgets.ts";
import { type KeptForecast, loadKeptForecast } from "./store-forecast.ts";
import { type ControlRow, loadHalts } from "./store-halts.ts";
import { findWaiting, loadWaiting, type ShownWaiting } from "./store-joins.ts";
import { countMissed } from "./store-missed.ts";
import { loadResumeAsks, type ResumeAsk } from "./store-resume.ts";
import { countStaging, type HostStaging, loadStaging } from "./store-staging.ts";
import {
  type BusyElsewhere,
  countListedTargets,
  countTargets,
  findHostOf,
  findTarget,
  loadBusyElsewhere,
  loadExclusion,
  loadTargets,
  loadWords,
  type Word,
} from "./store-view.ts";
import { targetActions } from "./target-actions.ts";
import { type RolloutView, rolloutView } from "./view.ts";

/** Reading rollouts: lists, the picture, hosts with their reasons, and `explain`. */

export interface ShownRollout {
  readonly row: RolloutRow;
  readonly view: RolloutView;
  /** What somebody asked to have go on; null: nobody did. */
  readonly asked: ResumeAsk | null;
  readonly forecast: Forecast;
  /** What was told when it began; null where nobody could tell then. */
  readonly forecastAtStart: KeptForecast | null;
  /** Of people who still count, for this very plan. */
  readonly approvals: { readonly have: number; readonly need: number };
  readonly words: readonly Word[];
  readonly hostsOutsideScope: number;
  /** What the ways of its hosts give up. */
  readonly enrolled: Enrolled;
  /** By wave: hosts with the files of their job; waves that stage nothing ahead are not there. */
  readonly staging: ReadonlyMap<number, StagingCounts>;
  readonly busyElsewhere: readonly BusyElsewhere[];
  /** Of the plan, with what is used of each now, the fullest first. */
  readonly budgets: readonly BudgetGauge[];
  /** Hosts whose time in it is over and that were never begun. */
  readonly missed: { readonly hosts: number; readonly catchUp: Action };
  /** Hosts that its rule selects and that take no part, the first of them by name; null: no rule. */
  readonly outside: { readonly rows: readonly ShownWaiting[]; readonly total: number } | null;
}

const OUTSIDE_SHOWN_MAX = 100;

export async function showRollout(world: World, actor: Actor, ref: string): Promise<ShownRollout> {
  const { db } = world;
  const reach = { ref, permission: "rollout.read" } as const;
  const { row: seen, scopes } = await demandReached(db, actor, reach);
  const loaded = await demandFacts(world, seen);
  const count = countingOnce((of) => countTargets(db, seen.id, of));
  const all = await count(scopes);
  const operate = await count(scopesOver(actor, "rollout.operate", seen.change));
  const stop = await count(scopesOver(actor, "rollout.halt", seen.change));
  const { roles, isRequester } = await signerOf(world, actor, seen);
  const mayOperate = operate.inScope === all.all;
  const approve = await count(scopesFor(actor, "change.approve"));
  // An ask ends with the halt that it is about, so what runs has none to look for.
  const isHalted = loaded.row.state === "halted";
  const [asked = null] = isHalted ? await loadResumeAsks(db, [`rollout:${seen.id}`]) : [];
  const person = asked === null ? null : await personBehind(db, actor.subject);
  const rights = {
    ...{ mayOperate, mayHalt: stop.inScope > 0, roles, isRequester },
    mayApprove: approve.inScope === all.all,
    asked: asked === null ? null : { by: asked.handle, isViewer: asked.person === person },
  };
  return {
    row: loaded.row,
    view: rolloutView(loaded, rights),
    asked,
    forecast: await forecastNow(db, loaded),
    forecastAtStart: await loadKeptForecast(db, seen.id),
    approvals: await loadApprovals(db, seen),
    words: await loadWords(db, seen.id),
    hostsOutsideScope: all.all - all.inScope,
    enrolled: await loadEnrolled(db, seen.plan),
    staging: await countStaging(db, { rollout: seen.id, scopes }),
    busyElsewhere: await loadBusyElsewhere(db, seen.id, scopes),
    budgets: await showBudgets(db, seen.plan),
    missed: await showMissed(db, actor, seen.id),
    outside:
      seen.rule === null
        ? null
        : await loadWaiting(db, { rollout: seen.id, scopes, limit: OUTSIDE_SHOWN_MAX }),
  };
}

async function showMissed(
  reader: Reader,
  actor: Actor,
  rollout: RolloutId,
): Promise<ShownRollout["missed"]> {
  const hosts = await countMissed(reader, { rollout, scopes: scopesFor(actor, "rollout.read") });
  const own = await countMissed(reader, { rollout, scopes: scopesFor(actor, "plan.create") });
  const refusal =
    hosts === 0 ? "it missed no host" : own === 0 ? "you may not plan for these hosts" : null;
  return { hosts, catchUp: actionOf("catch-up", "Plan for them", refusal) };
}

type TargetCount = Awaited<ReturnType<typeof countTargets>>;

/** The same scopes are counted once: most people may do all of it on the same hosts. */
function countingOnce(
  count: (scopes: readonly Selector[]) => Promise<TargetCount>,
): (scopes: readonly Selector[]) => Promise<TargetCount> {
  const counted = new Map<string, Promise<TargetCount>>();
  return (scopes) => {
    const key = JSON.stringify(scopes);
    const known = counted.get(key) ?? count(scopes);
    counted.set(key, known);
    return known;
  };
}

export async function pageOfRollouts(
  world: World,
  actor: Actor,
  page: {
    readonly limit: number;
    readonly before: number | undefined;
    readonly skip: number | undefined;
    readonly change: string | undefined;
    readonly state: RolloutState | undefined;
  },
): Promise<{ readonly rows: readonly RolloutRow[]; readonly total: number }> {
  const change = page.change === undefined ? undefined : await loadChange(world.db, page.change);
  if (change === null) return { rows: [], total: 0 };
  const scopes = scopesFor(actor, "rollout.read");
  const filter = { ...page, change: change?.id, scopes };
  return {
    rows: await listRollouts(world.db, filter),
    total: await countRollouts(world.db, filter),
  };
}

export interface ShownTarget {
  readonly target: Awaited<ReturnType<typeof loadTargets>>[number];
  readonly explanation: Explanation;
  readonly staging: HostStaging | null;
  readonly actions: readonly Action[];
}

export async function pageOfTargets(
  world: World,
  actor: Actor,
  page: {
    readonly rollout: string;
    readonly wave: number | undefined;
    readonly standing: Standing | undefined;
    /** Only this one, by id or name. */
    readonly host: string | undefined;
    readonly after: number | undefined;
    readonly skip: number | undefined;
    readonly limit: number;
  },
): Promise<{ readonly targets: readonly ShownTarget[]; readonly total: number }> {
  const reach = { ref: page.rollout, permission: "rollout.read" } as const;
  const { row: seen, scopes } = await demandReached(world.db, actor, reach);
  const loaded = await demandFacts(world, seen);
  const { rollout: _, host: ref, ...rest } = page;
  const named =
    ref === undefined ? undefined : await findHostOf(world.db, { rollout: seen.id, ref, scopes });
  const hosts = named === undefined ? undefined : named === null ? [] : [named.id];
  const filter = { ...rest, hosts, rollout: seen.id, scopes };
  const targets = await loadTargets(world.db, filter);
  const calendar = await calendarInForce(world);
  const shownHosts = targets.map(({ host }) => host);
  const stagings = await loadStaging(world.db, { rollout: seen.id, hosts: shownHosts });
  const staging = new Map(stagings.map((one) => [one.host, one]));
  const mayOperate = await operable(world, actor, { row: seen, scopes, targets });
  return {
    targets: targets.map((target) => ({
      target,
      explanation: explainTarget(target, loaded, calendar),
      staging: staging.get(target.host) ?? null,
      actions: targetActions(target, loaded.row, mayOperate(target.host)),
    })),
    total: await countListedTargets(world.db, filter),
  };
}

/** Which of these hosts the actor may operate: often all that may be seen, which needs no question. */
async function operable(
  world: World,
  actor: Actor,
  of: {
    readonly row: RolloutRow;
    readonly scopes: readonly Selector[];
    readonly targets: readonly { readonly host: HostId }[];
  },
): Promise<(host: HostId) => boolean> {
  const scopes = scopesOver(actor, "rollout.operate", of.row.change);
  if (JSON.stringify(scopes) === JSON.stringify(of.scopes)) return () => true;
  const hosts = of.targets.map((target) => target.host);
  const filter = { rollout: of.row.id, scopes, hosts, limit: hosts.length };
  const found = new Set((await loadTargets(world.db, filter)).map((target) => target.host));
  return (host) => found.has(host);
}

async function demandFacts(world: World, seen: RolloutRow): Promise<LoadedFacts> {
  const loaded = await loadFacts(world.db, seen.id);
  if (loaded === null) throw new Failure("not-found", `There is no rollout R-${seen.number}.`);
  return loaded;
}

export interface Explained {
  readonly host: string;
  readonly patch: string;
  /** The stage that answers: rollout, change, plan, or none that has the host. */
  readonly stage: "rollout" | "change" | "plan" | "case";
  readonly rollout: number | null;
  readonly sentence: string;
  readonly holds: readonly { readonly hold: Hold; readonly text: string }[];
}

/** Why this patch is, or is not, on this host now; from the furthest stage that knows the host. */
export async function explain(
  world: World,
  actor: Actor,
  asked: { readonly host: string; readonly patch: string },
): Promise<Explained> {
  const { db } = world;
  const scopes = scopesFor(actor, "rollout.read");
  const host = await loadHost(db, asked.host, scopes);
  if (host === null) throw await noHost(db, asked.host, scopes);
  const patch = await requireVisiblePatch(world, actor, asked.patch, "rollout.read");
  const about = { host: host.name, patch: `P-${patch.number}` };
  const found = await findTarget(db, { host: host.id, patch: patch.id });
  const loaded = found === null ? null : await loadFacts(db, found.rollout);
  if (loaded !== null) {
    const rollout = loaded.row.id;
    const [target] = await loadTargets(db, { rollout, scopes, hosts: [host.id], limit: 1 });
    if (target !== undefined) {
      const { sentence, holds } = explainTarget(target, loaded, await calendarInForce(world));
      const { number } = loaded.row;
      return { ...about, stage: "rollout", rollout: number, sentence, holds };
    }
  }
  return { ...about, rollout: null, ...(await explainBefore(world, actor, { host, patch })) };
}

async function explainBefore(
  world: World,
  actor: Actor,
  of: {
    readonly host: { readonly id: HostId };
    readonly patch: Awaited<ReturnType<typeof requireVisiblePatch>>;
  },
): Promise<Pick<Explained, "stage" | "sentence" | "holds">> {
  const { db } = world;
  const scopes = scopesFor(actor, "rollout.read");
  const [change] = await loadChanges(db, { scopes, patch: of.patch.id, limit: 1 });
  const outside = await findWaiting(db, { host: of.host.id, patch: of.patch.id });
  if (outside !== null) {
    const text = holdToText(outside.hold, world.clock());
    const sentence = `the rule of R-${outside.number} selects it, and it takes no part: held: ${text}`;
    return { stage: "plan", sentence, holds: [{ hold: outside.hold, text }] };
  }
  if (change === undefined) {
    const sentence = `waits: the case is ${of.patch.state} and nobody has asked for a change yet`;
    return { stage: "case", sentence, holds: [] };
  }
  const because = await loadExclusion(db, change.plan, of.host.id);
  if (because !== null) {
    const sentence = `is not in the plan of C-${change.number}: ${exclusionToText(because)}`;
    return { stage: "plan", sentence, holds: [] };
  }
  const hold = await loadApprovalHold(db, { change: change.id, plan: change.plan });
  if (hold === null) {
    const sentence = `waits: C-${change.number} is approved and has not been started`;
    return { stage: "change", sentence, holds: [] };
  }
  const text = holdToText(hold, world.clock());
  return {
    stage: "change",
    sentence: `waits: C-${change.number}: ${text}`,
    holds: [{ hold, text }],
  };
}

/** More than these nobody looks at; the fullest come first. */
const BUDGETS_SHOWN_MAX = 100;

async function showBudgets(reader: Reader, plan: PlanDigest): Promise<readonly BudgetGauge[]> {
  const planned = await loadBudgets(reader, plan);
  if (planned.length === 0) return [];
  const rooms = await loadRooms(reader, "apply");
  const byName = new Map(rooms.map((room) => [`${room.key}=${room.value}`, room]));
  const gauges = planned.map(({ key, value, members, unavailableMax }) => {
    const room = byName.get(`${key}=${value}`);
    return { key, value, members, used: room?.used ?? 0, allowed: room?.most ?? unavailableMax };
  });
  gauges.sort((a, b) => b.used / b.allowed - a.used / a.allowed);
  return gauges.slice(0, BUDGETS_SHOWN_MAX);
}

/** Halts that reach further than one rollout; scopes are no secret, their hosts are not named. */
export interface ShownHalt extends ControlRow {
  readonly asked: ResumeAsk | null;
  readonly actions: readonly Action[];
}

/** Halts that reach further than one rollout, with what this actor may do about each. */
export async function showHalts(world: World, actor: Actor): Promise<readonly ShownHalt[]> {
  const halts = await loadHalts(world.db);
  const person = halts.length === 0 ? null : await personBehind(world.db, actor.subject);
  const scopes = halts.map((halt) => halt.scope);
  const asked = new Map((await loadResumeAsks(world.db, scopes)).map((ask) => [ask.scope, ask]));
  return halts.map((halt) => {
    const ask = asked.get(halt.scope) ?? null;
    const lift =
      lacksUnscoped(actor, "rollout.operate", "Lifting such a halt") ??
      (ask === null ? null : `${ask.handle} asked already; somebody else has to agree`);
    const agree =
      lacksUnscoped(actor, "change.approve", "Agreeing to lift such a halt") ??
      (ask === null
        ? "nobody asked to lift it"
        : ask.person === person
          ? "you asked for it yourself; somebody else has to agree"
          : null);
    const actions = [actionOf("lift", "Lift", lift), actionOf("agree", "Agree to lift", agree)];
    return { ...halt, asked: ask, actions };
  });
}

/** Whether this actor may stop everything at once, and why not. */
export function haltEverything(actor: Actor): Action {
  const refusal = lacksUnscoped(actor, "rollout.halt", "A halt of everything");
  return actionOf("halt-all", "Halt everything", refusal);
}
