import { assert, present } from "../base/failure.ts";
import type { ChangeId, HostId, PlanDigest } from "../base/ids.ts";
import { instantToSeconds } from "../base/instant.ts";
import { approvalsFor } from "../change/store.ts";
import type { Reader } from "../db/database.ts";
import type { Bundle } from "../fleet/bundle.ts";
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

export async function bundleFor(
  engine: Engine,
  claimed: Claimed,
  change: ChangeId,
): Promise<Bundle> {
  const { db, config } = engine.world;
  const parts = await planParts(db, claimed.plan);
  const leaf = await leafOf(db, claimed.plan, claimed.host);
  assert(leaf.index === claimed.leafIndex && leaf.body === claimed.body, "a target is its leaf");
  const approvals = await approvalsFor(db, change);
  const issued = instantToSeconds(claimed.issuedAt);
  const order = signOrder(
    {
      kind: claimed.kind === "revert" ? "revert" : "dispatch",
      tenant: config.deployment,
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
  return {
    order: order.text,
    orderSignature: order.signature,
    plan: parts.statement,
    request: null,
    approvals: approvals.map(({ handle, keyClass, signature }) => ({
      person: handle,
      class: keyClass,
      signature,
    })),
    leaf: leaf.text,
    nodes: pathNodes(parts.tree, leaf.index),
    body: await bodyText(db, parts, claimed.plan, claimed.body),
  };
}

async function planParts(reader: Reader, digest: PlanDigest): Promise<PlanParts> {
  const known = kept.get(digest);
  if (known !== undefined) return known;
  const plan = present(await loadPlan(reader, digest), `the plan ${digest}`);
  const tree = buildTree(await loadLeafDigests(reader, digest));
  const parts = { statement: plan.statement, tree, bodies: new Map<string, string>() };
  const oldest = kept.keys().next().value;
  if (kept.size >= PLANS_KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  kept.set(digest, parts);
  return parts;
}

async function leafOf(reader: Reader, plan: PlanDigest, host: HostId): Promise<PlannedLeaf> {
  const [leaf] = await loadLeaves(reader, plan, { hosts: [host] });
  return present(leaf, `the leaf of host ${host}`);
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
