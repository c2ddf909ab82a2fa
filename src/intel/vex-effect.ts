import type { PairGroup, Postings } from "./exposure.ts";
import type { Filters } from "./filter.ts";
import { placesOf } from "./pair-places.ts";

/** What each VEX document takes out of the counts now, on the hosts of whoever asks. */
export interface VexEffect {
  readonly vulnerabilities: number;
  /** Vulnerability × host pairs. */
  readonly findings: number;
  readonly hosts: number;
}

export const noEffect: VexEffect = { vulnerabilities: 0, findings: 0, hosts: 0 };

/** By the name of the document, `V-3`; `pairs` as they are before anything is set aside. */
export function vexEffects(
  pairs: readonly PairGroup[],
  postings: Postings,
  filters: Filters,
): ReadonlyMap<string, VexEffect> {
  const found = new Map<string, Map<string, Set<number>>>();
  for (const pair of pairs) {
    const filterOf = filters.get(pair.vulnerability);
    if (filterOf === undefined) continue;
    for (const { id, place, group } of placesOf(pair, postings)) {
      const filter = filterOf(id, group);
      if (filter?.kind !== "vex" || !filter.isSetAside) continue;
      const own = found.get(filter.source) ?? new Map<string, Set<number>>();
      found.set(filter.source, own);
      const places = own.get(pair.vulnerability) ?? new Set<number>();
      own.set(pair.vulnerability, places.add(place));
    }
  }
  const hostsAt = (places: Iterable<number>): number =>
    [...places].reduce((sum, place) => sum + (postings.groups[place]?.hostCount ?? 0), 0);
  return new Map(
    [...found].map(([source, own]) => {
      const everywhere = new Set([...own.values()].flatMap((places) => [...places]));
      const findings = [...own.values()].reduce((sum, places) => sum + hostsAt(places), 0);
      return [source, { vulnerabilities: own.size, findings, hosts: hostsAt(everywhere) }] as const;
    }),
  );
}
