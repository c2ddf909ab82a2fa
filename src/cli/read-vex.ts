import { refuseDoubledKey } from "../base/doubled-key.ts";
import { Failure } from "../base/failure.ts";
import type { VexStatement } from "../intel/feed-format.ts";
import type { VexSubject } from "../intel/vex-match.ts";
import { packageOfPurl } from "../inventory/purl-package.ts";
import { readNamedFile } from "./read-file.ts";

/** The statements of VEX files that the user named; a file without any is a mistake. */
export async function readVexFiles(files: readonly string[]): Promise<readonly VexStatement[]> {
  const { readFeed } = await import("../intel/ingest.ts");
  const found: VexStatement[] = [];
  for (const file of files) {
    const bytes = bytesOf(file);
    refuseDoubledKey(bytes.toString("utf8"), file);
    const readings = await readFeed(bytes).catch((cause: unknown) => {
      if (!(cause instanceof Failure)) throw cause;
      throw notVex(file, cause);
    });
    const statements = readings.flatMap(({ content }) =>
      content.kind === "vex" ? content.statements : [],
    );
    if (statements.length === 0) throw notVex(file);
    found.push(...statements);
  }
  return found;
}

/** A file that is not there is a mistake in the command. */
export function bytesOf(file: string): Buffer {
  try {
    return readNamedFile(file, "The file");
  } catch (cause) {
    if (cause instanceof Failure) throw new Failure("invalid", cause.message, { cause });
    throw cause;
  }
}

/** What was scanned as a whole, by its package URL. */
export function scannedProduct(purl: string | undefined): VexSubject | null {
  if (purl === undefined) return null;
  const p = packageOfPurl(purl, null);
  if (typeof p !== "string") return { ...p, source: p.source || p.name };
  throw new Failure("invalid", `The product ${purl} ${p}.`);
}

function notVex(file: string, cause?: unknown): Failure {
  return new Failure(
    "invalid",
    `${file} holds no VEX statement that can be read (OpenVEX, CycloneDX, CSAF). Look whether it is whole.`,
    { cause },
  );
}
