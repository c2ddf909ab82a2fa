import type { Comparator, Constraint } from "./vers.ts";
import type { VersionOrder } from "./versions/order.ts";

/**
 * Sets of versions as intervals on the line of versions: what every notation of ranges means, and what
 * a version range specifier writes down in one canonical way. `null` as an end is no end.
 */
export interface Interval {
  readonly from: string | null;
  readonly hasFrom: boolean;
  readonly to: string | null;
  readonly hasTo: boolean;
}

export const everything: Interval = { from: null, hasFrom: false, to: null, hasTo: false };

export function only(version: string): Interval {
  return { from: version, hasFrom: true, to: version, hasTo: true };
}

export function atLeast(version: string): Interval {
  return { ...everything, from: version, hasFrom: true };
}

export function below(version: string): Interval {
  return { ...everything, to: version };
}

/** What a plain comparator holds; two intervals for `!=`. */
export function compared(comparator: Comparator, version: string): readonly Interval[] {
  switch (comparator) {
    case "=":
      return [only(version)];
    case "!=":
      return [below(version), { ...everything, from: version }];
    case "<":
      return [below(version)];
    case "<=":
      return [{ ...everything, to: version, hasTo: true }];
    case ">":
      return [{ ...everything, from: version }];
    case ">=":
      return [atLeast(version)];
  }
}

/** All but these. */
export function outside({ from, hasFrom, to, hasTo }: Interval): readonly Interval[] {
  const lower = from === null ? [] : [{ ...everything, to: from, hasTo: !hasFrom }];
  const upper = to === null ? [] : [{ ...everything, from: to, hasFrom: !hasTo }];
  return [...lower, ...upper];
}

export class NotComparable extends Error {}

/** The algebra of one scheme; versions that cannot be compared end it with `NotComparable`. */
export function intervalsOf(order: VersionOrder) {
  const compare = (a: string, b: string): number => {
    const found = order(a, b);
    if (found === null) throw new NotComparable(order(a, a) === null ? a : b);
    return found;
  };
  const byStart = (a: Interval, b: Interval): number => {
    if (a.from === null || b.from === null) return a.from === b.from ? 0 : a.from === null ? -1 : 1;
    return compare(a.from, b.from) || Number(b.hasFrom) - Number(a.hasFrom);
  };
  const byEnd = (a: Interval, b: Interval): number => {
    if (a.to === null || b.to === null) return a.to === b.to ? 0 : a.to === null ? 1 : -1;
    return compare(a.to, b.to) || Number(a.hasTo) - Number(b.hasTo);
  };
  const isEmpty = ({ from, hasFrom, to, hasTo }: Interval): boolean => {
    if (from === null || to === null) return false;
    const order = compare(from, to);
    return order > 0 || (order === 0 && !(hasFrom && hasTo));
  };
  const both = (a: Interval, b: Interval): Interval => {
    const start = byStart(a, b) >= 0 ? a : b;
    const end = byEnd(a, b) <= 0 ? a : b;
    return { from: start.from, hasFrom: start.hasFrom, to: end.to, hasTo: end.hasTo };
  };
  const intersect = (left: readonly Interval[], right: readonly Interval[]): readonly Interval[] =>
    left.flatMap((a) => right.map((b) => both(a, b))).filter((i) => !isEmpty(i));
  /** Whether `b`, which does not start before `a`, begins where `a` ends or before. */
  const meets = (a: Interval, b: Interval): boolean => {
    if (a.to === null || b.from === null) return true;
    const order = compare(a.to, b.from);
    return order > 0 || (order === 0 && (a.hasTo || b.hasFrom));
  };
  const merge = (all: readonly Interval[]): readonly Interval[] => {
    const merged: Interval[] = [];
    for (const next of all.filter((i) => !isEmpty(i)).toSorted(byStart)) {
      const last = merged.at(-1);
      if (last === undefined || !meets(last, next)) merged.push(next);
      else if (byEnd(last, next) < 0) {
        merged[merged.length - 1] = { ...last, to: next.to, hasTo: next.hasTo };
      }
    }
    return merged;
  };
  return { intersect, merge, compare };
}

/** The canonical constraints of merged intervals; two that leave out one version become a `!=`. */
export function constraintsOf(
  merged: readonly Interval[],
  compare: (a: string, b: string) => number,
): readonly Constraint[] | "*" {
  const constraints: Constraint[] = [];
  for (const [at, { from, hasFrom, to, hasTo }] of merged.entries()) {
    const before = merged[at - 1]?.to ?? null;
    const after = merged[at + 1]?.from ?? null;
    const isHoleBefore = from !== null && before !== null && compare(before, from) === 0;
    const isHoleAfter = to !== null && after !== null && compare(to, after) === 0;
    if (isHoleBefore) constraints.push({ comparator: "!=", version: from });
    else if (from !== null && to !== null && hasFrom && hasTo && compare(from, to) === 0) {
      constraints.push({ comparator: "=", version: from });
      continue;
    } else if (from !== null) {
      constraints.push({ comparator: hasFrom ? ">=" : ">", version: from });
    }
    if (to !== null && !isHoleAfter) {
      constraints.push({ comparator: hasTo ? "<=" : "<", version: to });
    }
  }
  return constraints.length === 0 ? "*" : constraints;
}
