/**
 * The offline verifier of ledger exports, in one pass and in constant memory. It takes the lines of
 * an export and a public key that the verifier got some other way.
 *
 * It proves: every entry has the leaf hash that the tree has; entries are numbered without a gap;
 * every signed head in the export is the root of exactly the entries before it (so no two heads
 * contradict each other); the last head covers everything; what entries name by digest is what
 * stands beside them; entries that were pruned were pruned by a statement in the log, which names the
 * legal holds then in force; every change
 * was asked for, approved by others and then carried out, in this order. It cannot prove that the
 * log did not grow afterwards: give `knownHead`, a head seen earlier, and an older or forked export
 * is found.
 */
import { ChangeOrder } from "./verify-change.ts";
import {
  FINDINGS_MAX,
  type Finding,
  GrowingTree,
  hashLeaf,
  openHead,
  parseObject,
  parseVerifierKey,
  type SignedHead,
  sha256,
  type VerifierKey,
} from "./verify-note.ts";

export { openHead, parseVerifierKey, type SignedHead, type VerifierKey };

export interface Verdict {
  readonly isGood: boolean;
  readonly origin: string | null;
  readonly entries: number;
  readonly checkpoints: number;
  /** Root over all entries read, base64. */
  readonly root: string;
  readonly findings: readonly Finding[];
}

/** Facts that stand apart from their entry are at most 8 MiB, escaped at the most sixfold. */
const LINE_BYTES_MAX = 67_108_864;
/** Entries can be pruned up to the end of a whole tile only (C2SP tlog-tiles, Pruning). */
const TILE_WIDTH = 256;

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

interface Header {
  readonly size: number;
  readonly checkpoints: number;
  readonly origin: string;
  readonly minimum: number;
}

class ExportCheck {
  readonly #key: VerifierKey;
  readonly #knownHead: SignedHead | undefined;
  readonly #findings: Finding[] = [];
  readonly #tree = new GrowingTree();
  #order = new ChangeOrder(true);
  #line = 0;
  #checkpoints = 0;
  /** Entries under the last good head: a later mismatch is in what came after. */
  #covered = 0;
  #lastWasHead = false;
  #lastHeadSize = -1;
  #header: Header | null = null;
  #sawKnown = false;
  /** Legal holds in force at this place, as far as the log here tells of them. */
  readonly #holds = new Set<unknown>();
  /** Digest of the facts that the next line must hold. */
  #payload: string | null = null;
  /** What a statement in the log must say to allow that the beginning is not here. */
  #pruned: { readonly minimum: number; readonly root: string } | null = null;

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
    else if (start.startsWith('{"pruned":')) this.#readPruned(line.bytes);
    else if (start.startsWith('{"payload":')) this.#readPayload(line.bytes);
    else {
      this.#missPayload();
      if (start.startsWith('{"index":')) this.#readEntry(line.bytes);
      else if (start.startsWith('{"checkpoint"')) this.#readCheckpoint(line.bytes);
      else this.#find(this.#tree.size, "this line is neither an entry nor a checkpoint");
    }
  }

  end(): Verdict {
    const header = this.#header;
    this.#missPayload();
    if (this.#line === 0) this.#find(null, "the file is empty");
    if (!this.#lastWasHead) this.#find(this.#covered, "no signed head covers the last entries");
    if (header !== null && header.size !== this.#tree.size) {
      this.#find(
        Math.min(header.size, this.#tree.size),
        `the file holds ${this.#tree.size} entries and says ${header.size}`,
      );
    }
    if (header !== null && header.checkpoints !== this.#checkpoints) {
      this.#find(null, `it holds ${this.#checkpoints} heads and says ${header.checkpoints}`);
    }
    if (this.#knownHead !== undefined && !this.#sawKnown) {
      this.#find(this.#tree.size, "it is older than the head that is already known");
    }
    if (this.#pruned !== null) {
      this.#find(
        0,
        `no statement in the log allows that entries below ${this.#pruned.minimum} are gone`,
      );
    }
    return {
      isGood: this.#findings.length === 0,
      origin: header?.origin ?? null,
      entries: this.#tree.size,
      checkpoints: this.#checkpoints,
      root: this.#tree.root().toString("base64"),
      findings: this.#findings,
    };
  }

  #readHeader(bytes: Buffer): void {
    const header = parseObject(bytes);
    const { size, checkpoints, origin, minimum = 0 } = header ?? {};
    const isKnown = header?.["format"] === "fettle-ledger-export" && header["version"] === 1;
    const isCounted = typeof size === "number" && typeof checkpoints === "number";
    if (!isKnown || !isCounted || typeof minimum !== "number") {
      this.#find(null, "the first line is not that of a ledger export");
      return;
    }
    this.#header = { size, checkpoints, origin: String(origin), minimum };
    const said = { format: "fettle-ledger-export", version: 1, origin, size, checkpoints };
    const expected = { ...said, ...(minimum === 0 ? {} : { minimum }), key: header["key"] };
    if (bytes.toString("utf8") !== JSON.stringify(expected)) {
      this.#find(null, "the first line is not in its one form");
    }
    if (origin !== this.#key.origin) this.#find(null, "it is of another log than the key");
    const named = parseVerifierKey(String(header["key"]));
    if (named === null || !named.key.equals(this.#key.key)) {
      this.#find(null, "the key it names is not the key given");
    }
  }

  /** The second line, where the first says that entries below a minimum are not here. */
  #readPruned(bytes: Buffer): void {
    const minimum = this.#header?.minimum ?? 0;
    const { pruned } = parseObject(bytes) ?? {};
    const isInForm =
      this.#line === 2 &&
      minimum > 0 &&
      minimum % TILE_WIDTH === 0 &&
      Array.isArray(pruned) &&
      pruned.every((hash) => typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash)) &&
      bytes.toString("utf8") === JSON.stringify({ pruned });
    const hashes = isInForm ? pruned.map((hash) => Buffer.from(String(hash), "hex")) : [];
    if (!isInForm || !this.#tree.begin(minimum, hashes)) {
      this.#find(null, "this line does not stand for the entries that are not here");
      return;
    }
    this.#covered = minimum;
    this.#pruned = { minimum, root: this.#tree.root().toString("base64") };
    this.#order = new ChangeOrder(false);
    this.#meetKnownHead();
  }

  #readEntry(bytes: Buffer): void {
    const index = this.#tree.size;
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
    const hash = hashLeaf(entry);
    if (!isInForm) this.#find(index, `this line is not entry ${index}`);
    else if (hash.toString("hex") !== leaf) {
      this.#find(index, `the content of entry ${index} is not what the tree holds`);
    } else this.#understand(index, entry);
    this.#tree.append(hash);
    this.#meetKnownHead();
  }

  #understand(index: number, bytes: Buffer): void {
    const entry = parseObject(bytes);
    if (entry === null) {
      this.#find(index, `entry ${index} is not a JSON object`);
      return;
    }
    const disorder = this.#order.next(entry);
    if (disorder !== null) this.#find(index, `entry ${index}: ${disorder}`);
    if (typeof entry["payload"] === "string") this.#payload = entry["payload"];
    if (entry["type"] === "hold.placed") this.#holds.add(entry["object"]);
    if (entry["type"] === "hold.lifted") this.#holds.delete(entry["object"]);
    if (entry["type"] !== "ledger.pruned") return;
    this.#readStatement(entry["facts"]);
    const { holds } = (entry["facts"] ?? {}) as Readonly<Record<string, unknown>>;
    for (const hold of this.#holds) {
      const name = String(hold).slice("hold:".length);
      if (Array.isArray(holds) && holds.includes(name)) continue;
      this.#find(index, `entry ${index}: it lets entries go and ignores the legal hold ${name}`);
    }
  }

  #readStatement(facts: unknown): void {
    const { minimum, root } = (facts ?? {}) as Readonly<Record<string, unknown>>;
    if (this.#pruned?.minimum === minimum && this.#pruned?.root === root) this.#pruned = null;
  }

  #readPayload(bytes: Buffer): void {
    const index = this.#tree.size - 1;
    const lead = `{"payload":"${this.#payload}","facts":`;
    const facts = bytes.subarray(lead.length, -1);
    const isInForm =
      bytes.subarray(0, lead.length).toString("latin1") === lead && bytes.at(-1) === 0x7d;
    if (!isInForm || sha256(facts).toString("hex") !== this.#payload) {
      this.#find(index, `these are not the facts that entry ${index} names by their digest`);
    }
    this.#payload = null;
  }

  #missPayload(): void {
    if (this.#payload === null) return;
    const index = this.#tree.size - 1;
    this.#find(index, `the facts that entry ${index} names by their digest are not here`);
    this.#payload = null;
  }

  #readCheckpoint(bytes: Buffer): void {
    this.#checkpoints += 1;
    const [size, minimum] = [this.#tree.size, this.#header?.minimum ?? 0];
    const note = parseObject(bytes)?.["checkpoint"];
    const head = typeof note === "string" ? openHead(this.#key, note) : null;
    if (head === null || bytes.toString("utf8") !== JSON.stringify({ checkpoint: note })) {
      this.#find(this.#covered, "this head is not signed by the key given");
    } else if (head.size <= this.#lastHeadSize) {
      this.#find(size, "two heads over the same entries");
    } else if (head.size < minimum && size === minimum) {
      // Kept for ever; what it covers is not here, so only its signature and place can be judged.
    } else if (head.size !== size) {
      const problem = `a head over ${head.size} entries stands after ${size}`;
      this.#find(Math.min(head.size, size), problem);
    } else if (head.root !== this.#tree.root().toString("base64")) {
      const problem = `the signed head over ${head.size} entries does not fit them`;
      this.#find(this.#covered, `${problem}; the first bad one is at or after this index`);
    } else {
      this.#covered = head.size;
    }
    this.#lastHeadSize = Math.max(this.#lastHeadSize, head?.size ?? -1);
    this.#lastWasHead = head?.size === size;
  }

  #meetKnownHead(): void {
    const known = this.#knownHead;
    if (known === undefined || this.#sawKnown || known.size > this.#tree.size) return;
    this.#sawKnown = true;
    // One over pruned entries can be held against nothing that is left.
    if (known.size < this.#tree.size) return;
    if (known.root === this.#tree.root().toString("base64")) return;
    this.#find(this.#covered, "its entries contradict the head that is already known");
  }

  #find(index: number | null, problem: string): void {
    if (this.#findings.length >= FINDINGS_MAX) return;
    this.#findings.push({ line: this.#line, index, problem });
  }
}
