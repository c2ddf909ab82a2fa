/**
 * The offline verifier's own reading of keys, signed heads and Merkle hashes: C2SP signed-note and
 * tlog-checkpoint, RFC 6962 §2.1, RFC 9162 §2.1.3. It shares no code with the writer of the log, so
 * that a mistake there cannot hide here, and imports nothing but Node's own crypto.
 */
import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";

export interface VerifierKey {
  readonly origin: string;
  readonly id: Buffer;
  readonly key: KeyObject;
}

export interface SignedHead {
  readonly size: number;
  /** base64 */
  readonly root: string;
}

export interface Finding {
  /** Line of the file, from 1; null for what is not in one file. */
  readonly line: number | null;
  /** The first entry that is bad, or the first of those among which it must be. */
  readonly index: number | null;
  readonly problem: string;
}

/** After this many the rest follows from the first ones. */
export const FINDINGS_MAX = 20;

const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Reads `<origin>+<8 hex>+<base64 of 0x01 and the Ed25519 key>`; null when it is not one. */
export function parseVerifierKey(text: string): VerifierKey | null {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const [, origin, id, encoded] = match ?? [];
  if (origin === undefined || id === undefined || encoded === undefined) return null;
  const typed = Buffer.from(encoded, "base64");
  if (typed.length !== 33 || typed[0] !== 1) return null;
  const digest = sha256(Buffer.concat([Buffer.from(`${origin}\n`), typed]));
  if (digest.subarray(0, 4).toString("hex") !== id) return null;
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, typed.subarray(1)]),
    format: "der",
    type: "spki",
  });
  return { origin, id: digest.subarray(0, 4), key };
}

/** Opens a signed note; null unless this key signed exactly these bytes. */
export function openHead(key: VerifierKey, note: string): SignedHead | null {
  const split = note.indexOf("\n\n");
  const body = note.slice(0, split + 1);
  const signature = /^— ([^ \n]+) ([A-Za-z0-9+/=]+)\n$/.exec(note.slice(split + 2));
  const head = /^([^\n]+)\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n$/.exec(body);
  if (split < 0 || signature?.[1] !== key.origin || head?.[1] !== key.origin) return null;
  const blob = Buffer.from(signature[2] ?? "", "base64");
  const isOneEncoding = blob.toString("base64") === signature[2];
  if (!isOneEncoding || blob.length !== 68 || !blob.subarray(0, 4).equals(key.id)) return null;
  if (!verify(null, Buffer.from(body), key.key, blob.subarray(4))) return null;
  return { size: Number(head[2]), root: head[3] ?? "" };
}

export function sha256(bytes: Uint8Array, other?: "sha512"): Buffer {
  return hash(other ?? "sha256", bytes, "buffer");
}

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

export function hashLeaf(entry: Uint8Array): Buffer {
  return sha256(Buffer.concat([LEAF, entry]));
}

export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([NODE, left, right]));
}

/** A tree that grows at its right end: the roots of its complete subtrees, largest first. */
export class GrowingTree {
  readonly #subtrees: { size: number; hash: Buffer }[] = [];
  size = 0;

  append(leaf: Buffer): void {
    this.size += 1;
    let joined = { size: 1, hash: leaf };
    for (
      let last = this.#subtrees.at(-1);
      last?.size === joined.size;
      last = this.#subtrees.at(-1)
    ) {
      this.#subtrees.pop();
      joined = { size: joined.size * 2, hash: hashNode(last.hash, joined.hash) };
    }
    this.#subtrees.push(joined);
  }

  /** Begins behind leaves that are not here, from the roots of their subtrees; false if ill formed. */
  begin(size: number, hashes: readonly Buffer[]): boolean {
    let left = size;
    for (const hash of hashes) {
      const part = left === 0 ? 0 : 2 ** Math.floor(Math.log2(left));
      if (part === 0 || hash.length !== 32) return false;
      this.#subtrees.push({ size: part, hash });
      left -= part;
    }
    this.size = size;
    return left === 0;
  }

  root(): Buffer {
    const hashes = this.#subtrees.map((subtree) => subtree.hash);
    const last = hashes.pop();
    if (last === undefined) return sha256(Buffer.alloc(0));
    return hashes.reduceRight((right, left) => hashNode(left, right), last);
  }
}

/** The root that an inclusion proof leads to (RFC 9162 §2.1.3.2); null when it fits no such tree. */
export function rootFromProof(claim: {
  readonly leaf: Buffer;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Buffer[];
}): Buffer | null {
  if (claim.index < 0 || claim.index >= claim.size) return null;
  let [at, last, hash] = [claim.index, claim.size - 1, claim.leaf];
  for (const sibling of claim.proof) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      hash = hashNode(sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = hashNode(hash, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}

/** A JSON object in UTF-8, or null: the caller says where. */
export function parseObject(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    // Not UTF-8 or not JSON.
    return null;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
