import { present } from "../base/failure.ts";
import type { Reader } from "../db/database.ts";
import { loadEntries, loadTiles } from "./store-tree.ts";
import { nodesIn, tileOf } from "./tile.ts";
import {
  consistencyRanges,
  type Hash,
  inclusionRanges,
  type LeafRange,
  leafHash,
  nodesOf,
  rangeHash,
} from "./tree.ts";

/** The entry at an index with its inclusion proof in the tree of `size`. */
export async function proveInclusion(
  reader: Reader,
  at: { readonly index: number; readonly size: number },
): Promise<{
  readonly entry: string;
  readonly leaf: Hash;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}> {
  const ranges = inclusionRanges(at.index, at.size);
  const whole = { from: 0, to: at.size };
  const [hashes, entries] = await Promise.all([
    hashRanges(reader, [...ranges, whole]),
    loadEntries(reader, { from: at.index, to: at.index + 1 }),
  ]);
  const entry = present(entries[0], "entry");
  const root = present(hashes.at(-1), "root");
  return { entry, leaf: leafHash(entry), proof: hashes.slice(0, -1), root };
}

export function proveConsistency(
  reader: Reader,
  sizes: { readonly from: number; readonly to: number },
): Promise<readonly Hash[]> {
  return hashRanges(reader, consistencyRanges(sizes.from, sizes.to));
}

/** The hashes of ranges, from the tiles that hold them: O(log n) of those for each. */
export async function hashRanges(
  reader: Reader,
  ranges: readonly LeafRange[],
): Promise<readonly Hash[]> {
  const tiles = await loadTiles(reader, ranges.flatMap(nodesOf).map(tileOf));
  return ranges.map((range) => rangeHash(range, nodesIn(tiles)));
}
