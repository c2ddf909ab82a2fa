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

function areOfTwoReleases(left: string, right: string): boolean {
  const a = BUILT_FOR.exec(left);
  const b = BUILT_FOR.exec(right);
  if (a === null || b === null) return false;
  return a[1] === b[1] && a[2] !== b[2];
}

/**
 * Some advisories list builds for several releases under one. Where one of them is for the release
 * that the installed build was made for, the others are not asked.
 */
export function forThisRelease<S extends Statement>(
  installed: string,
  statements: readonly S[],
): readonly S[] {
  const isOther = (s: S): boolean => versionsOf(s).some((v) => areOfTwoReleases(installed, v));
  const other = statements.filter(isOther);
  if (other.length === 0) return statements;
  const own = statements.filter((s) => !isOther(s));
  const answered = new Set(own.map((s) => s.vulnerability));
  return [...own, ...other.filter((s) => !answered.has(s.vulnerability))];
}

function versionsOf({ state }: Statement): readonly string[] {
  if (state.kind === "fixed") return [state.version];
  return state.kind === "ranges" ? state.ranges.flatMap((range) => range.fixed ?? []) : [];
}
