import { type Parsed, parseDocument, refuse, splitLines, writeDocument } from "../base/document.ts";
import { isHashText } from "../ledger/hash-text.ts";
import { type Hash, isConsistent, isIncluded, leafHash, nodeHash } from "../ledger/tree.ts";
import type { Head } from "./order.ts";

/**
 * What a bundle brings of the ledger (host protocol §12): the entry that completed the approval, its
 * way up to a signed head, and that this head grew out of the one the host saw last.
 *
 * A host has no hashing but a process each, so the proof also claims every hash in between: then all
 * of them can be made at once and compared. The size of the tree comes from the signed head only.
 */
export interface LogProof {
  readonly index: number;
  readonly entry: string;
  readonly leaf: string;
  /** Nearest the leaf first: what stands beside, and what both give. */
  readonly nodes: readonly { readonly sibling: string; readonly both: string }[];
  /** Size of the head that the host saw last. */
  readonly from: number;
  /** Null where nothing grew: the first head, or the same one again. */
  readonly growth: Growth | null;
}

export interface Growth {
  readonly start: string;
  /** `old` where the step leads to the old root too. */
  readonly steps: readonly {
    readonly sibling: string;
    readonly old: string | null;
    readonly both: string;
  }[];
}

/** The head as its key and its witnesses signed it: the body of a C2SP checkpoint. */
export interface HeadText extends Head {
  readonly origin: string;
}

const ENTRY_LINE_CHARACTERS = 1000;

export function writeHead(head: HeadText): string {
  const root = Buffer.from(head.root, "hex").toString("base64");
  return `${head.origin}\n${head.size}\n${root}\n`;
}

export function parseHead(text: string): Parsed<HeadText> {
  const lines = splitLines(text);
  if (!lines.ok) return lines;
  const [origin = "", size = "", root = "", ...more] = lines.value;
  const isHead =
    more.length === 0 &&
    !origin.includes(" ") &&
    origin.length <= 255 &&
    /^(?:0|[1-9][0-9]{0,14})$/.test(size) &&
    isHashText(root);
  if (!isHead) return refuse(1, "not the head of a log");
  const value = { origin, size: Number(size), root: Buffer.from(root, "base64").toString("hex") };
  return { ok: true, value };
}

export function writeLogProof(proof: LogProof): string {
  const { growth } = proof;
  return writeDocument("log", [
    `index ${proof.index}`,
    ...entryLines(proof.entry).map((line) => `entry ${line}`),
    `leaf ${proof.leaf}`,
    ...proof.nodes.map(({ sibling, both }) => `node ${sibling} ${both}`),
    `from ${proof.from}`,
    ...writeGrowth(growth),
  ]);
}

function entryLines(entry: string): readonly string[] {
  const base64 = Buffer.from(entry).toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += ENTRY_LINE_CHARACTERS) {
    lines.push(base64.slice(at, at + ENTRY_LINE_CHARACTERS));
  }
  return lines;
}

export function writeGrowth(growth: Growth | null): readonly string[] {
  if (growth === null) return [];
  const steps = growth.steps.map((g) => `grow ${g.sibling} ${g.old ?? "-"} ${g.both}`);
  return [`start ${growth.start}`, ...steps];
}

export function parseLogProof(text: string): Parsed<LogProof> {
  return parseDocument(text, { type: "log" }, (reader) => {
    const index = reader.number("index");
    const lines = [reader.rest("entry")];
    while (reader.isNext("entry")) lines.push(reader.rest("entry"));
    const entry = Buffer.from(lines.join(""), "base64").toString("utf8");
    // One encoding per meaning (host protocol §1.1): base64 leaves bits open, and other bytes are no text.
    if (entry === "" || lines.join("\n") !== entryLines(entry).join("\n")) {
      reader.stop("`entry` is not base64 of a text, in lines of 1000 characters");
    }
    const leaf = reader.word("leaf", "digest");
    const nodes: LogProof["nodes"][number][] = [];
    while (reader.isNext("node")) {
      const [sibling, both] = reader.fields("node", "digest", "digest");
      nodes.push({ sibling, both });
    }
    const from = reader.number("from");
    const starts: string[] = [];
    while (reader.isNext("start")) starts.push(reader.word("start", "digest"));
    const steps: Growth["steps"][number][] = [];
    while (reader.isNext("grow")) {
      const [sibling = "", old = "", both = "", ...more] = reader.words("grow");
      for (const word of [sibling, both, ...(old === "-" ? [] : [old])]) {
        reader.must("digest", word, "grow");
      }
      if (more.length > 0) reader.stop("`grow` is not three digests");
      steps.push({ sibling, old: old === "-" ? null : old, both });
    }
    // More than one beginning is well-formed and proves nothing; the empty one never fits.
    const growth = starts.length + steps.length === 0 ? null : { start: startOf(starts), steps };
    return {
      index,
      entry,
      leaf,
      nodes,
      from,
      growth,
    };
  });
}

function startOf(starts: readonly string[]): string {
  return starts.length === 1 ? (starts[0] ?? "") : "";
}

/** Makes the proof from the hashes that the ledger gives (RFC 6962 §2.1.1, §2.1.2). */
export function makeLogProof(of: {
  readonly index: number;
  readonly entry: string;
  readonly size: number;
  readonly path: readonly Hash[];
  readonly from: number;
  readonly fromRoot: string;
  readonly consistency: readonly Hash[];
}): LogProof {
  const leaf = leafHash(of.entry);
  const nodes: LogProof["nodes"][number][] = [];
  climb({ position: of.index, size: of.size, start: leaf, path: of.path }, (sibling, _old, both) =>
    nodes.push({ sibling: sibling.toString("hex"), both: both.toString("hex") }),
  );
  return {
    index: of.index,
    entry: of.entry,
    leaf: leaf.toString("hex"),
    nodes,
    from: of.from,
    growth: growthOf(of),
  };
}

/** That the tree of `size` grew out of the one of `from`, with every hash in between. */
export function growthOf(of: {
  readonly size: number;
  readonly from: number;
  readonly fromRoot: string;
  readonly consistency: readonly Hash[];
}): Growth | null {
  if (of.from === 0 || of.from === of.size) return null;
  const isWhole = 2 ** Math.floor(Math.log2(of.from)) === of.from;
  const [start, ...path] = isWhole
    ? [Buffer.from(of.fromRoot, "hex"), ...of.consistency]
    : of.consistency;
  if (start === undefined) return null;
  let [position, last] = [of.from - 1, of.size - 1];
  while (position % 2 === 1) [position, last] = [half(position), half(last)];
  const steps: Growth["steps"][number][] = [];
  climb({ position, size: last + 1, start, path }, (sibling, old, both) =>
    steps.push({
      sibling: sibling.toString("hex"),
      old: old?.toString("hex") ?? null,
      both: both.toString("hex"),
    }),
  );
  return { start: start.toString("hex"), steps };
}

function half(position: number): number {
  return Math.floor(position / 2);
}

/** Walks up as RFC 9162 §2.1.3.2 and §2.1.4.2 do; `old` is given where the old tree has the step too. */
function climb(
  of: {
    readonly position: number;
    readonly size: number;
    readonly start: Hash;
    readonly path: readonly Hash[];
  },
  step: (sibling: Hash, old: Hash | null, both: Hash) => void,
): void {
  let [position, last] = [of.position, of.size - 1];
  let [was, is] = [of.start, of.start];
  for (const sibling of of.path) {
    const isRight = position % 2 === 1 || position === last;
    is = isRight ? nodeHash(sibling, is) : nodeHash(is, sibling);
    if (isRight) was = nodeHash(sibling, was);
    step(sibling, isRight ? was : null, is);
    while (isRight && position % 2 === 0 && position !== 0) {
      [position, last] = [half(position), half(last)];
    }
    [position, last] = [half(position), half(last)];
  }
}

/** Why a host would not take this proof, or null. */
export function logProofFault(of: {
  readonly proof: LogProof;
  readonly head: Head;
  /** The head that the host saw last. */
  readonly mine: Head;
  readonly plan: string;
}): string | null {
  const { proof, head, mine } = of;
  if (!proof.entry.startsWith(`{"_approved":"${of.plan} `))
    return "the entry approves another plan";
  return growthFault(proof, head, mine) ?? inclusionFault(proof, head);
}

function growthFault(proof: LogProof, head: Head, mine: Head): string | null {
  if (head.size < mine.size) return "the head is smaller than one seen before";
  if (head.size === mine.size && head.root !== mine.root) return "another head of the same size";
  if (proof.from !== mine.size) return "the proof begins at another head";
  if (mine.size === 0 || head.size === mine.size) {
    return proof.growth === null ? null : "the proof is too long";
  }
  if (proof.growth === null) return "the proof has no beginning";
  const isWhole = 2 ** Math.floor(Math.log2(mine.size)) === mine.size;
  const { start } = proof.growth;
  const consistency = [...(isWhole ? [] : [start]), ...proof.growth.steps.map((g) => g.sibling)];
  const isGrown =
    (!isWhole || start === mine.root) &&
    isConsistent({
      oldSize: mine.size,
      oldRoot: Buffer.from(mine.root, "hex"),
      size: head.size,
      root: Buffer.from(head.root, "hex"),
      proof: consistency.map((hash) => Buffer.from(hash, "hex")),
    });
  if (!isGrown) return "the log did not grow from the head seen before";
  const made = growthOf({
    size: head.size,
    from: mine.size,
    fromRoot: mine.root,
    consistency: consistency.map((hash) => Buffer.from(hash, "hex")),
  });
  return JSON.stringify(made) === JSON.stringify(proof.growth)
    ? null
    : "a claimed hash of the proof is wrong";
}

function inclusionFault(proof: LogProof, head: Head): string | null {
  const path = proof.nodes.map(({ sibling }) => Buffer.from(sibling, "hex"));
  const { index, entry } = proof;
  const isThere = isIncluded({
    leaf: leafHash(entry),
    index,
    size: head.size,
    proof: path,
    root: Buffer.from(head.root, "hex"),
  });
  if (!isThere) return "the ledger does not hold this approval";
  const made = makeLogProof({
    ...{ index, entry, size: head.size, path, from: 0, fromRoot: "", consistency: [] },
  });
  const isSame =
    made.leaf === proof.leaf && JSON.stringify(made.nodes) === JSON.stringify(proof.nodes);
  return isSame ? null : "a claimed hash of the proof is wrong";
}
