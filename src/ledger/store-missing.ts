import type { Reader } from "../db/database.ts";
import type { LedgerEvent } from "./model.ts";
import { loadNumberedEvents } from "./store-tree.ts";

const PAGE = 5_000;

/** Events from an index on, in the order of the tree; all of them, as a restore must know. */
export async function readTimelineFrom(
  reader: Reader,
  index: number,
): Promise<readonly (LedgerEvent & { readonly index: number })[]> {
  const found: (LedgerEvent & { readonly index: number })[] = [];
  for (let from = index; ; ) {
    const page = await loadNumberedEvents(reader, { from, limit: PAGE });
    for (const event of page)
      if (event.index !== null) found.push({ ...event, index: event.index });
    if (page.length < PAGE) return found;
    from += page.length;
  }
}
