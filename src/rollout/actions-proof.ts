import type { ChangeId, HostId, PlanDigest } from "../base/ids.ts";
import type { World } from "../db/world.ts";
import type { BundleLog } from "../fleet/bundle.ts";
import { makeLogProof, writeLogProof } from "../fleet/log-proof.ts";
import type { Head } from "../fleet/order.ts";
import { signedHead } from "../fleet/store-signed-head.ts";
import { loadCosigned } from "../fleet/store-witness.ts";
import { loadQuorum, loadRingRules } from "../fleet/store-witness-quorum.ts";
import { type ChosenHead, chooseHead } from "../fleet/witness-choice.ts";
import { proveConsistency, proveInclusion } from "../ledger/proof.ts";
import { loadHead } from "../ledger/store-tree.ts";
import { loadApprovalIndex, loadHostHeads } from "./store-proof.ts";

/**
 * What bundles bring of the ledger (host protocol §12): that it holds the approval, that it only grew
 * since the host last looked, and who else saw it so. For hosts whose policy is their own people's; the
 * server cannot know what their rings demand, so each gets it, and those that demand nothing pass it
 * over.
 */
export interface HostProof {
  readonly head: Head;
  readonly log: BundleLog;
}

/** Heads that witnesses signed, among which one is found for each host. */
const HEADS_LOOKED_AT = 4;

export async function proofsFor(
  world: World,
  of: { readonly change: ChangeId; readonly plan: PlanDigest },
  hosts: readonly HostId[],
): Promise<ReadonlyMap<HostId, HostProof>> {
  const { db } = world;
  const seen = await loadHostHeads(db, hosts);
  if (seen.size === 0) return new Map();
  const [stored, index] = [await loadHead(db), await loadApprovalIndex(db, of)];
  // A start is only claimed under a head that covers its approval; without one there is nothing to show.
  if (stored === null || index === null || index >= stored.size) return new Map();
  const newest = { size: stored.size, root: Buffer.from(stored.root, "base64").toString("hex") };
  const need = await loadQuorum(db);
  const rules = new Map((await loadRingRules(db)).map((rule) => [rule.ring, rule]));
  const cosigned = await loadCosigned(db, { beyond: index, heads: HEADS_LOOKED_AT });
  const making = new Map<string, Promise<HostProof>>();
  const proofs = new Map<HostId, HostProof>();
  for (const [host, { head: last, ring }] of seen) {
    const rule = rules.get(ring) ?? null;
    const chosen = chooseHead({ newest, need, rule, cosigned, host, seen: last });
    // Hosts that saw the same get the same.
    const name = `${last.size} ${chosen.head.size} ${chosen.cosignatures.map((c) => c.witness)}`;
    const made = making.get(name) ?? makeProof(world, { index, last, chosen });
    making.set(name, made);
    proofs.set(host, await made);
  }
  return proofs;
}

async function makeProof(
  world: World,
  of: { readonly index: number; readonly last: Head; readonly chosen: ChosenHead },
): Promise<HostProof> {
  const { index, last, chosen } = of;
  const { head, cosignatures } = chosen;
  const { entry, proof: path } = await proveInclusion(world.db, { index, size: head.size });
  // A host that saw more than there is refuses by itself.
  const consistency =
    last.size > head.size
      ? []
      : await proveConsistency(world.db, { from: last.size, to: head.size });
  const from = { from: last.size, fromRoot: last.root, consistency };
  const proof = makeLogProof({ index, entry, size: head.size, path, ...from });
  const { text, signature } = signedHead(world, head);
  const log = { proof: writeLogProof(proof), head: text, headSignature: signature, cosignatures };
  return { head, log };
}
