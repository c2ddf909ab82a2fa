/**
 * C2SP tlog-tiles: a tile holds up to 256 hashes of one level (levels are eight tree levels apart),
 * so eight levels of the tree follow from one file of 8,192 bytes.
 */
import { assert, present } from "../base/failure.ts";
import { type Hash, type NodeSource, nodeHash, type TreeNode } from "./tree.ts";

export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

export interface TileName {
  readonly level: number;
  readonly position: number;
}

export interface Tile extends TileName {
  readonly hashes: readonly Hash[];
}

export function tileKey(name: TileName): string {
  return `${name.level}/${name.position}`;
}

/** How many hashes all tiles of a level hold together in a tree of `size` leaves. */
export function hashesOnLevel(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The tile that holds, or whose hashes give, a node. */
export function tileOf(node: TreeNode): TileName {
  const level = Math.floor(node.level / TILE_HEIGHT);
  const first = node.index * 2 ** (node.level % TILE_HEIGHT);
  return { level, position: Math.floor(first / TILE_WIDTH) };
}

/** Finds nodes in tiles that were loaded before. */
export function nodesIn(tiles: ReadonlyMap<string, Tile>): NodeSource {
  return (node) => {
    const tile = present(tiles.get(tileKey(tileOf(node))), `tile of node ${node.level}`);
    const count = 2 ** (node.level % TILE_HEIGHT);
    const from = (node.index * count) % TILE_WIDTH;
    const hashes = tile.hashes.slice(from, from + count);
    assert(hashes.length === count, "a tile is narrower than the tree it belongs to");
    return completeHash(hashes);
  };
}

function completeHash(hashes: readonly Hash[]): Hash {
  let row = hashes;
  while (row.length > 1) {
    const next: Hash[] = [];
    for (let i = 0; i + 1 < row.length; i += 2) {
      next.push(nodeHash(present(row[i], "left hash"), present(row[i + 1], "right hash")));
    }
    row = next;
  }
  return present(row[0], "hash");
}

/** The unfinished tiles at the right edge of a tree: what appending needs to know. */
export function edgeTiles(size: number): readonly TileName[] {
  const names: TileName[] = [];
  for (let level = 0; hashesOnLevel(level, size) > 0; level += 1) {
    const count = hashesOnLevel(level, size);
    if (count % TILE_WIDTH > 0) names.push({ level, position: Math.floor(count / TILE_WIDTH) });
  }
  return names;
}

/** Appends leaves to a tree of `size`; returns every tile that is new or has grown. */
export function appendLeaves(input: {
  readonly size: number;
  readonly edge: ReadonlyMap<string, Tile>;
  readonly leaves: readonly Hash[];
}): readonly Tile[] {
  const changed: Tile[] = [];
  let arriving = input.leaves;
  for (let level = 0; arriving.length > 0; level += 1) {
    const finished: Hash[] = [];
    const count = hashesOnLevel(level, input.size);
    let position = Math.floor(count / TILE_WIDTH);
    const held =
      count % TILE_WIDTH === 0 ? undefined : input.edge.get(tileKey({ level, position }));
    assert(count % TILE_WIDTH === (held?.hashes.length ?? 0), "the edge of the tree is not whole");
    let row: readonly Hash[] = [...(held?.hashes ?? []), ...arriving];
    while (row.length > 0) {
      const hashes = row.slice(0, TILE_WIDTH);
      changed.push({ level, position, hashes });
      if (hashes.length === TILE_WIDTH) finished.push(completeHash(hashes));
      row = row.slice(TILE_WIDTH);
      position += 1;
    }
    arriving = finished;
  }
  return changed;
}

/** `1234067` → `x001/x234/067`; a tile with fewer than 256 hashes adds `.p/<width>`. */
export function tilePath(kind: number | "entries", position: number, width: number): string {
  const digits = String(position);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const parts = padded.match(/\d{3}/g) ?? [];
  const path = parts.map((part, i) => (i + 1 < parts.length ? `x${part}` : part)).join("/");
  return `tile/${kind}/${path}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}

/** Beside the log's tiles, not a part of C2SP: facts too large for their entry, by their digest. */
export function factsPath(payload: string): string {
  return `facts/${payload.slice(0, 2)}/${payload}`;
}

/** An entry bundle: each entry after its length as two bytes, big-endian. */
export function entryBundle(entries: readonly string[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const bytes = Buffer.from(entry);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      return [length, bytes];
    }),
  );
}

export function hashesFromBytes(bytes: Buffer): readonly Hash[] {
  const hashes: Hash[] = [];
  for (let at = 0; at < bytes.length; at += 32) hashes.push(bytes.subarray(at, at + 32));
  return hashes;
}
