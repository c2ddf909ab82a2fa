/**
 * The offline verifier of the evidence about one change: its entries, each with the proof that it
 * stands in the log under the signed head at the end, the order that a change must keep, and what hosts
 * signed, with the entries that say whose keys those are. Who holds it learns nothing of other changes.
 * It cannot show that no entry was left out.
 */
import { ChangeOrder } from "./verify-change.ts";
import {
  FINDINGS_MAX,
  type Finding,
  hashLeaf,
  openHead,
  parseObject,
  parseVerifierKey,
  rootFromProof,
  type VerifierKey,
} from "./verify-note.ts";
import { HostResults } from "./verify-results.ts";

export interface EvidenceVerdict {
  readonly isGood: boolean;
  readonly change: string | null;
  readonly entries: number;
  /** Results of hosts whose signatures were looked at. */
  readonly results: number;
  readonly findings: readonly Finding[];
}

/** What is there of no change: whose key a host signs by, and why that may be gone. */
const BESIDE = new Set<unknown>(["host.enrolled", "ledger.pruned"]);
const HASH_TEXT = /^[A-Za-z0-9+/]{43}=$/;

export function verifyEvidence(
  text: string,
  options: { readonly key: VerifierKey },
): EvidenceVerdict {
  const findings: Finding[] = [];
  const find = (line: number, problem: string, index: number | null = null): void => {
    if (findings.length < FINDINGS_MAX) findings.push({ line, index, problem });
  };
  const lines = text.split("\n");
  if (lines.pop() !== "") find(lines.length + 1, "the file ends in the middle of a line");
  const [first = "", ...rest] = lines;
  const last = rest.pop() ?? "";
  const header = readHeader(first, options.key, find);
  const note = parseObject(Buffer.from(last))?.["checkpoint"];
  const head = typeof note === "string" ? openHead(options.key, note) : null;
  if (head === null || last !== JSON.stringify({ checkpoint: note })) {
    find(lines.length, "the last line is no head that is signed by the key given");
  }
  const order = new ChangeOrder(true);
  const results = new HostResults();
  let [before, entries] = [-1, 0];
  for (const [at, line] of rest.entries()) {
    if (line.startsWith('{"results":')) {
      const problem = results.line(line);
      if (problem !== null) find(at + 2, problem, before);
      continue;
    }
    entries += 1;
    const found = readEntry(line);
    if (found === null) {
      find(at + 2, "this line is no entry with its proof");
      continue;
    }
    const { index, entry, leaf, proof } = found;
    const root = head === null ? null : rootFromProof({ leaf, index, size: head.size, proof });
    const isIn = root !== null && root.toString("base64") === head?.root;
    if (index <= before) find(at + 2, "entries are not in the order of the log", index);
    else if (!isIn) find(at + 2, "the proof does not lead to the signed head", index);
    else if (entry["change"] !== header.change && !BESIDE.has(entry["type"])) {
      find(at + 2, "it is of another change", index);
    } else {
      const disorder = results.entry(entry) ?? order.next(entry);
      if (disorder !== null) find(at + 2, disorder, index);
    }
    before = index;
  }
  const missed = results.end();
  if (missed !== null) find(lines.length, missed, before);
  if (header.entries !== entries) {
    find(1, `it holds ${entries} entries and says ${header.entries}`);
  }
  const isGood = findings.length === 0;
  return { isGood, change: header.change, entries, results: results.count, findings };
}

function readHeader(
  line: string,
  key: VerifierKey,
  find: (line: number, problem: string) => void,
): { readonly change: string | null; readonly entries: number } {
  const header = parseObject(Buffer.from(line)) ?? {};
  const { origin, change, entries } = header;
  const said = { format: "fettle-ledger-evidence", version: 2, origin, change, entries };
  const isInForm = line === JSON.stringify({ ...said, key: header["key"] });
  if (!isInForm || typeof change !== "string" || typeof entries !== "number") {
    find(1, "the first line is not that of the evidence about a change");
    return { change: null, entries: -1 };
  }
  if (origin !== key.origin) find(1, "it is of another log than the key");
  const named = parseVerifierKey(String(header["key"]));
  if (named === null || !named.key.equals(key.key)) {
    find(1, "the key it names is not the key given");
  }
  return { change, entries };
}

/** `{"index":7,"proof":["…"],"entry":…}`, in this one form; the entry is the bytes that were hashed. */
function readEntry(line: string) {
  const match = /^\{"index":(0|[1-9]\d{0,14}),"proof":(\[[^\]]*\]),"entry":(.*)\}$/s.exec(line);
  const [, index = "", proofText = "", text = ""] = match ?? [];
  const entry = parseObject(Buffer.from(text));
  const hashes = parseObject(Buffer.from(`{"proof":${proofText}}`))?.["proof"];
  if (match === null || entry === null || !Array.isArray(hashes)) return null;
  const isInForm =
    hashes.every((hash) => typeof hash === "string" && HASH_TEXT.test(hash)) &&
    JSON.stringify(hashes) === proofText;
  if (!isInForm) return null;
  const proof = hashes.map((hash) => Buffer.from(String(hash), "base64"));
  return { index: Number(index), entry, leaf: hashLeaf(Buffer.from(text)), proof };
}
