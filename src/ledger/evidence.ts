import { z } from "zod";
import { sha256 } from "../base/digest.ts";
import type { Reader } from "../db/database.ts";
import type { LogKey } from "./checkpoint.ts";
import { toldEvent } from "./event-sentence.ts";
import { evidenceHeader, headLine, provenLine } from "./export-line.ts";
import type { Head } from "./model.ts";
import { proveInclusion } from "./proof.ts";
import {
  loadHostResults,
  loadReported,
  loadVouching,
  type ReportedResult,
} from "./store-evidence.ts";
import { loadChangeEntries, loadMinimum } from "./store-tree.ts";

const planSchema = z.looseObject({ plan: z.string().optional() });

/** More events of one change than any rollout writes. */
const CHANGE_ENTRIES_MAX = 20_000;

/**
 * The evidence about one change in the form of `export-line.ts`, checked without the rest of the log; null:
 * none, or its beginning was pruned, as what is left would say that nobody had asked for the change.
 */
export async function changeEvidence(
  reader: Reader,
  of: { readonly key: LogKey; readonly head: Head; readonly change: string },
): Promise<AsyncGenerator<string> | null> {
  const { head, change } = of;
  const { size } = head;
  const found = await loadChangeEntries(reader, { change, size, limit: CHANGE_ENTRIES_MAX });
  const isWhole = found.some(({ entry }) => toldEvent(entry).type === "change.requested");
  const minimum = await loadMinimum(reader);
  if (found.length === 0 || (!isWhole && minimum > 0)) return null;
  return evidenceLines(reader, { ...of, found, minimum });
}

interface Found {
  readonly index: number;
  readonly entry: string;
}

async function* evidenceLines(
  reader: Reader,
  of: {
    readonly key: LogKey;
    readonly head: Head;
    readonly change: string;
    readonly found: readonly Found[];
    readonly minimum: number;
  },
): AsyncGenerator<string> {
  const { key, head, change, found, minimum } = of;
  const { size } = head;
  const plans = [
    ...new Set(found.flatMap(({ entry }) => planSchema.parse(JSON.parse(entry)).plan ?? [])),
  ];
  const reported = batchesOf(await loadReported(reader, plans));
  const hosts = [...new Set([...reported.values()].flat().map(({ host }) => host))];
  const beside = await loadVouching(reader, { hosts, size, minimum });
  const own = new Set(found.map(({ index }) => index));
  const entries = [...found, ...beside.filter(({ index }) => !own.has(index))].sort(
    (a, b) => a.index - b.index,
  );
  yield evidenceHeader({ key, change, entries: entries.length });
  for (const { index, entry } of entries) {
    const { proof } = await proveInclusion(reader, { index, size });
    const batch = reported.get(namedBy(entry));
    const results = batch === undefined ? undefined : await loadHostResults(reader, batch);
    yield provenLine({ index, entry, proof, results });
  }
  yield headLine(head.note);
}

/** The digest by which an entry names the results that it stands for; "" for all others. */
function namedBy(entry: string): string {
  const { type, facts } = toldEvent(entry);
  const named = type === "target.reported" ? facts["results"] : "";
  return typeof named === "string" ? named : "";
}

/** Results by the digest of what was told at once: those that were written in one transaction. */
function batchesOf(results: readonly ReportedResult[]): Map<string, readonly ReportedResult[]> {
  const batches = Map.groupBy(results, ({ plan, at }) => `${plan} ${at}`);
  return new Map(
    [...batches.values()].map((some) => {
      const digests = some.map(({ digest }) => digest).sort();
      return [sha256(`${digests.join("\n")}\n`), some];
    }),
  );
}
