import type { EpssScores } from "./feed-format.ts";

/**
 * Scores of a thousand neighbouring CVEs side by side, each in the slot of its id's last three digits;
 * empty slots are null. A third of a million scores are some hundred such blocks.
 */
export interface EpssBlock {
  /** The id without its last three digits. */
  readonly prefix: string;
  readonly scores: readonly (number | null)[];
  readonly percentiles: readonly (number | null)[];
}

export const SLOTS = 1_000;
const SLOT_DIGITS = 3;

export function blocksOf({ ids, scores, percentiles }: EpssScores): readonly EpssBlock[] {
  interface Draft {
    readonly prefix: string;
    readonly scores: (number | null)[];
    readonly percentiles: (number | null)[];
  }
  const blocks = new Map<string, Draft>();
  ids.forEach((id, at) => {
    const prefix = prefixOf(id);
    let block = blocks.get(prefix);
    if (block === undefined) {
      const empty = (): null[] => new Array<null>(SLOTS).fill(null);
      block = { prefix, scores: empty(), percentiles: empty() };
      blocks.set(prefix, block);
    }
    const slot = slotOf(id);
    block.scores[slot] = scores[at] ?? null;
    block.percentiles[slot] = percentiles[at] ?? null;
  });
  return [...blocks.values()].sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
}

export function prefixOf(id: string): string {
  return id.slice(0, -SLOT_DIGITS);
}

function slotOf(id: string): number {
  return Number(id.slice(-SLOT_DIGITS));
}
