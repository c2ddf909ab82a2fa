import type { HostGroup, PairGroup, Postings } from "./exposure.ts";
import { listAt } from "./posting-lists.ts";

/** Each package of a pair on each group of hosts that has it; of kernel images on those that run it. */
export function* placesOf(
  pair: Pick<PairGroup, "packageIds">,
  postings: Postings,
): Generator<{ readonly id: number; readonly place: number; readonly group: HostGroup }> {
  for (const id of pair.packageIds) {
    for (const place of listAt(postings.lists, id)) {
      const group = postings.groups[place];
      if (group !== undefined) yield { id, place, group };
    }
  }
}
