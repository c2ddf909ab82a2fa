import semver from "semver";
import type { VersionRange } from "./model.ts";

/**
 * Ranges as npm and Cargo write them (`>=1.2 <2 || 3.x`) → intervals. Each alternative is one interval;
 * a start that excludes its version begins with the next one that can exist.
 */
interface Interval {
  readonly from: string;
  /** `null`: no end. */
  readonly to: string | null;
  readonly isToIncluded: boolean;
}

export function intervalsIn(text: string): readonly VersionRange[] | null {
  const intervals = parse(text);
  return intervals?.map(rangeOf) ?? null;
}

/** What none of the ranges holds, for publishers who name what is *not* affected. */
export function intervalsOutside(texts: readonly string[]): readonly VersionRange[] | null {
  const all: Interval[] = [];
  for (const text of texts) {
    const intervals = parse(text);
    if (intervals === null) return null;
    all.push(...intervals);
  }
  const sorted = all.toSorted((a, b) => semver.compare(a.from, b.from));
  const outside: VersionRange[] = [];
  let from: string | null = LOWEST;
  for (const inside of sorted) {
    if (from === null) break;
    if (semver.gt(inside.from, from)) outside.push({ ...start(from), fixed: inside.from });
    const next = inside.to === null ? null : inside.isToIncluded ? after(inside.to) : inside.to;
    from = next === null ? null : semver.gt(next, from) ? next : from;
  }
  if (from !== null) outside.push(start(from));
  return outside;
}

const LOWEST = "0.0.0-0";

function start(from: string): VersionRange {
  return { introduced: from === LOWEST ? "0" : from, fixed: null, lastAffected: null };
}

function rangeOf({ from, to, isToIncluded }: Interval): VersionRange {
  const range = start(from);
  if (to === null) return range;
  return isToIncluded ? { ...range, lastAffected: to } : { ...range, fixed: to };
}

/** Publishers write 99.999.99999 where they mean that there is no end. */
const NO_END_MAJOR = 99;

function parse(text: string): readonly Interval[] | null {
  let range: semver.Range;
  try {
    range = new semver.Range(text.replaceAll(",", " "), { includePrerelease: true, loose: true });
  } catch {
    return null;
  }
  return range.set.flatMap((alternative) => {
    let from = LOWEST;
    let to: string | null = null;
    let isToIncluded = false;
    for (const { operator, semver: version } of alternative) {
      // The comparator of "any version" has no version of its own.
      if (!(version instanceof semver.SemVer)) continue;
      const own = version.version;
      if (operator === ">=" && semver.gt(own, from)) from = own;
      if (operator === ">") from = after(own);
      if (operator === "<=") [to, isToIncluded] = [own, true];
      if (operator === "<") [to, isToIncluded] = [own, false];
      if (operator === "" || operator === undefined) [from, to, isToIncluded] = [own, own, true];
    }
    if (to !== null && semver.major(to) >= NO_END_MAJOR) [to, isToIncluded] = [null, false];
    const isEmpty = to !== null && (isToIncluded ? semver.gt(from, to) : semver.gte(from, to));
    return isEmpty ? [] : [{ from, to: to?.replace(/-0$/, "") ?? null, isToIncluded }];
  });
}

function after(version: string): string {
  const { major, minor, patch, prerelease } = new semver.SemVer(version);
  if (prerelease.length > 0) return `${version}.0`;
  return `${major}.${minor}.${patch + 1}-0`;
}
