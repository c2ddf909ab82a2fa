import type { Statement } from "./model.ts";
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

interface BuiltFor {
  readonly family: string;
  readonly release: string;
}

/** The same few thousand versions are compared over and over; looking each up is cheaper. */
const builtForKnown = new Map<string, BuiltFor | null>();
const BUILT_FOR_KEPT_MAX = 100_000;

function builtFor(version: string): BuiltFor | null {
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
  if (a === null) return false;
  const b = builtFor(right);
  return b !== null && a.family === b.family && a.release !== b.release;
}

/**
 * True when what is said names a build for another release than the installed one was made for. Some
 * advisories list builds for several releases under one.
 */
export function isOfOtherRelease(installed: string, versions: readonly string[]): boolean {
  return versions.some((version) => areOfTwoReleases(installed, version));
}

/** The versions that mend something, as the publisher names them. */
export function fixesIn({ state }: Statement): readonly string[] {
  if (state.kind === "fixed") return [state.version];
  return state.kind === "ranges" ? state.ranges.flatMap((range) => range.fixed ?? []) : [];
}
