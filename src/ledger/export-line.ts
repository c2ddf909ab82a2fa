import { canonicalJson, type Json } from "../base/json.ts";
import { type LogKey, verifierKey } from "./checkpoint.ts";
import type { Hash } from "./tree.ts";

/**
 * An export is one text file of JSON lines, in a form so fixed that a changed byte anywhere shows:
 *
 *     {"format":"fettle-ledger-export","version":1,"origin":…,"size":…,"checkpoints":…,"key":…}
 *     {"index":0,"leaf":"<hex>","entry":<the entry's own bytes>}
 *     {"payload":"<digest>","facts":<what the entry above names by its digest>}
 *     {"checkpoint":"<signed note over the entries above>"}
 *
 * Where entries below a minimum were pruned, the first line says `"minimum":…` before its key, and
 * `{"pruned":["<hex>",…]}` follows: the hashes of the whole subtrees that stand for them.
 *
 * Every head that was ever signed stands right after the last entry it covers; the last line is the
 * head over all entries. Leaf hashes come from the tree, not from the entries, so that an entry
 * altered in the database is named exactly.
 */
export function headerLine(of: {
  readonly key: LogKey;
  readonly size: number;
  readonly checkpoints: number;
  /** Entries below it were pruned. */
  readonly minimum?: number | undefined;
}): string {
  const { key, size, checkpoints, minimum = 0 } = of;
  const first = { format: "fettle-ledger-export", version: 1, origin: key.origin };
  const counts = { size, checkpoints, ...(minimum === 0 ? {} : { minimum }) };
  return `${JSON.stringify({ ...first, ...counts, key: verifierKey(key) })}\n`;
}

export function prunedLine(hashes: readonly Hash[]): string {
  return `${JSON.stringify({ pruned: hashes.map((hash) => hash.toString("hex")) })}\n`;
}

export function entryLine(index: number, leaf: Hash, entry: string): string {
  return `{"index":${index},"leaf":"${leaf.toString("hex")}","entry":${entry}}\n`;
}

export function payloadLine(payload: string, facts: Json): string {
  return `{"payload":"${payload}","facts":${canonicalJson(facts)}}\n`;
}

export function headLine(note: string): string {
  return `${JSON.stringify({ checkpoint: note })}\n`;
}

/** The digest of facts that stand apart, which an entry names; null for almost all entries. */
export function payloadOf(entry: string): string | null {
  if (!entry.includes('"payload":"')) return null;
  const { payload } = JSON.parse(entry) as { payload?: unknown };
  return typeof payload === "string" ? payload : null;
}

export interface ProvenEntry {
  readonly index: number;
  readonly entry: string;
  readonly proof: readonly Hash[];
  /** Where it stands for results of hosts: all of them. */
  readonly results?: readonly SignedResult[] | undefined;
}

/** What a host said under its own key, with the key line it was verified by. */
export interface SignedResult {
  readonly document: string;
  readonly signature: string;
  readonly key: string;
}

/**
 * What an auditor may be given about one change: its entries, each with its proof under the one head at
 * the end, and after each that stands for results of hosts the results, as they were signed. Entries that
 * say with which key a host was enrolled stand among them.
 */
export function evidenceHeader(of: {
  readonly key: LogKey;
  readonly change: string;
  readonly entries: number;
}): string {
  const { key, change, entries } = of;
  const first = { format: "fettle-ledger-evidence", version: 2, origin: key.origin, change };
  return `${JSON.stringify({ ...first, entries, key: verifierKey(key) })}\n`;
}

export function provenLine({ index, entry, proof, results }: ProvenEntry): string {
  const hashes = JSON.stringify(proof.map((hash) => hash.toString("base64")));
  const line = `{"index":${index},"proof":${hashes},"entry":${entry}}\n`;
  if (results === undefined) return line;
  const signed = results.map(({ document, signature, key }) => [document, signature, key]);
  return `${line}${JSON.stringify({ results: signed })}\n`;
}
