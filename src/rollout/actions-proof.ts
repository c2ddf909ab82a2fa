import type { ChangeId, HostId, PlanDigest } from "../base/ids.ts";
import { keepLast } from "../base/kept.ts";
import { type MachineKey, signDocument } from "../base/sshsig.ts";
import type { World } from "../db/world.ts";
import type { BundleLog } from "../fleet/bundle.ts";
import { makeLogProof, writeHead, writeLogProof } from "../fleet/log-proof.ts";
import type { Head } from "../fleet/order.ts";
import { machineKey } from "../fleet/store-keys.ts";
import { proveConsistency, proveInclusion } from "../ledger/proof.ts";
import { loadHead } from "../ledger/store-tree.ts";
import { loadApprovalIndex, loadHostHeads } from "./store-proof.ts";

/**
 * What bundles bring of the ledger (host protocol §12): that it holds the approval, and that it only
 * grew since the host last looked. For hosts whose policy is their own people's; the server cannot
 * know what their rings demand, so each gets it, and those that demand nothing pass it over.
 */
export interface HostProof {
  readonly head: Head;
  readonly log: BundleLog;
}

const HEADS_KEPT_MAX = 16;
const signedHeads = new Map<string, string>();

export async function proofsFor(
  world: World,
  of: { readonly change: ChangeId; readonly plan: PlanDigest },
  hosts: readonly HostId[],
): Promise<ReadonlyMap<HostId, HostProof>> {
  const { db, paths, config } = world;
  const seen = await loadHostHeads(db, hosts);
  if (seen.size === 0) return new Map();
  const [stored, index] = [await loadHead(db), await loadApprovalIndex(db, of)];
  // A start is only claimed under a head that covers its approval; without one there is nothing to show.
  if (stored === null || index === null || index >= stored.size) return new Map();
  const head = { size: stored.size, root: Buffer.from(stored.root, "base64").toString("hex") };
  const text = writeHead({ origin: `${config.deployment}/fettle-ledger`, ...head });
  const headSignature = signHead(machineKey(paths.state, "log"), text);
  const { entry, proof: path } = await proveInclusion(db, { index, size: head.size });
  const consistencies = await consistenciesTo(world, head.size, [...seen.values()]);
  const proofs = new Map<HostId, HostProof>();
  for (const [host, last] of seen) {
    const consistency = consistencies.get(last.size) ?? [];
    const from = { from: last.size, fromRoot: last.root, consistency };
    const proof = makeLogProof({ index, entry, size: head.size, path, ...from });
    const log = { proof: writeLogProof(proof), head: text, headSignature, cosignatures: [] };
    proofs.set(host, { head, log });
  }
  return proofs;
}

/** One proof for each size that hosts saw; a host that saw more than there is refuses by itself. */
async function consistenciesTo(world: World, size: number, seen: readonly Head[]) {
  const sizes = [...new Set(seen.map((head) => head.size))].filter((from) => from <= size);
  const proofs = await Promise.all(
    sizes.map(async (from) => {
      const proof = await proveConsistency(world.db, { from, to: size });
      return [from, proof] as const;
    }),
  );
  return new Map(proofs);
}

/** Most jobs of a batch refer to the same head. */
function signHead(key: MachineKey, text: string): string {
  const name = `${key.publicKeyLine}\n${text}`;
  const known = signedHeads.get(name);
  if (known !== undefined) return known;
  const made = signDocument({ namespace: "fettle-head-v1", key, bytes: text });
  return keepLast(signedHeads, HEADS_KEPT_MAX, [name, made]);
}
