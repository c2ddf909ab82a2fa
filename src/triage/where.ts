import { subjectOf } from "../intel/subject.ts";
import { orderOf } from "../intel/versions/order.ts";
import type { StoredPackage } from "../inventory/model.ts";
import type { PatchTarget } from "./model.ts";

/**
 * Where a case stands on the hosts now: which of their packages are older than its target and which
 * are not. Several versions of one source can be installed side by side, so a host can be partly there.
 */
export type Standing = "older" | "partly" | "not-comparable" | "there";

export const standingWords: Readonly<Record<Standing, string>> = {
  older: "older than the target",
  partly: "partly at the target, older ones beside it",
  "not-comparable": "its version cannot be compared with the target",
  there: "at the target or newer",
};

export interface Sorted {
  readonly older: readonly number[];
  readonly there: readonly number[];
  readonly notComparable: readonly number[];
}

/** Distinct packages of the case's source, sorted by how they compare with its target version. */
export function sortByTarget(packages: readonly StoredPackage[], target: PatchTarget): Sorted {
  const order = orderOf(target.ecosystem);
  const sorted = { older: [] as number[], there: [] as number[], notComparable: [] as number[] };
  for (const each of packages) {
    const compared = order?.(subjectOf(each).version, target.sourceVersion) ?? null;
    if (compared === null) sorted.notComparable.push(each.id);
    else if (compared < 0) sorted.older.push(each.id);
    else sorted.there.push(each.id);
  }
  return sorted;
}
