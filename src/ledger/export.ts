import { present } from "../base/failure.ts";
import type { Reader } from "../db/database.ts";
import { type LogKey, verifierKey } from "./checkpoint.ts";
import type { Head } from "./model.ts";
import { countCheckpoints, loadCheckpoints, loadEntries, loadTiles } from "./store-tree.ts";
import { TILE_WIDTH, tileKey } from "./tile.ts";

/**
 * An export is one text file of JSON lines, in a form so fixed that a changed byte anywhere shows:
 *
 *     {"format":"fettle-ledger-export","version":1,"origin":…,"size":…,"checkpoints":…,"key":…}
 *     {"index":0,"leaf":"<hex>","entry":<the entry's own bytes>}
 *     {"checkpoint":"<signed note over the entries above>"}
 *
 * Every head that was ever signed stands right after the last entry it covers; the last line is the
 * head over all entries. Leaf hashes come from the tree, not from the entries, so that an entry
 * altered in the database is named exactly.
 */
export async function* exportLines(
  reader: Reader,
  key: LogKey,
  head: Head,
): AsyncGenerator<string> {
  const checkpoints = await countCheckpoints(reader, head.size);
  yield `${JSON.stringify({
    format: "fettle-ledger-export",
    version: 1,
    origin: key.origin,
    size: head.size,
    checkpoints: head.size === 0 ? 1 : checkpoints,
    key: verifierKey(key),
  })}\n`;
  for (let from = 0; from < head.size; from += TILE_WIDTH) {
    const to = Math.min(from + TILE_WIDTH, head.size);
    yield await exportPage(reader, { from, to });
  }
  if (head.size === 0) yield `${JSON.stringify({ checkpoint: head.note })}\n`;
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
  let text = "";
  for (const [i, entry] of entries.entries()) {
    const index = range.from + i;
    const leaf = present(tile.hashes[i], "leaf hash").toString("hex");
    text += `{"index":${index},"leaf":"${leaf}","entry":${entry}}\n`;
    const note = noteBySize.get(index + 1);
    if (note !== undefined) text += `${JSON.stringify({ checkpoint: note })}\n`;
  }
  return text;
}
