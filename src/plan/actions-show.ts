import { type Action, actionOf } from "../base/action.ts";
import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { PlanDigest } from "../base/ids.ts";
import type { Permission } from "../base/permission.ts";
import type { World } from "../db/world.ts";
import { personBehind } from "../identity/store.ts";
import { diffStory } from "./diff-story.ts";
import type { PlannedBudget, PlannedLeaf, PlannedWave } from "./model.ts";
import { type PlanDiff, planDiff } from "./plan-diff.ts";
import {
  findPlans,
  loadBodies,
  loadLeaves,
  loadPlan,
  loadWaves,
  type StoredPlan,
} from "./store.ts";
import { loadBudgets } from "./store-budgets.ts";
import { loadChildren } from "./store-family.ts";
import { countExcluded, countPlanHosts, loadPlanHosts } from "./store-hosts.ts";

/** Reading plans. A plan none of whose hosts the reader may see does not exist for the reader. */

/** By digest or its first eight digits or more. */
export async function demandPlan(
  world: World,
  actor: Actor,
  ref: string,
  permission: Permission = "plan.read",
): Promise<StoredPlan> {
  const found = await findPlans(world.db, ref);
  if (found.length > 1) {
    throw new Failure("invalid", `More than one plan begins with ${ref}. Give more digits.`);
  }
  const plan = found[0] === undefined ? null : await loadPlan(world.db, found[0]);
  const scopes = scopesFor(actor, permission);
  if (plan !== null && (await countPlanHosts(world.db, plan.digest, scopes)).inScope > 0) {
    return plan;
  }
  throw new Failure("not-found", `There is no plan ${ref.slice(0, 64)}.`);
}

export interface ShownPlan extends StoredPlan {
  readonly waves: readonly PlannedWave[];
  readonly budgets: readonly PlannedBudget[];
  readonly bodies: readonly { readonly digest: string; readonly text: string }[];
  readonly excludedByReason: readonly { readonly why: string; readonly hosts: number }[];
  readonly children: readonly PlanDigest[];
}

export async function showPlan(world: World, actor: Actor, ref: string): Promise<ShownPlan> {
  const plan = await demandPlan(world, actor, ref);
  const scopes = scopesFor(actor, "plan.read");
  const [waves, budgets, bodies, excludedByReason, children] = await Promise.all([
    loadWaves(world.db, plan.digest),
    loadBudgets(world.db, plan.digest),
    loadBodies(world.db, plan.digest),
    countExcluded(world.db, plan.digest, scopes),
    loadChildren(world.db, plan.digest),
  ]);
  return { ...plan, waves, budgets, bodies, excludedByReason, children };
}

/** Leaf texts name every host of the plan, so only who may see all of them may have them. */
export async function pageOfLeaves(
  world: World,
  actor: Actor,
  page: { readonly plan: string; readonly after: number | undefined; readonly limit: number },
): Promise<readonly PlannedLeaf[]> {
  const plan = await demandPlan(world, actor, page.plan);
  const scopes = scopesFor(actor, "plan.read");
  const { inScope, all } = await countPlanHosts(world.db, plan.digest, scopes);
  if (inScope === all) {
    const { after, limit } = page;
    return loadLeaves(world.db, plan.digest, { after, limit, isDistinct: true });
  }
  throw new Failure(
    "forbidden",
    "This plan also has hosts outside your scope, so its signed documents cannot be given to you whole.",
  );
}

/** Plans of this size are compared in memory. */
const DIFF_HOSTS_MAX = 200_000;

export async function diffPlans(
  world: World,
  actor: Actor,
  refs: { readonly from: string; readonly to: string },
): Promise<PlanDiff & { readonly story: readonly string[] }> {
  const [from, to] = await Promise.all([
    diffSide(world, actor, refs.from),
    diffSide(world, actor, refs.to),
  ]);
  const diff = planDiff(from, to);
  return { ...diff, story: diffStory(diff, from, to) };
}

async function diffSide(world: World, actor: Actor, ref: string) {
  const { digest, statement, hostCount, need } = await demandPlan(world, actor, ref);
  if (hostCount > DIFF_HOSTS_MAX) {
    throw new Failure("too-large", `Plans of more than ${DIFF_HOSTS_MAX} hosts are not compared.`);
  }
  const scopes = scopesFor(actor, "plan.read");
  const [waves, bodies, hosts] = await Promise.all([
    loadWaves(world.db, digest),
    loadBodies(world.db, digest),
    loadPlanHosts(world.db, { plan: digest, scopes, limit: DIFF_HOSTS_MAX }),
  ]);
  return { statement, need, waves, bodies, hosts };
}

/** What the reader may do with the plan; whoever asks for approval is looked at again then. */
export async function planActions(
  world: World,
  actor: Actor,
  plan: StoredPlan,
): Promise<readonly Action[]> {
  return [actionOf("request", "Ask for approval", await requestRefusal(world, actor, plan))];
}

async function requestRefusal(
  world: World,
  actor: Actor,
  plan: StoredPlan,
): Promise<string | null> {
  const scopes = scopesFor(actor, "change.request");
  const { inScope, all } = await countPlanHosts(world.db, plan.digest, scopes);
  if (inScope < all) return "Your right to ask for approval does not cover every host of the plan.";
  const asks = await personBehind(world.db, actor.subject);
  if ((await personBehind(world.db, plan.requestedBy)) !== asks) {
    return `The plan names ${plan.requester} as its requester. Make a plan of your own to ask for it.`;
  }
  return world.clock() < plan.expiresAt
    ? null
    : "The times of this plan are over. Make a new plan.";
}
