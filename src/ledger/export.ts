import { Failure, present } from "../base/failure.ts";
import type { Reader } from "../db/database.ts";
import type { LogKey } from "./checkpoint.ts";
import { toldEvent } from "./event-sentence.ts";
import {
  entryLine,
  evidenceText,
  headerLine,
  headLine,
  type ProvenEntry,
  payloadLine,
  payloadOf,
  prunedLine,
} from "./export-line.ts";
import type { Head } from "./model.ts";
import { proveInclusion } from "./proof.ts";
import {
  countCheckpoints,
  loadChangeEntries,
  loadCheckpoints,
  loadEntries,
  loadFacts,
  loadMinimum,
  loadTiles,
} from "./store-tree.ts";
import { nodesIn, TILE_WIDTH, tileKey, tileOf } from "./tile.ts";
import { nodesOf } from "./tree.ts";

/** The whole log up to a head, in the form of `export-line.ts`. */
export async function* exportLines(
  reader: Reader,
  key: LogKey,
  head: Head,
): AsyncGenerator<string> {
  const checkpoints = await countCheckpoints(reader, head.size);
  const { size } = head;
  const minimum = await loadMinimum(reader);
  yield headerLine({ key, size, checkpoints: size === 0 ? 1 : checkpoints, minimum });
  if (minimum > 0) yield* prunedLines(reader, minimum);
  for (let from = minimum; from < size; from += TILE_WIDTH) {
    yield await exportPage(reader, { from, to: Math.min(from + TILE_WIDTH, size) });
  }
  if (size === 0) yield headLine(head.note);
}

/** What stands for the entries that were pruned, and every head over them alone. */
async function* prunedLines(reader: Reader, minimum: number): AsyncGenerator<string> {
  const tiles = await loadTiles(reader, nodesOf({ from: 0, to: minimum }).map(tileOf));
  yield prunedLine(nodesOf({ from: 0, to: minimum }).map(nodesIn(tiles)));
  for (let from = 0; from < minimum; from += TILE_WIDTH) {
    const heads = await loadCheckpoints(reader, { from, to: from + TILE_WIDTH });
    yield heads.map((head) => headLine(head.note)).join("");
  }
}

async function exportPage(
  reader: Reader,
  range: { readonly from: number; readonly to: number },
): Promise<string> {
  const name = { level: 0, position: range.from / TILE_WIDTH };
  const [entries, tiles, heads] = await Promise.all([
    loadEntries(reader, range),
    loadTiles(reader, [name]),
    loadCheckpoints(reader, range),
  ]);
  const tile = present(tiles.get(tileKey(name)), "tile");
  const noteBySize = new Map(heads.map((head) => [head.size, head.note]));
  if (entries.length < range.to - range.from) {
    throw new Failure("conflict", "Entries were pruned meanwhile. Export the log again.");
  }
  let text = "";
  for (const [i, entry] of entries.entries()) {
    const index = range.from + i;
    text += entryLine(index, present(tile.hashes[i], "leaf hash"), entry);
    const payload = payloadOf(entry);
    if (payload !== null) text += payloadLine(payload, await loadFacts(reader, index));
    const note = noteBySize.get(index + 1);
    if (note !== undefined) text += headLine(note);
  }
  return text;
}

/** More events of one change than any rollout writes. */
const CHANGE_ENTRIES_MAX = 20_000;

/**
 * The entries of one change with their proofs, checked without the rest of the log; null: none, or their
 * beginning was pruned, as what is left would say that nobody had asked for the change.
 */
export async function changeEvidence(
  reader: Reader,
  of: { readonly key: LogKey; readonly head: Head; readonly change: string },
): Promise<string | null> {
  const { key, head, change } = of;
  const { size } = head;
  const found = await loadChangeEntries(reader, { change, size, limit: CHANGE_ENTRIES_MAX });
  const isWhole = found.some(({ entry }) => toldEvent(entry).type === "change.requested");
  if (found.length === 0 || (!isWhole && (await loadMinimum(reader)) > 0)) return null;
  const entries: ProvenEntry[] = [];
  for (const { index, entry } of found) {
    const { proof } = await proveInclusion(reader, { index, size });
    entries.push({ index, entry, proof });
  }
  return evidenceText({ key, change, note: head.note, entries });
}
