import { type MachineKey, signDocument } from "../../src/base/sshsig.ts";
import type { BundleLog } from "../../src/fleet/bundle.ts";
import {
  type LogProof,
  makeLogProof,
  writeHead,
  writeLogProof,
} from "../../src/fleet/log-proof.ts";
import type { Head } from "../../src/fleet/order.ts";
import {
  consistencyRanges,
  type Hash,
  inclusionRanges,
  type LeafRange,
  leafHash,
  nodeHash,
  rootHash,
} from "../../src/ledger/tree.ts";

/** A small ledger that holds an approval, and what a bundle brings of it. */
export interface LogDraft {
  /** Entries when the bundle was made, and when the host last saw a head; 0: never. */
  size: number;
  seen: number;
  index: number;
  /** Another beginning than `{"_approved":"<plan> …"`. */
  begins?: (plan: string) => string;
  proof?: (proof: LogProof) => LogProof;
  headBy?: MachineKey;
  headNamespace?: "fettle-head-v1" | "fettle-cosign-v1";
  head?: (head: Head) => Head;
  editProof?: (text: string) => string;
  witnesses?: { name: string; key: MachineKey; namespace?: "fettle-head-v1" }[];
}

export function buildLog(
  draft: LogDraft,
  plan: string,
  logKey: MachineKey,
): { log: BundleLog; head: Head; seen: Head } {
  const begins = draft.begins?.(plan) ?? `{"_approved":"${plan} ${"0".repeat(64)}"`;
  const entry = (at: number): string =>
    at === draft.index ? `${begins},"type":"change.approved"}` : `{"at":${at}}`;
  const leaves = Array.from({ length: draft.size }, (_, at) => leafHash(entry(at)));
  const root = (size: number): string => rootHash(size, nodesOver(leaves)).toString("hex");
  const seen = { size: draft.seen, root: root(Math.min(draft.seen, draft.size)) };
  const range = ({ from, to }: LeafRange): Hash =>
    rootHash(to - from, nodesOver(leaves.slice(from, to)));
  const [index, size] = [Math.min(draft.index, draft.size - 1), draft.size];
  const proof = makeLogProof({
    index: draft.index,
    entry: entry(draft.index),
    size,
    path: inclusionRanges(index, size).map(range),
    from: draft.seen,
    fromRoot: seen.root,
    consistency: consistencyRanges(Math.min(draft.seen, size), size).map(range),
  });
  const head = (draft.head ?? ((h: Head) => h))({ size, root: root(size) });
  const text = writeHead({ origin: "acme/fettle-ledger", ...head });
  const signed = (key: MachineKey, namespace: "fettle-head-v1" | "fettle-cosign-v1"): string =>
    signDocument({ namespace, key, bytes: text });
  return {
    head,
    seen,
    log: {
      proof: (draft.editProof ?? String)(writeLogProof((draft.proof ?? ((p) => p))(proof))),
      head: text,
      headSignature: signed(draft.headBy ?? logKey, draft.headNamespace ?? "fettle-head-v1"),
      cosignatures: (draft.witnesses ?? []).map(({ name, key, namespace }) => ({
        witness: name,
        signature: signed(key, namespace ?? "fettle-cosign-v1"),
      })),
    },
  };
}

export function nodesOver(leaves: readonly Hash[]) {
  return ({ level, index }: { level: number; index: number }): Hash => {
    let row = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level);
    while (row.length > 1) {
      row = row.flatMap((left, at) => {
        const right = row[at + 1];
        return at % 2 === 0 && right !== undefined ? [nodeHash(left, right)] : [];
      });
    }
    return row[0] as Hash;
  };
}
