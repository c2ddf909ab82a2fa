import { Failure, present } from "../base/failure.ts";
import type { Reader } from "../db/database.ts";
import type { LogKey } from "./checkpoint.ts";
import {
  entryLine,
  headerLine,
  headLine,
  payloadLine,
  payloadOf,
  prunedLine,
} from "./export-line.ts";
import type { Head } from "./model.ts";
import {
  countCheckpoints,
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
