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
}

/** The entries of one change, each with its proof under the one head: what an auditor may be given. */
export function evidenceText(of: {
  readonly key: LogKey;
  readonly change: string;
  readonly note: string;
  readonly entries: readonly ProvenEntry[];
}): string {
  const { key, change, entries } = of;
  const first = { format: "fettle-ledger-evidence", version: 1, origin: key.origin, change };
  const header = { ...first, entries: entries.length, key: verifierKey(key) };
  const lines = entries.map(({ index, entry, proof }) => {
    const hashes = JSON.stringify(proof.map((hash) => hash.toString("base64")));
    return `{"index":${index},"proof":${hashes},"entry":${entry}}\n`;
  });
  return `${JSON.stringify(header)}\n${lines.join("")}${headLine(of.note)}`;
}
