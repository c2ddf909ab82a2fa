/**
 * The offline verifier of ledger exports. It takes the lines of an export and a public key that the
 * verifier got some other way, and imports nothing but Node's own crypto: it shares no code with
 * the writer, so that a mistake there cannot hide here.
 *
 * It proves: every entry has the leaf hash that the tree has; entries are numbered from 0 without a
 * gap; every signed head in the export is the root of exactly the entries before it (so no two heads
 * contradict each other); the last head covers everything. It cannot prove that the log did not
 * grow afterwards: give `knownHead`, a head seen earlier, and an older or forked export is found.
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";

export interface Finding {
  /** Line of the file, from 1. */
  readonly line: number;
  /** The first entry that is bad, or the first of those among which it must be. */
  readonly index: number | null;
  readonly problem: string;
}

export interface Verdict {
  readonly isGood: boolean;
  readonly origin: string | null;
  readonly entries: number;
  readonly checkpoints: number;
  /** Root over all entries read, base64. */
  readonly root: string;
  readonly findings: readonly Finding[];
}

export interface VerifierKey {
  readonly origin: string;
  readonly id: Buffer;
  readonly key: KeyObject;
}

/** After this many the rest follows from the first ones. */
const FINDINGS_MAX = 20;
const LINE_BYTES_MAX = 131_072;
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Reads `<origin>+<8 hex>+<base64 of 0x01 and the Ed25519 key>`; null when it is not one. */
export function parseVerifierKey(text: string): VerifierKey | null {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const [, origin, id, encoded] = match ?? [];
  if (origin === undefined || id === undefined || encoded === undefined) return null;
  const typed = Buffer.from(encoded, "base64");
  if (typed.length !== 33 || typed[0] !== 1) return null;
  const hash = createHash("sha256").update(`${origin}\n`).update(typed).digest();
  if (hash.subarray(0, 4).toString("hex") !== id) return null;
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, typed.subarray(1)]),
    format: "der",
    type: "spki",
  });
  return { origin, id: hash.subarray(0, 4), key };
}

export interface SignedHead {
  readonly size: number;
  /** base64 */
  readonly root: string;
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

/** Checks an export given as chunks of bytes, in one pass and in constant memory. */
export async function verifyExport(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: { readonly key: VerifierKey; readonly knownHead?: SignedHead | undefined },
): Promise<Verdict> {
  const check = new ExportCheck(options.key, options.knownHead);
  for await (const line of linesOf(chunks)) check.line(line);
  return check.end();
}

/** Lines without their LF; a last line that has none is marked by `isWhole: false`. */
async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10, from)) {
      yield { bytes: rest.subarray(from, at), isWhole: true };
      from = at + 1;
    }
    rest = rest.subarray(from);
    if (rest.length > LINE_BYTES_MAX) break;
  }
  if (rest.length > 0) yield { bytes: rest, isWhole: false };
}

class ExportCheck {
  readonly #key: VerifierKey;
  readonly #knownHead: SignedHead | undefined;
  readonly #findings: Finding[] = [];
  /** Roots of the complete subtrees so far, largest first (RFC 6962 §2.1 read from the left). */
  #subtrees: { size: number; hash: Buffer }[] = [];
  #line = 0;
  #entries = 0;
  #checkpoints = 0;
  /** Entries under the last good head: a later mismatch is in what came after. */
  #covered = 0;
  #lastWasHead = false;
  #header: { size: number; checkpoints: number; origin: string } | null = null;
  #sawKnown = false;

  constructor(key: VerifierKey, knownHead: SignedHead | undefined) {
    this.#key = key;
    this.#knownHead = knownHead;
    this.#meetKnownHead();
  }

  line(line: { readonly bytes: Buffer; readonly isWhole: boolean }): void {
    this.#line += 1;
    const start = line.bytes.subarray(0, 14).toString("latin1");
    if (!line.isWhole) this.#find(null, "the file ends in the middle of a line");
    else if (this.#line === 1) this.#readHeader(line.bytes);
    else if (start.startsWith('{"index":')) this.#readEntry(line.bytes);
    else if (start.startsWith('{"checkpoint"')) this.#readCheckpoint(line.bytes);
    else this.#find(this.#entries, "this line is neither an entry nor a checkpoint");
  }

  end(): Verdict {
    const header = this.#header;
    if (this.#line === 0) this.#find(null, "the file is empty");
    if (!this.#lastWasHead) this.#find(this.#covered, "no signed head covers the last entries");
    if (header !== null && header.size !== this.#entries) {
      this.#find(
        Math.min(header.size, this.#entries),
        `the file holds ${this.#entries} entries and says ${header.size}`,
      );
    }
    if (header !== null && header.checkpoints !== this.#checkpoints) {
      this.#find(null, `it holds ${this.#checkpoints} heads and says ${header.checkpoints}`);
    }
    if (this.#knownHead !== undefined && !this.#sawKnown) {
      this.#find(this.#entries, "it is older than the head that is already known");
    }
    return {
      isGood: this.#findings.length === 0,
      origin: header?.origin ?? null,
      entries: this.#entries,
      checkpoints: this.#checkpoints,
      root: this.#root().toString("base64"),
      findings: this.#findings,
    };
  }

  #readHeader(bytes: Buffer): void {
    const header = parseObject(bytes);
    const { size, checkpoints, origin } = header ?? {};
    const isKnown = header?.["format"] === "fettle-ledger-export" && header["version"] === 1;
    if (!isKnown || typeof size !== "number" || typeof checkpoints !== "number") {
      this.#find(null, "the first line is not that of a ledger export");
      return;
    }
    this.#header = { size, checkpoints, origin: String(origin) };
    const expected = { format: "fettle-ledger-export", version: 1, origin, size, checkpoints };
    if (bytes.toString("utf8") !== JSON.stringify({ ...expected, key: header["key"] })) {
      this.#find(null, "the first line is not in its one form");
    }
    if (origin !== this.#key.origin) this.#find(null, "it is of another log than the key");
    const named = parseVerifierKey(String(header["key"]));
    if (named === null || !named.key.equals(this.#key.key)) {
      this.#find(null, "the key it names is not the key given");
    }
  }

  #readEntry(bytes: Buffer): void {
    const index = this.#entries;
    this.#entries += 1;
    this.#lastWasHead = false;
    const lead = `{"index":${index},"leaf":"`;
    const body = bytes.subarray(lead.length + 64);
    const gap = '","entry":';
    const isInForm =
      bytes.subarray(0, lead.length).toString("latin1") === lead &&
      body.subarray(0, gap.length).toString("latin1") === gap &&
      body.at(-1) === 0x7d;
    const leaf = bytes.subarray(lead.length, lead.length + 64).toString("latin1");
    const entry = body.subarray(gap.length, -1);
    const hash = createHash("sha256")
      .update(Buffer.from([0]))
      .update(entry)
      .digest();
    if (!isInForm) this.#find(index, `this line is not entry ${index}`);
    else if (hash.toString("hex") !== leaf) {
      this.#find(index, `the content of entry ${index} is not what the tree holds`);
    } else if (parseObject(entry) === null) {
      this.#find(index, `entry ${index} is not a JSON object`);
    }
    this.#append(hash);
    this.#meetKnownHead();
  }

  #readCheckpoint(bytes: Buffer): void {
    this.#checkpoints += 1;
    const note = parseObject(bytes)?.["checkpoint"];
    const head = typeof note === "string" ? openHead(this.#key, note) : null;
    if (head === null || bytes.toString("utf8") !== JSON.stringify({ checkpoint: note })) {
      this.#find(this.#covered, "this head is not signed by the key given");
    } else if (this.#lastWasHead) {
      this.#find(this.#entries, "two heads over the same entries");
    } else if (head.size !== this.#entries) {
      const index = Math.min(head.size, this.#entries);
      this.#find(index, `a head over ${head.size} entries stands after ${this.#entries}`);
    } else if (head.root !== this.#root().toString("base64")) {
      const problem = `the signed head over ${head.size} entries does not fit them`;
      this.#find(this.#covered, `${problem}; the first bad one is at or after this index`);
    } else {
      this.#covered = head.size;
    }
    this.#lastWasHead = true;
  }

  #meetKnownHead(): void {
    if (this.#knownHead === undefined || this.#knownHead.size !== this.#entries) return;
    this.#sawKnown = true;
    if (this.#knownHead.root === this.#root().toString("base64")) return;
    this.#find(this.#covered, "its entries contradict the head that is already known");
  }

  #append(leaf: Buffer): void {
    let joined = { size: 1, hash: leaf };
    for (
      let last = this.#subtrees.at(-1);
      last?.size === joined.size;
      last = this.#subtrees.at(-1)
    ) {
      this.#subtrees.pop();
      joined = { size: joined.size * 2, hash: joinHashes(last.hash, joined.hash) };
    }
    this.#subtrees.push(joined);
  }

  #root(): Buffer {
    const hashes = this.#subtrees.map((subtree) => subtree.hash);
    const last = hashes.pop();
    if (last === undefined) return createHash("sha256").digest();
    return hashes.reduceRight((right, left) => joinHashes(left, right), last);
  }

  #find(index: number | null, problem: string): void {
    if (this.#findings.length >= FINDINGS_MAX) return;
    this.#findings.push({ line: this.#line, index, problem });
  }
}

function joinHashes(left: Buffer, right: Buffer): Buffer {
  return createHash("sha256")
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest();
}

function parseObject(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    // Not UTF-8 or not JSON: the caller reports it with the place.
    return null;
  }
}
