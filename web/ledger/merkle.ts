/**
 * The checks of the ledger's Merkle tree (RFC 6962 §2.1) with the browser's own cryptography. Written
 * apart from the server's tree, so that a mistake there cannot hide here.
 */
export type Hash = Uint8Array<ArrayBuffer>;

export async function leafHash(entry: string): Promise<Hash> {
  return hash(0, new TextEncoder().encode(entry));
}

async function nodeHash(left: Hash, right: Hash): Promise<Hash> {
  return hash(1, left, right);
}

async function hash(prefix: number, ...parts: readonly Uint8Array[]): Promise<Hash> {
  const length = parts.reduce((sum, part) => sum + part.length, 1);
  const bytes = new Uint8Array(length);
  bytes[0] = prefix;
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** The root that the proof leads to (RFC 9162 §2.1.3.2); null where the proof has the wrong length. */
export async function rootOf(claim: {
  readonly leaf: Hash;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Hash[];
}): Promise<Hash | null> {
  if (claim.index < 0 || claim.index >= claim.size) return null;
  let walk: Walk = { position: claim.index, last: claim.size - 1 };
  let root = claim.leaf;
  for (const sibling of claim.proof) {
    if (walk.last === 0) return null;
    root = isRight(walk) ? await nodeHash(sibling, root) : await nodeHash(root, sibling);
    walk = up(walk);
  }
  return walk.last === 0 ? root : null;
}

/** Whether the newer tree holds the older one unchanged (RFC 9162 §2.1.4.2). */
export async function isConsistent(claim: {
  readonly oldSize: number;
  readonly oldRoot: Hash;
  readonly size: number;
  readonly root: Hash;
  readonly proof: readonly Hash[];
}): Promise<boolean> {
  const { oldSize, size, oldRoot, root, proof } = claim;
  if (oldSize < 1 || oldSize > size) return false;
  if (oldSize === size) return proof.length === 0 && isSame(oldRoot, root);
  const isPower = 2 ** Math.floor(Math.log2(oldSize)) === oldSize;
  const [first, ...path] = isPower ? [oldRoot, ...proof] : proof;
  if (first === undefined || proof.length === 0) return false;
  let walk: Walk = { position: oldSize - 1, last: size - 1 };
  while (walk.position % 2 === 1) walk = half(walk);
  let older = first;
  let newer = first;
  for (const sibling of path) {
    if (walk.last === 0) return false;
    if (isRight(walk)) {
      older = await nodeHash(sibling, older);
      newer = await nodeHash(sibling, newer);
    } else {
      newer = await nodeHash(newer, sibling);
    }
    walk = up(walk);
  }
  return walk.last === 0 && isSame(older, oldRoot) && isSame(newer, root);
}

/** A node and the last node, both counted on their level; numbers, as sizes pass 32 bits. */
interface Walk {
  readonly position: number;
  readonly last: number;
}

/** The sibling stands on the left: the node is a right child, or the last one without a sibling. */
function isRight({ position, last }: Walk): boolean {
  return position % 2 === 1 || position === last;
}

/** One level up; a last node without a sibling rises until it is a right child. */
function up(from: Walk): Walk {
  let walk = from;
  if (isRight(walk)) {
    while (walk.position % 2 === 0 && walk.position !== 0) walk = half(walk);
  }
  return half(walk);
}

function half({ position, last }: Walk): Walk {
  return { position: Math.floor(position / 2), last: Math.floor(last / 2) };
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

export function fromBase64(text: string): Hash {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
