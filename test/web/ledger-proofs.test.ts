import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { logKey, signCheckpoint, verifierKey } from "../../src/ledger/checkpoint.ts";
import {
  consistencyRanges,
  type Hash,
  inclusionRanges,
  leafHash as serverLeaf,
  nodeHash as serverNode,
} from "../../src/ledger/tree.ts";
import { isConsistent, isSame, leafHash, rootOf } from "../../web/ledger/merkle.ts";
import { isSignedBy, parseHead } from "../../web/ledger/signed-head.ts";

/** The browser's checks against proofs made by the server's tree. */
const leaves = Array.from({ length: 130 }, (_, at) => serverLeaf(`entry ${at}`));
const bytes = (hash: Hash): Uint8Array<ArrayBuffer> => new Uint8Array(hash);

/** MTH as RFC 6962 §2.1 writes it. */
function naive(from: number, to: number): Hash {
  if (to - from === 1) return leaves[from]!;
  let k = 1;
  while (k * 2 < to - from) k *= 2;
  return serverNode(naive(from, from + k), naive(from + k, to));
}

const sizes = fc
  .tuple(fc.integer({ min: 1, max: leaves.length }), fc.nat())
  .map(([size, pick]) => ({ size, other: pick % size }));

test("an entry's proof leads to the tree's root, and to no other with anything changed", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async ({ size, other: index }) => {
      const proof = inclusionRanges(index, size).map(({ from, to }) => bytes(naive(from, to)));
      const root = bytes(naive(0, size));
      const claim = { leaf: await leafHash(`entry ${index}`), index, size, proof };
      expect(isSame((await rootOf(claim))!, root)).toBe(true);
      const wrong = [
        await rootOf({ ...claim, leaf: await leafHash("another") }),
        await rootOf({ ...claim, proof: [...proof, root] }),
        ...(size > 1 ? [await rootOf({ ...claim, proof: proof.slice(1) })] : []),
        ...(size > 1 ? [await rootOf({ ...claim, index: (index + 1) % size })] : []),
      ];
      for (const found of wrong) expect(found === null || !isSame(found, root)).toBe(true);
    }),
  );
});

test("a grown log is consistent with its older head, and a rewritten one is not", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async ({ size, other }) => {
      const oldSize = other + 1;
      const proof = consistencyRanges(oldSize, size).map(({ from, to }) => bytes(naive(from, to)));
      const [oldRoot, root] = [bytes(naive(0, oldSize)), bytes(naive(0, size))];
      const claim = { oldSize, oldRoot, size, root, proof };
      expect(await isConsistent(claim)).toBe(true);
      const rewritten = await leafHash("another");
      expect(await isConsistent({ ...claim, oldRoot: rewritten })).toBe(false);
      expect(await isConsistent({ ...claim, root: rewritten })).toBe(false);
      expect(await isConsistent({ ...claim, proof: [...proof, root] })).toBe(false);
    }),
  );
});

test("a head opens with the key that signed it and with no other", async () => {
  const key = logKey("acme/fettle-ledger", generateKeyPairSync("ed25519").privateKey);
  const other = logKey(key.origin, generateKeyPairSync("ed25519").privateKey);
  const note = signCheckpoint(key, 42, leaves[7]!);
  const head = parseHead(note)!;
  expect({ size: head.size, root: Buffer.from(head.root) }).toEqual({ size: 42, root: leaves[7] });
  expect(await isSignedBy(head, verifierKey(key))).toBe(true);
  expect(await isSignedBy(head, verifierKey(other))).toBe(false);
  const forged = parseHead(note.replace("\n42\n", "\n43\n"))!;
  expect(await isSignedBy(forged, verifierKey(key))).toBe(false);
  expect(parseHead("hello")).toBeNull();
});
