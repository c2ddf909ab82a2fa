/**
 * The Merkle tree of RFC 6962 §2.1, over hashes that are fetched by whoever calls. A node is named
 * by its level (0 = leaves) and its index on that level, and stands for a complete subtree.
 */
import { createHash } from "node:crypto";
import { Bug } from "../base/failure.ts";

export type Hash = Buffer;

/** Gives the hash of the complete subtree over leaves [index·2^level, (index+1)·2^level). */
export type NodeSource = (node: TreeNode) => Hash;

export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** Leaves from `from` up to, not including, `to`. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** RFC 6962 §2.1: MTH({}) = SHA-256(). */
export const EMPTY_ROOT: Hash = createHash("sha256").digest();

export function leafHash(entry: string | Uint8Array): Hash {
  return createHash("sha256")
    .update(Buffer.from([0]))
    .update(entry)
    .digest();
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return createHash("sha256")
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest();
}

/** The complete subtrees that make up a range which RFC 6962 hashes as one, left to right. */
export function nodesOf(range: LeafRange): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  let from = range.from;
  while (from < range.to) {
    let level = 0;
    while (isAligned(from, level + 1) && from + 2 ** (level + 1) <= range.to) level += 1;
    nodes.push({ level, index: from / 2 ** level });
    from += 2 ** level;
  }
  return nodes;
}

function isAligned(leaf: number, level: number): boolean {
  return leaf % 2 ** level === 0;
}

/** MTH of a range that starts where a subtree may start: right-most subtrees are joined first. */
export function rangeHash(range: LeafRange, node: NodeSource): Hash {
  const hashes = nodesOf(range).map(node);
  const last = hashes.pop();
  if (last === undefined) return EMPTY_ROOT;
  return hashes.reduceRight((right, left) => nodeHash(left, right), last);
}

export function rootHash(size: number, node: NodeSource): Hash {
  return rangeHash({ from: 0, to: size }, node);
}

/** The ranges whose hashes are PATH(index, D[size]) of RFC 6962 §2.1.1, nearest first. */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (index < 0 || index >= size) throw new Bug(`no leaf ${index} in a tree of ${size}`);
  const ranges: LeafRange[] = [];
  let within: LeafRange = { from: 0, to: size };
  while (within.to - within.from > 1) {
    const middle = within.from + splitPoint(within.to - within.from);
    const left = { from: within.from, to: middle };
    const right = { from: middle, to: within.to };
    ranges.unshift(index < middle ? right : left);
    within = index < middle ? left : right;
  }
  return ranges;
}

/** The ranges whose hashes are PROOF(oldSize, D[size]) of RFC 6962 §2.1.2. */
export function consistencyRanges(oldSize: number, size: number): readonly LeafRange[] {
  if (oldSize < 0 || oldSize > size) throw new Bug(`${oldSize} is not a size before ${size}`);
  if (oldSize === 0 || oldSize === size) return [];
  const ranges: LeafRange[] = [];
  let within: LeafRange = { from: 0, to: size };
  while (within.to !== oldSize) {
    const middle = within.from + splitPoint(within.to - within.from);
    const left = { from: within.from, to: middle };
    const right = { from: middle, to: within.to };
    ranges.unshift(oldSize <= middle ? right : left);
    within = oldSize <= middle ? left : right;
  }
  // The verifier knows the old root already when the old tree is one complete subtree.
  return within.from === 0 ? ranges : [within, ...ranges];
}

/** The largest power of two smaller than n. */
function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** RFC 9162 §2.1.3.2. */
export function isIncluded(claim: {
  readonly leaf: Hash;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}): boolean {
  if (claim.index < 0 || claim.index >= claim.size) return false;
  let position = claim.index;
  let last = claim.size - 1;
  let hash = claim.leaf;
  for (const sibling of claim.proof) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && hash.equals(claim.root);
}

/** RFC 9162 §2.1.4.2. An empty old tree is consistent with everything and needs no proof. */
export function isConsistent(claim: {
  readonly oldSize: number;
  readonly oldRoot: Hash;
  readonly size: number;
  readonly root: Hash;
  readonly proof: readonly Hash[];
}): boolean {
  const { oldSize, size } = claim;
  if (oldSize > size) return false;
  if (oldSize === 0) return claim.proof.length === 0 && claim.oldRoot.equals(EMPTY_ROOT);
  if (oldSize === size) return claim.proof.length === 0 && claim.oldRoot.equals(claim.root);
  const isPower = 2 ** Math.floor(Math.log2(oldSize)) === oldSize;
  const path = isPower ? [claim.oldRoot, ...claim.proof] : [...claim.proof];
  const first = path.shift();
  if (first === undefined || claim.proof.length === 0) return false;
  let position = oldSize - 1;
  let last = size - 1;
  while (position % 2 === 1) {
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  let oldHash = first;
  let newHash = first;
  for (const sibling of path) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && oldHash.equals(claim.oldRoot) && newHash.equals(claim.root);
}
