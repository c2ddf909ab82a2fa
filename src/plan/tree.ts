import { type Digest, isDigest, sha256 } from "../base/digest.ts";
import { assert, present } from "../base/failure.ts";

/**
 * The tree over a plan's leaves (§2): 16 children a node, filled from the left; level 0 holds the
 * leaf digests in index order; one leaf alone is its own root. `leaves` fixes the shape, so a path
 * is simply the whole nodes from the bottom up and a host needs one `sha256sum` and no arithmetic
 * on hashes. A million leaves are five nodes.
 */
export const TREE_WIDTH = 16;
/** §1.3. */
export const TREE_LEVELS_MAX = 8;

/** `levels[0]` are the leaf digests, the last level is the root alone. */
export interface Tree {
  readonly levels: readonly (readonly Digest[])[];
  readonly root: Digest;
}

export function nodeText(children: readonly Digest[]): string {
  return `fettle node 1\n${children.join("\n")}\nend\n`;
}

export function buildTree(leaves: readonly Digest[]): Tree {
  assert(leaves.length > 0, "a plan tree has at least one leaf");
  const levels: (readonly Digest[])[] = [leaves];
  let level = leaves;
  while (level.length > 1) {
    level = parents(level);
    levels.push(level);
  }
  return { levels, root: present(level[0], "tree root") };
}

function parents(level: readonly Digest[]): Digest[] {
  const above: Digest[] = [];
  for (let at = 0; at < level.length; at += TREE_WIDTH) {
    above.push(sha256(nodeText(level.slice(at, at + TREE_WIDTH))));
  }
  return above;
}

/** The texts of the nodes from the leaf's parent up to the root; empty for a tree of one leaf. */
export function pathNodes(tree: Tree, index: number): string[] {
  assert(index >= 0 && index < (tree.levels[0]?.length ?? 0), `no leaf ${index} in the tree`);
  const nodes: string[] = [];
  let at = index;
  for (const level of tree.levels.slice(0, -1)) {
    const first = at - (at % TREE_WIDTH);
    nodes.push(nodeText(level.slice(first, first + TREE_WIDTH)));
    at = first / TREE_WIDTH;
  }
  return nodes;
}

/** The children of a node text, or `null` when it is not one. */
export function parseNode(text: string): Digest[] | null {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.length > TREE_WIDTH + 3) return null;
  if (lines[0] !== "fettle node 1" || lines.at(-2) !== "end" || lines.at(-1) !== "") return null;
  const children = lines.slice(1, -2);
  return children.every(isDigest) ? children : null;
}

/** What the tree must be, from the statement and the leaf. */
export interface PathClaim {
  readonly leafDigest: Digest;
  readonly index: number;
  readonly leaves: number;
  readonly root: Digest;
  readonly nodes: readonly string[];
}

/** Why the path does not lead from the leaf to the root, or `null` when it does. */
export function pathFault(claim: PathClaim): string | null {
  if (claim.index >= claim.leaves) return `index ${claim.index} of ${claim.leaves} leaves`;
  let [digest, at, count] = [claim.leafDigest, claim.index, claim.leaves];
  for (const [level, node] of claim.nodes.entries()) {
    const children = parseNode(node);
    if (count === 1) return `node${level + 1} is above the root`;
    if (children === null) return `node${level + 1} is not a tree node`;
    const above = Math.floor(at / TREE_WIDTH);
    const expected = Math.min(TREE_WIDTH, count - TREE_WIDTH * above);
    if (children.length !== expected) return `node${level + 1} must have ${expected} children`;
    if (children[at % TREE_WIDTH] !== digest) return `node${level + 1} does not hold the one below`;
    digest = sha256(node);
    [at, count] = [above, Math.ceil(count / TREE_WIDTH)];
  }
  if (count !== 1) return "the path stops below the root";
  return digest === claim.root ? null : "the path leads to another root";
}
