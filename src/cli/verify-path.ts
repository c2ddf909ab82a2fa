/** What the offline verifier is given, by its path: an export, the evidence about a change, a folder. */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { verifyExport } from "../ledger/verify.ts";
import { verifyEvidence } from "../ledger/verify-evidence.ts";
import type { Finding, SignedHead, VerifierKey } from "../ledger/verify-note.ts";
import { verifyTiles } from "../ledger/verify-tiles.ts";

export interface PathVerdict {
  readonly kind: "export" | "evidence" | "files";
  readonly isGood: boolean;
  readonly entries: number;
  readonly findings: readonly Finding[];
  /** Root over all entries, base64; null for evidence, which holds some of them only. */
  readonly root: string | null;
  readonly checkpoints?: number;
  readonly change?: string | null;
  /** Of evidence: how many results of hosts were looked at, each signed by its own key. */
  readonly results?: number;
}

const FIRST_BYTES = 4_096;

/** Throws what Node throws where the path cannot be read. */
export async function verifyPath(
  path: string,
  options: { readonly key: VerifierKey; readonly knownHead?: SignedHead | undefined },
): Promise<PathVerdict> {
  if (statSync(path).isDirectory()) {
    return { kind: "files", ...verifyTiles((name) => readIfThere(join(path, name)), options) };
  }
  if (firstLine(path).startsWith('{"format":"fettle-ledger-evidence"')) {
    const verdict = verifyEvidence(readFileSync(path, "utf8"), options);
    return { kind: "evidence", root: null, ...verdict };
  }
  const { findings, ...verdict } = await verifyExport(createReadStream(path), options);
  return { kind: "export", ...verdict, findings };
}

/** The first line of a file, as far as a header is long. */
export function firstLine(path: string): string {
  const bytes = Buffer.alloc(FIRST_BYTES);
  const file = openSync(path, "r");
  const length = readSync(file, bytes, 0, FIRST_BYTES, 0);
  closeSync(file);
  return bytes.subarray(0, length).toString("utf8").split("\n", 1)[0] ?? "";
}

function readIfThere(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch {
    // What is missing is told with its place.
    return null;
  }
}
