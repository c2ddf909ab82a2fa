import { Failure } from "../base/failure.ts";
import { jsonFault } from "../base/json-doubles.ts";
import { type ComponentPlace, componentPlaces } from "./component-paths.ts";
import type { Sbom } from "./formats/inventory-format.ts";
import { readAnyList } from "./formats/package-list.ts";
import { ecosystemOfRelease } from "./release-name.ts";
import { sbomOf } from "./sbom-limits.ts";

/** Reads a document that somebody hands in: what it lists, and how each entry got in. */
export interface ReadBill {
  readonly form: string;
  readonly sbom: Sbom;
  readonly places: readonly ComponentPlace[];
}

const DEPTH_MAX = 200;

export function readBill(of: {
  readonly bytes: Uint8Array;
  /** Distribution release of packages that do not say it themselves. */
  readonly release: string | null;
}): ReadBill {
  const text = textOf(of.bytes);
  demandFewLines(text);
  demandOneMeaning(text);
  const release = of.release === null ? null : ecosystemOfRelease(of.release);
  const reading = readAnyList(text, release);
  const sbom = sbomOf(reading);
  return { form: reading.form, sbom, places: componentPlaces(sbom) };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Failure(
      "invalid",
      "The document is not text in UTF-8. Hand in the bill itself, not an archive of it.",
      { cause },
    );
  }
}

/** No lock file and no bill has more; each line costs time whether or not it says something. */
const LINES_MAX = 1_000_000;

function demandFewLines(text: string): void {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  if (lines <= LINES_MAX) return;
  throw new Failure(
    "too-large",
    `The document has ${lines} lines; ${LINES_MAX} are the limit. Split it by what is deployed together.`,
  );
}

/** A document that two readers understand differently is refused (RFC 8259 §4). */
function demandOneMeaning(text: string): void {
  if (!/^\ufeff?\s*[[{]/.test(text)) return;
  const fault = jsonFault(text, { depthMax: DEPTH_MAX });
  if (fault === null) return;
  throw new Failure(
    "invalid",
    fault.kind === "deep"
      ? `The document is nested more than ${DEPTH_MAX} deep (line ${fault.line}). No bill of materials is.`
      : `The key ${JSON.stringify(fault.key.slice(0, 80))} stands twice in one object (line ${fault.line}), so it is not clear which value holds. Make the document anew.`,
  );
}
