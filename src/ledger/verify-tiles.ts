/**
 * The offline verifier of a log as C2SP tlog-tiles has it: `checkpoint`, `tile/<L>/<N>`,
 * `tile/entries/<N>`. Every entry, every hash of every tile, and the signed head.
 */
import {
  FINDINGS_MAX,
  type Finding,
  GrowingTree,
  hashLeaf,
  hashNode,
  openHead,
  parseObject,
  type SignedHead,
  type VerifierKey,
} from "./verify-note.ts";

export interface TilesVerdict {
  readonly isGood: boolean;
  readonly entries: number;
  readonly root: string;
  readonly findings: readonly Finding[];
}

/** The bytes under a path of the log; null where there is nothing. */
export type ReadTile = (path: string) => Uint8Array | null;

const WIDTH = 256;
const HASH = 32;

export function verifyTiles(
  read: ReadTile,
  options: { readonly key: VerifierKey; readonly knownHead?: SignedHead | undefined },
): TilesVerdict {
  const findings: Finding[] = [];
  const find = (index: number | null, problem: string): void => {
    if (findings.length < FINDINGS_MAX) findings.push({ line: null, index, problem });
  };
  const tree = new GrowingTree();
  const done = (): TilesVerdict => {
    const root = tree.root().toString("base64");
    return { isGood: findings.length === 0, entries: tree.size, root, findings };
  };
  const note = read("checkpoint");
  const head = note === null ? null : openHead(options.key, Buffer.from(note).toString("utf8"));
  if (head === null) {
    find(null, "there is no checkpoint that is signed by the key given");
    return done();
  }
  const { knownHead } = options;
  if (knownHead !== undefined && knownHead.size > head.size) {
    find(head.size, "it is older than the head that is already known");
  }
  let level = readEntries(read, head.size, { tree, find, knownHead });
  for (let at = 1; level.length > 0; at += 1) level = checkLevel(read, at, level, find);
  if (findings.length === 0 && tree.root().toString("base64") !== head.root) {
    find(null, `the signed head over ${head.size} entries does not fit them`);
  }
  return done();
}

interface Reading {
  readonly tree: GrowingTree;
  readonly knownHead: SignedHead | undefined;
  find(index: number | null, problem: string): void;
}

/** Checks bundles against the tiles of level 0; returns the roots of the whole ones. */
function readEntries(read: ReadTile, size: number, reading: Reading): readonly Buffer[] {
  const { tree, find } = reading;
  const roots: Buffer[] = [];
  // Where the beginning was pruned (C2SP tlog-tiles, Pruning) its hashes are here, and its words are not.
  let gone = 0;
  let allowed = 0;
  for (let position = 0; position * WIDTH < size; position += 1) {
    const width = Math.min(WIDTH, size - position * WIDTH);
    const bundle = wide(read, "entries", position, width);
    const tile = wide(read, "0", position, width);
    if (bundle === null && tile !== null && width === WIDTH && gone === position * WIDTH) {
      gone += WIDTH;
      for (let i = 0; i < WIDTH; i += 1) {
        tree.append(hashAt(tile, i) ?? Buffer.alloc(HASH));
        meetKnownHead(reading);
      }
      roots.push(rootOfTile(tile));
      continue;
    }
    const entries = entriesIn(bundle, width);
    for (let i = 0; i < width; i += 1) {
      const index = position * WIDTH + i;
      const entry = entries?.[i];
      const leaf = hashAt(tile, i);
      if (entry === undefined) find(index, `entry ${index} is not in its bundle`);
      else if (leaf === null || !hashLeaf(entry).equals(leaf)) {
        find(index, `the content of entry ${index} is not what its tile holds`);
      } else if (parseObject(entry) === null) find(index, `entry ${index} is not a JSON object`);
      else allowed = Math.max(allowed, prunedBy(entry));
      tree.append(entry === undefined ? Buffer.alloc(HASH) : hashLeaf(entry));
      meetKnownHead(reading);
    }
    if (tile !== null && width === WIDTH) roots.push(rootOfTile(tile));
  }
  if (gone > allowed) {
    find(0, `no statement in the log allows that entries below ${gone} are gone`);
  }
  return roots;
}

/** Below which index a statement lets entries go; 0 for what is none. */
function prunedBy(bytes: Uint8Array): number {
  const entry = parseObject(bytes);
  if (entry?.["type"] !== "ledger.pruned") return 0;
  const { minimum } = (entry["facts"] ?? {}) as Readonly<Record<string, unknown>>;
  return typeof minimum === "number" ? minimum : 0;
}

function meetKnownHead({ tree, find, knownHead }: Reading): void {
  if (knownHead?.size !== tree.size || tree.root().toString("base64") === knownHead.root) return;
  find(0, "its entries contradict the head that is already known");
}

/** Checks that the tiles of a level are the roots of the one below; returns the roots of its own. */
function checkLevel(
  read: ReadTile,
  level: number,
  below: readonly Buffer[],
  find: Reading["find"],
): readonly Buffer[] {
  const roots: Buffer[] = [];
  for (let position = 0; position * WIDTH < below.length; position += 1) {
    const held = below.slice(position * WIDTH, (position + 1) * WIDTH);
    const tile = wide(read, String(level), position, held.length);
    if (tile === null || !Buffer.concat(held).equals(tile)) {
      const first = held.findIndex((hash, i) => !(hashAt(tile, i)?.equals(hash) ?? false));
      const index = (position * WIDTH + Math.max(0, first)) * WIDTH ** level;
      find(index, `a tile of level ${level} is not what the level below gives`);
    }
    if (held.length === WIDTH) roots.push(rootOfTile(Buffer.concat(held)));
  }
  return roots;
}

/** A tile or bundle of that width; a wider one has the same beginning. */
function wide(read: ReadTile, kind: string, position: number, width: number): Uint8Array | null {
  const digits = String(position).padStart(Math.ceil(String(position).length / 3) * 3, "0");
  const parts = digits.match(/\d{3}/g) ?? [];
  const path = `tile/${kind}/${parts.map((part, i) => (i + 1 < parts.length ? `x${part}` : part)).join("/")}`;
  if (width === WIDTH) return exact(kind, width, read(path));
  const partial = exact(kind, width, read(`${path}.p/${width}`));
  if (partial !== null) return partial;
  const whole = exact(kind, WIDTH, read(path));
  return kind === "entries" ? whole : (whole?.subarray(0, width * HASH) ?? null);
}

function exact(kind: string, width: number, bytes: Uint8Array | null): Uint8Array | null {
  if (bytes === null || kind === "entries") return bytes;
  return bytes.length === width * HASH ? bytes : null;
}

/** Entries with their length as two bytes before each; null when the bytes do not end with one. */
function entriesIn(bundle: Uint8Array | null, width: number): readonly Uint8Array[] | null {
  if (bundle === null) return null;
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bundle.length) {
    const length = (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? 0);
    if (at + 2 + length > bundle.length) return null;
    entries.push(bundle.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries.length === width || entries.length === WIDTH ? entries : null;
}

function hashAt(tile: Uint8Array | null, i: number): Buffer | null {
  const hash = tile?.subarray(i * HASH, (i + 1) * HASH);
  return hash?.length === HASH ? Buffer.from(hash) : null;
}

function rootOfTile(tile: Uint8Array): Buffer {
  let row: Buffer[] = [];
  for (let i = 0; i < WIDTH; i += 1) row.push(Buffer.from(tile.subarray(i * HASH, (i + 1) * HASH)));
  while (row.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i + 1 < row.length; i += 2) {
      next.push(hashNode(row[i] ?? Buffer.alloc(0), row[i + 1] ?? Buffer.alloc(0)));
    }
    row = next;
  }
  return row[0] ?? Buffer.alloc(0);
}
