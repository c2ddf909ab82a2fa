import { systemActor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { everywhere } from "../inventory/store.ts";
import { isKnownExploited, signedFilesOf } from "../plan/actions-files.ts";
import { unaffectedPairs } from "../plan/actions-resolve.ts";
import { type Joining, judgeJoining, type WhyNotJoining } from "../plan/joining.ts";
import type { ResolvedPair } from "../plan/model.ts";
import { exclusionToText } from "../plan/plan-story.ts";
import { ruleSelector } from "../plan/rule.ts";
import { loadLeaves, loadPlan } from "../plan/store.ts";
import { loadRuleSets } from "../plan/store-rule.ts";
import { loadSelectedHosts, type SelectedHost } from "../plan/store-selected.ts";
import type { PatchTarget } from "../triage/model.ts";
import { loadPatch } from "../triage/store.ts";
import { servicesOf } from "./actions.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { approvedPolicy } from "./actions-rules.ts";
import type { JoinHeld } from "./hold.ts";
import {
  countAll,
  insertJoined,
  isNewTo,
  keepWaiting,
  loadOpenWaves,
  loadRuleRollouts,
  lockForJoin,
  type RuleRollout,
} from "./store-joins.ts";

/**
 * Hosts that join rollouts by rule (host protocol §11.5): a target row and no approval, where the signed
 * plan has a leaf for them; else they wait outside, with the reason. What is decided here only ever
 * narrows: the host itself judges rule, ring and versions again.
 */

/** True when a host joined, so there may be something to release. */
export async function joinRules(world: World): Promise<boolean> {
  let hasJoined = false;
  for (const rollout of await loadRuleRollouts(world.db)) {
    const judged = await judge(world, rollout);
    if (judged !== null) hasJoined = (await commit(world, rollout, judged)) || hasJoined;
  }
  return hasJoined;
}

async function judge(world: World, rollout: RuleRollout): Promise<Joining | null> {
  const { db } = world;
  const [plan, patch] = [await loadPlan(db, rollout.plan), await loadPatch(db, rollout.patch)];
  if (plan === null || patch === null) return null;
  const { labels, max } = rollout.rule;
  const hosts = await loadSelectedHosts(db, {
    scopes: everywhere,
    selector: ruleSelector(labels),
    target: patch.target,
    also: isNewTo(rollout),
  });
  if (hosts.length === 0) return { joins: [], waits: [] };
  const resolutions = await resolutionsFor(world, { rollout, hosts, target: patch.target });
  return judgeJoining({
    target: patch.target,
    policy: await approvedPolicy(db, plan.ringsPolicy),
    now: world.clock(),
    hosts,
    resolutions,
    signed: await signedFilesOf(world, resolutions),
    isKnownExploited: await isKnownExploited(world, patch.vulnerabilities),
    leaves: await loadLeaves(db, rollout.plan, { isDistinct: true }),
    waves: await loadOpenWaves(db, rollout.id),
    room: max - (await countAll(db, rollout.id)),
    max,
  });
}

/** A set that was not known then may already have what the patch brings: no host is asked for that. */
async function resolutionsFor(
  world: World,
  of: {
    readonly rollout: RuleRollout;
    readonly hosts: readonly SelectedHost[];
    readonly target: PatchTarget;
  },
): Promise<readonly ResolvedPair[]> {
  const known = await loadRuleSets(world.db, of.rollout.plan);
  const sets = new Set(known.map((pair) => pair.packageSet));
  const others = of.hosts.filter(({ packageSet }) => packageSet !== null && !sets.has(packageSet));
  if (others.length === 0) return known;
  return [...known, ...(await unaffectedPairs(world, of.target, others))];
}

async function commit(world: World, rollout: RuleRollout, judged: Joining): Promise<boolean> {
  const { joins } = judged;
  const ids = joins.map(({ host }) => host);
  const services = await servicesOf(world.db, ids);
  const targets = joins.map((one) => ({ ...one, service: services.get(one.host) ?? null }));
  return inTransaction(world.db, async (tx) => {
    const joined = await letIn(tx, rollout, targets);
    await tell(tx, rollout, "target.joined", joined);
    const waiting = judged.waits.map(({ host, because }) => ({ host, hold: holdOf(because) }));
    await tell(tx, rollout, "target.outside", await keepWaiting(tx, rollout.id, waiting));
    if (joined.length > 0) await notify(tx, "rollout");
    return joined.length > 0;
  });
}

/** Another server may have let hosts in since they were counted, or somebody ended the rollout. */
async function letIn(
  tx: Tx,
  { id, rule }: RuleRollout,
  targets: Parameters<typeof insertJoined>[2],
): Promise<readonly HostId[]> {
  if (targets.length === 0) return [];
  const count = await lockForJoin(tx, id);
  if (count === null) return [];
  return insertJoined(tx, id, targets.slice(0, Math.max(0, rule.max - count)));
}

/** An event of a rollout names its first hosts; the rows have all of them. */
const NAMED_MAX = 100;

async function tell(
  tx: Tx,
  rollout: RuleRollout,
  type: "target.joined" | "target.outside",
  hosts: readonly HostId[],
): Promise<void> {
  if (hosts.length === 0) return;
  const facts = { count: hosts.length, hosts: hosts.slice(0, NAMED_MAX) };
  await recordRolloutEvent(tx, rollout.id, type, facts, systemActor.subject);
}

function holdOf(because: WhyNotJoining): JoinHeld {
  if (because.why !== "left-out") return because;
  return { why: "left-out", because: exclusionToText(because.because) };
}
