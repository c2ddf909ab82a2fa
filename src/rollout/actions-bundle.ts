import { assert, present } from "../base/failure.ts";
import type { ChangeId, HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import { instantToSeconds } from "../base/instant.ts";
import { keepLast } from "../base/kept.ts";
import { approvalsFor } from "../change/store.ts";
import { loadRequestSignature } from "../change/store-request-signature.ts";
import type { Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { policiesOfHosts } from "../fleet/actions-known-policies.ts";
import type { Bundle, BundleGate, OfflineBundle } from "../fleet/bundle.ts";
import type { HostPolicy } from "../fleet/host-policy.ts";
import { bundled, type GivenSignature, isKnownTo } from "../fleet/known-people.ts";
import { EMPTY_HEAD, type Head, signOrder } from "../fleet/order.ts";
import { everywhere, loadHosts } from "../inventory/store.ts";
import { ANY_HOST } from "../plan/leaf.ts";
import type { PlannedLeaf } from "../plan/model.ts";
import { loadBody, loadLeafDigests, loadLeaves, loadPlan } from "../plan/store.ts";
import { buildTree, pathNodes, type Tree } from "../plan/tree.ts";
import { proofsFor } from "./actions-proof.ts";
import type { Engine } from "./engine.ts";
import type { Staging } from "./staging.ts";
import type { Claimed } from "./store-claims.ts";
import { loadWaveSignatures, type WaveSignature } from "./store-wave-signatures.ts";

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
  const [first] = claimed;
  if (first === undefined) return new Map();
  const of = { plan, change, rollout: first.rollout };
  const signed = await signedParts(engine.world, of, claimed);
  return new Map(
    claimed.map((one) => {
      const { parts, ...about } = present(signed.get(one.host), `the job of host ${one.host}`);
      const order = orderFor(engine, one, about);
      return [one.host, { order: order.text, orderSignature: order.signature, ...parts }];
    }),
  );
}

/** The same for one host whose files may come already; the order says that nothing may start. */
export async function stagingBundle(engine: Engine, one: Staging): Promise<Bundle> {
  const signed = await signedParts(engine.world, one, [one]);
  const { parts, ...about } = present(signed.get(one.host), `the job of host ${one.host}`);
  const order = orderFor(engine, { ...one, kind: "stage" }, about);
  return { order: order.text, orderSignature: order.signature, ...parts };
}

/** Which job of a rollout this is. */
export interface JobOfHost {
  readonly host: HostId;
  readonly leafIndex: number;
  readonly body: string;
}

/** What people signed and the log proves about these jobs of one rollout, by host. */
export async function signedParts(
  world: World,
  of: { readonly plan: PlanDigest; readonly change: ChangeId; readonly rollout: RolloutId },
  jobs: readonly JobOfHost[],
): Promise<
  ReadonlyMap<
    HostId,
    { readonly protocolId: string; readonly head: Head; readonly parts: OfflineBundle }
  >
> {
  const { db } = world;
  const { plan, change } = of;
  const parts = await planParts(db, plan);
  const leaves = await leavesFor(db, plan, jobs);
  const approvals = await approvalsFor(db, change);
  const request = await loadRequestSignature(db, plan);
  const hosts = jobs.map((one) => one.host);
  const proofs = await proofsFor(world, { change, plan }, hosts);
  const gates = await loadWaveSignatures(db, of.rollout);
  const policies = await policiesOfHosts(db, hosts);
  const signed = new Map<HostId, { protocolId: string; head: Head; parts: OfflineBundle }>();
  for (const one of jobs) {
    const { leaf, protocolId } = present(leaves.get(one.host), `the leaf of host ${one.host}`);
    assert(leaf.leaf === one.leafIndex && leaf.body === one.body, "a target is its leaf");
    const proof = proofs.get(one.host);
    const texts = {
      plan: parts.statement,
      request: request === null ? null : bundled(request),
      approvals: knownOf(approvals, policies.get(one.host)).map(bundled),
      leaf: leaf.text,
      nodes: pathNodes(parts.tree, leaf.leaf),
      body: await bodyText(db, parts, plan, one.body),
      gates: knownOf(gates, policies.get(one.host))
        .filter(({ wave }) => wave === leaf.wave)
        .map(gateOf),
      log: proof?.log ?? null,
    };
    signed.set(one.host, { protocolId, head: proof?.head ?? EMPTY_HEAD, parts: texts });
  }
  return signed;
}

/** Those that the host knows; of a host whose policy was never here, all of them. */
function knownOf<Given extends GivenSignature>(
  given: readonly Given[],
  policy: HostPolicy | undefined,
): readonly Given[] {
  return policy === undefined ? given : given.filter((one) => isKnownTo(policy, one));
}

function gateOf({ handle, keyClass, document, signature }: WaveSignature): BundleGate {
  return { person: handle, class: keyClass, text: document, signature };
}

/** The leaf of each, by host, with the id that the host has on documents: its own, or one of a rule. */
async function leavesFor(
  reader: Reader,
  plan: PlanDigest,
  claimed: readonly JobOfHost[],
): Promise<ReadonlyMap<HostId, { readonly leaf: PlannedLeaf; readonly protocolId: string }>> {
  const ids = claimed.map((one) => one.host);
  const planned = await loadLeaves(reader, plan, { hosts: ids });
  if (planned.length === ids.length && planned.every((leaf) => leaf.protocolId !== ANY_HOST)) {
    return new Map(planned.map((leaf) => [leaf.host, { leaf, protocolId: leaf.protocolId }]));
  }
  const numbers = [...new Set(claimed.map((one) => one.leafIndex))];
  const shared = await loadLeaves(reader, plan, { leaves: numbers, isDistinct: true });
  const byNumber = new Map(shared.map((leaf) => [leaf.leaf, leaf]));
  const hosts = await loadHosts(reader, { ids, scopes: everywhere });
  const protocolIds = new Map(hosts.map((host) => [host.id, host.protocolId]));
  return new Map(
    claimed.map(({ host, leafIndex }) => {
      const leaf = present(byNumber.get(leafIndex), `the leaf ${leafIndex} of plan ${plan}`);
      assert(leaf.protocolId === ANY_HOST, "only leaves of a rule are shared");
      return [host, { leaf, protocolId: present(protocolIds.get(host), `the host ${host}`) }];
    }),
  );
}

function orderFor(
  engine: Engine,
  claimed: Omit<Claimed, "kind"> & { readonly kind: Claimed["kind"] | "stage" },
  of: { readonly protocolId: string; readonly head: Head },
) {
  const issued = instantToSeconds(claimed.issuedAt);
  return signOrder(
    {
      kind: claimed.kind === "apply" ? "dispatch" : claimed.kind,
      tenant: engine.world.config.deployment,
      host: of.protocolId,
      plan: claimed.plan,
      index: claimed.leafIndex,
      attempt: claimed.attempt,
      epoch: claimed.epoch,
      counter: claimed.counter,
      issued,
      until: issued + ORDER_SECONDS,
      ttl: 0,
      nonce: "-",
      log: of.head,
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
