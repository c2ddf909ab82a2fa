import { type Tone, tones } from "../base/tone.ts";
import type { Respect, ToneCount } from "./store-hosts.ts";

/** Counts for the filters of a list of hosts, from the few combinations of states that there are. */
export const respects = ["reach", "fresh", "reboot", "risk"] as const satisfies readonly Respect[];

export type Wanted = Partial<Readonly<Record<Respect, readonly Tone[] | undefined>>>;
export type Facets = Readonly<Record<Respect, Readonly<Record<Tone, number>>>>;

/** Each respect is counted under all filters but its own, so that one sees what else there is. */
export function facetsOf(counts: readonly ToneCount[], wanted: Wanted): Facets {
  const facet = (respect: Respect) => {
    const others = counts.filter((row) => fits(row, { ...wanted, [respect]: undefined }));
    const of = (tone: Tone): number => sum(others.filter((row) => row[respect] === tone));
    return Object.fromEntries(tones.map((tone) => [tone, of(tone)])) as Record<Tone, number>;
  };
  return {
    reach: facet("reach"),
    fresh: facet("fresh"),
    reboot: facet("reboot"),
    risk: facet("risk"),
  };
}

export function totalOf(counts: readonly ToneCount[], wanted: Wanted): number {
  return sum(counts.filter((row) => fits(row, wanted)));
}

function fits(row: ToneCount, wanted: Wanted): boolean {
  return respects.every((respect) => wanted[respect]?.includes(row[respect]) ?? true);
}

function sum(rows: readonly ToneCount[]): number {
  return rows.reduce((total, row) => total + row.hosts, 0);
}
