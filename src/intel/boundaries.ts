import { judge } from "./judge.ts";
import type { Verdict } from "./match-rules.ts";
import type { Statement } from "./model.ts";
import { compareApkPackages } from "./versions/apk.ts";
import { compareDeb } from "./versions/deb.ts";
import type { VersionOrder } from "./versions/order.ts";
import { compareRpm } from "./versions/rpm.ts";

/**
 * Most statements mean one thing: everything below a version is affected. What such a statement says
 * of an installed version follows from their order alone, so the versions that fix something are
 * sorted once for a package, and where an installed version stands among them is found once instead
 * of comparing it with each. A kernel has thousands of them.
 */
export interface Boundaries {
  /** In the order of the statements; null where a verdict needs more than the order of two versions. */
  readonly of: readonly (Boundary | null)[];
  /** Where an installed version stands among the ranks; null where it is no version. */
  placeOf(installed: string): number | null;
}

export interface Boundary {
  readonly rank: number;
  /** What is said of versions on either side of it, at it, and of what is no version. */
  readonly lower: Verdict;
  readonly equal: Verdict;
  readonly higher: Verdict;
  readonly unknown: Verdict;
}

/** Orders that hold over any three versions, which looking up in a sorted list needs. */
const sortable: ReadonlySet<VersionOrder | null> = new Set([
  compareDeb,
  compareRpm,
  compareApkPackages,
]);

export function boundariesOf(
  statements: readonly Statement[],
  order: VersionOrder | null,
): Boundaries {
  if (order === null || !sortable.has(order)) {
    return { of: statements.map(() => null), placeOf: () => null };
  }
  const fixes = statements.map(({ state }) => onlyFix(state));
  const versions = [...new Set(fixes)].flatMap((fix) => (isVersion(fix, order) ? fix : []));
  const { sorted, ranks } = ranked(versions, order);
  return {
    of: statements.map((said, at) => {
      const rank = ranks.get(fixes[at] ?? "");
      return rank === undefined ? null : boundary(said, rank);
    }),
    placeOf: (installed) =>
      isVersion(installed, order) ? placeIn(sorted, installed, order) : null,
  };
}

/** What a boundary says of the version at a place. */
export function verdictAt(boundary: Boundary, place: number | null): Verdict {
  if (place === null) return boundary.unknown;
  if (place === boundary.rank) return boundary.equal;
  return place < boundary.rank ? boundary.lower : boundary.higher;
}

function onlyFix(state: Statement["state"]): string | null {
  if (state.kind === "fixed") return state.version;
  if (state.kind !== "ranges" || state.versions.length > 0) return null;
  const [range, ...others] = state.ranges;
  return range?.introduced === "0" && others.length === 0 ? range.fixed : null;
}

function isVersion(text: string | null, order: VersionOrder): text is string {
  return text !== null && order(text, text) !== null;
}

function boundary(said: Statement, rank: number): Boundary {
  const verdict = (order: number | null): Verdict => judge(said, "", () => order);
  const [lower, equal] = [verdict(-1), verdict(0)];
  return { rank, lower, equal, higher: verdict(1), unknown: verdict(null) };
}

/** Ranks are odd numbers, so that there is a place between any two; equal versions share one. */
function ranked(versions: readonly string[], order: VersionOrder) {
  const ranks = new Map<string, number>();
  const sorted: string[] = [];
  for (const version of versions.toSorted((a, b) => order(a, b) ?? 0)) {
    const last = sorted.at(-1);
    if (last === undefined || order(last, version) !== 0) sorted.push(version);
    ranks.set(version, 2 * sorted.length - 1);
  }
  return { sorted, ranks };
}

/** The rank of the version that is equal, else the even number between its two neighbours. */
function placeIn(sorted: readonly string[], installed: string, order: VersionOrder): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = order(installed, sorted[middle] ?? "") ?? 0;
    if (found === 0) return 2 * middle + 1;
    if (found > 0) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}
