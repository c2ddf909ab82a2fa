import { orderOf, type VersionOrder } from "./versions/order.ts";

/**
 * The order of versions within one release. Builds of rpm carry the release they were made for
 * (`.el8_10`, `.fc40`, `.amzn2`); between two releases a higher number says nothing about a fix, so
 * such builds cannot be compared.
 */
export function orderWithin(ecosystem: string): VersionOrder | null {
  const order = orderOf(ecosystem);
  if (order === null) return null;
  return (left, right) => (areOfTwoReleases(left, right) ? null : order(left, right));
}

/** Behind the dot of a release tag, or within a module's (`.module_el8.8.0+…`). */
const BUILT_FOR = /\.(?:module[_+])?(el|fc|amzn|ol)(\d+)/;

export interface BuiltFor {
  readonly family: string;
  readonly release: string;
}

/** The same few thousand versions are compared over and over; looking each up is cheaper. */
const builtForKnown = new Map<string, BuiltFor | null>();
const BUILT_FOR_KEPT_MAX = 100_000;

export function builtFor(version: string): BuiltFor | null {
  const known = builtForKnown.get(version);
  if (known !== undefined) return known;
  const match = BUILT_FOR.exec(version);
  const found = match === null ? null : { family: match[1] ?? "", release: match[2] ?? "" };
  if (builtForKnown.size >= BUILT_FOR_KEPT_MAX) builtForKnown.clear();
  builtForKnown.set(version, found);
  return found;
}

function areOfTwoReleases(left: string, right: string): boolean {
  const a = builtFor(left);
  return a !== null && isOtherRelease(a, builtFor(right));
}

/** True when both name a release of the same family, and not the same one. */
export function isOtherRelease(a: BuiltFor | null, b: BuiltFor | null): boolean {
  return a !== null && b !== null && a.family === b.family && a.release !== b.release;
}

/** The releases that some versions were built for, each once. */
export function releasesOf(versions: readonly string[]): readonly BuiltFor[] {
  const found = versions.flatMap((version) => builtFor(version) ?? []);
  return [...new Map(found.map((each) => [`${each.family}${each.release}`, each])).values()];
}
