import { assert, present } from "../base/failure.ts";
import type { ChangeId, HostId, PlanDigest } from "../base/ids.ts";
import { instantToSeconds } from "../base/instant.ts";
import { keepLast } from "../base/kept.ts";
import type { RequestSignature } from "../change/model.ts";
import { approvalsFor } from "../change/store.ts";
import { loadRequestSignature } from "../change/store-request-signature.ts";
import type { Reader } from "../db/database.ts";
import type { Bundle, BundleApproval } from "../fleet/bundle.ts";
import { EMPTY_HEAD, signOrder } from "../fleet/order.ts";
import type { PlannedLeaf } from "../plan/model.ts";
import { loadBody, loadLeafDigests, loadLeaves, loadPlan } from "../plan/store.ts";
import { buildTree, pathNodes, type Tree } from "../plan/tree.ts";
import type { Engine } from "./engine.ts";
import type { Claimed } from "./store-claims.ts";

/** Puts together what a host needs to judge its job: the order, what people signed, and the path. */

/** A plan never changes, so what was read of it once is kept for the plans at work. */
interface PlanParts {
  readonly statement: string;
  readonly tree: Tree;
  readonly bodies: Map<string, string>;
}

const PLANS_KEPT_MAX = 4;
const BODIES_KEPT_MAX = 500;
const kept = new Map<PlanDigest, PlanParts>();

/** A dispatch is stale after this long; a host that gets it later refuses it. */
const ORDER_SECONDS = 600;

/** The jobs of one rollout that were claimed together, read together: by host. */
export async function bundlesFor(
  engine: Engine,
  plan: PlanDigest,
  change: ChangeId,
  claimed: readonly Claimed[],
): Promise<ReadonlyMap<HostId, Bundle>> {
  const { db } = engine.world;
  const parts = await planParts(db, plan);
  const leaves = await loadLeaves(db, plan, { hosts: claimed.map((one) => one.host) });
  const byIndex = new Map(leaves.map((leaf) => [leaf.index, leaf]));
  const approvals = await approvalsFor(db, change);
  const request = await loadRequestSignature(db, plan);
  const bundles = new Map<HostId, Bundle>();
  for (const one of claimed) {
    const leaf = present(byIndex.get(one.leafIndex), `the leaf of host ${one.host}`);
    assert(leaf.host === one.host && leaf.body === one.body, "a target is its leaf");
    const order = orderFor(engine, one, leaf);
    bundles.set(one.host, {
      order: order.text,
      orderSignature: order.signature,
      plan: parts.statement,
      request: request === null ? null : signedBy(request),
      approvals: approvals.map(signedBy),
      leaf: leaf.text,
      nodes: pathNodes(parts.tree, leaf.index),
      body: await bodyText(db, parts, plan, one.body),
      gates: [],
      log: null,
    });
  }
  return bundles;
}

function signedBy({ handle, keyClass, signature }: RequestSignature): BundleApproval {
  return { person: handle, class: keyClass, signature };
}

function orderFor(engine: Engine, claimed: Claimed, leaf: PlannedLeaf) {
  const issued = instantToSeconds(claimed.issuedAt);
  return signOrder(
    {
      kind: claimed.kind === "revert" ? "revert" : "dispatch",
      tenant: engine.world.config.deployment,
      host: leaf.protocolId,
      plan: claimed.plan,
      index: leaf.index,
      attempt: claimed.attempt,
      epoch: claimed.epoch,
      counter: claimed.counter,
      issued,
      until: issued + ORDER_SECONDS,
      ttl: 0,
      nonce: "-",
      log: EMPTY_HEAD,
    },
    engine.dispatcherKey,
  );
}

/** The text of a plan's body, as it was read once. */
export async function bodyOfPlan(
  reader: Reader,
  plan: PlanDigest,
  digest: string,
): Promise<string> {
  return bodyText(reader, await planParts(reader, plan), plan, digest);
}

async function planParts(reader: Reader, digest: PlanDigest): Promise<PlanParts> {
  const known = kept.get(digest);
  if (known !== undefined) return known;
  const plan = present(await loadPlan(reader, digest), `the plan ${digest}`);
  const tree = buildTree(await loadLeafDigests(reader, digest));
  const parts = { statement: plan.statement, tree, bodies: new Map<string, string>() };
  return keepLast(kept, PLANS_KEPT_MAX, [digest, parts]);
}

async function bodyText(
  reader: Reader,
  parts: PlanParts,
  plan: PlanDigest,
  digest: string,
): Promise<string> {
  const known = parts.bodies.get(digest);
  if (known !== undefined) return known;
  const text = present(await loadBody(reader, plan, digest), `the body ${digest}`);
  if (parts.bodies.size < BODIES_KEPT_MAX) parts.bodies.set(digest, text);
  return text;
}
