import { keepLast, keptFor } from "../base/kept.ts";
import type { PairGroup } from "./exposure.ts";
import { filterPairs, type PairsOfServices } from "./finding-list.ts";
import type { KnownReach } from "./store-exposure.ts";

/** What a search leaves of the findings of hosts and of services. */
export interface Filtered {
  readonly reach: KnownReach;
  readonly own: PairsOfServices;
}

/** The same words on the same reach filter the same; pages of one search share what that left. */
const filtersMade = new WeakMap<KnownReach, Map<string, Filtered & { of: PairsOfServices }>>();
const FILTERS_KEPT_MAX = 8;

export function filteredOnce(
  { reach, own }: Filtered,
  query: Parameters<typeof filterPairs>[2],
): Filtered {
  const { isKev, search = "" } = query;
  if (isKev === undefined && search === "") return { reach, own };
  const made = keptFor(filtersMade, reach);
  const key = JSON.stringify([isKev, search]);
  const known = made.get(key);
  if (known?.of === own) return keepLast(made, FILTERS_KEPT_MAX, [key, known]);
  const left = (pairs: readonly PairGroup[]) => filterPairs(pairs, reach.knowledge.facts, query);
  const filtered = { of: own, reach: { ...reach, pairs: left(reach.pairs) }, own: own.map(left) };
  return keepLast(made, FILTERS_KEPT_MAX, [key, filtered]);
}
