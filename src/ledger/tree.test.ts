import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appendLeaves, edgeTiles, nodesIn, type Tile, tileKey, tilePath } from "./tile.ts";
import {
  consistencyRanges,
  EMPTY_ROOT,
  type Hash,
  inclusionRanges,
  isConsistent,
  isIncluded,
  leafHash,
  rangeHash,
  rootHash,
} from "./tree.ts";

const hash = (...parts: Uint8Array[]): Buffer =>
  createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962 §2.1 written down word for word, recursion and all. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return hash();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return hash(Buffer.from([1]), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

function naivePath(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return m < k
    ? [...naivePath(m, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(m - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}

function naiveProof(m: number, leaves: readonly Buffer[], isWhole = true): Buffer[] {
  if (m === leaves.length) return isWhole ? [] : [naiveRoot(leaves)];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return m <= k
    ? [...naiveProof(m, leaves.slice(0, k), isWhole), naiveRoot(leaves.slice(k))]
    : [...naiveProof(m - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))];
}

const leaves = Array.from({ length: 1400 }, (_, i) => leafHash(`entry ${i}`));

/** Builds the tiles of a tree by appending in batches of the given sizes. */
function grow(batches: readonly number[]): { size: number; tiles: Map<string, Tile> } {
  const tiles = new Map<string, Tile>();
  let size = 0;
  for (const count of batches) {
    const edge = new Map(
      edgeTiles(size).map((name) => [tileKey(name), tiles.get(tileKey(name))!] as const),
    );
    const added = leaves.slice(size, size + count);
    for (const tile of appendLeaves({ size, edge, leaves: added })) tiles.set(tileKey(tile), tile);
    size += count;
  }
  return { size, tiles };
}

// The reference tree of Certificate Transparency's own tests (RFC 6962 implementations share it).
const reference = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((hex) => Buffer.from(hex, "hex"));
const referenceRoots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

describe("the Merkle tree", () => {
  test("gives the roots of the published test vectors", () => {
    expect(EMPTY_ROOT.toString("hex")).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    for (const [i, root] of referenceRoots.entries()) {
      const hashes = reference.slice(0, i + 1).map((entry) => leafHash(entry));
      const tiles = new Map<string, Tile>(
        appendLeaves({ size: 0, edge: new Map(), leaves: hashes }).map((t) => [tileKey(t), t]),
      );
      expect(rootHash(i + 1, nodesIn(tiles)).toString("hex")).toBe(root);
    }
  });

  test("has the same root however its leaves arrived, equal to the naive tree", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 280 }), { maxLength: 5 }), (batches) => {
        const { size, tiles } = grow(batches);
        const root = rootHash(size, nodesIn(tiles));
        expect(root.equals(naiveRoot(leaves.slice(0, size)))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("proves inclusion as RFC 6962 writes it, and the proof fits nothing else", () => {
    const { tiles } = grow([700, 70]);
    const node = nodesIn(tiles);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 770 }), fc.nat(), (size, pick) => {
        const index = pick % size;
        const proof = inclusionRanges(index, size).map((range) => rangeHash(range, node));
        expect(proof).toEqual(naivePath(index, leaves.slice(0, size)));
        const claim = { leaf: leaves[index]!, index, size, proof, root: rootHash(size, node) };
        expect(isIncluded(claim)).toBe(true);
        expect(isIncluded({ ...claim, leaf: leafHash("another") })).toBe(false);
        expect(isIncluded({ ...claim, index: size })).toBe(false);
        expect(isIncluded({ ...claim, proof: [...proof, leaves[0]!] })).toBe(false);
        if (size > 1) {
          expect(isIncluded({ ...claim, index: (index + 1) % size })).toBe(false);
          expect(isIncluded({ ...claim, proof: proof.slice(1) })).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("proves consistency as RFC 6962 writes it, and the proof fits nothing else", () => {
    const { tiles } = grow([700, 70]);
    const node = nodesIn(tiles);
    const other: Hash = leafHash("another");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 770 }), fc.nat(), (size, pick) => {
        const oldSize = 1 + (pick % size);
        const proof = consistencyRanges(oldSize, size).map((range) => rangeHash(range, node));
        expect(proof).toEqual(naiveProof(oldSize, leaves.slice(0, size)));
        const oldRoot = rootHash(oldSize, node);
        const claim = { oldSize, oldRoot, size, root: rootHash(size, node), proof };
        expect(isConsistent(claim)).toBe(true);
        expect(isConsistent({ ...claim, oldRoot: other })).toBe(false);
        expect(isConsistent({ ...claim, root: other })).toBe(false);
        expect(isConsistent({ ...claim, proof: [...proof, other] })).toBe(false);
        if (proof.length > 0) {
          expect(isConsistent({ ...claim, proof: proof.slice(1) })).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("tile paths", () => {
  test("are those of C2SP tlog-tiles", () => {
    expect(tilePath(0, 1_234_067, 256)).toBe("tile/0/x001/x234/067");
    expect(tilePath(1, 0, 12)).toBe("tile/1/000.p/12");
    expect(tilePath("entries", 1000, 256)).toBe("tile/entries/x001/000");
  });
});
