import { compareDigits, compareText, isDigits } from "./digits.ts";

/**
 * Semantic versions (SemVer 2.0.0 §9–11): numbers by value, a pre-release before its release, build
 * metadata counts for nothing. Numbers have no upper limit.
 *
 * `compareSemver` takes the standard at its word. `compareLooseSemver` also takes what Go, npm and
 * OSV's `SEMVER` ranges take: blanks around it, a leading `v` and absent minor or patch numbers, which
 * then are 0.
 */
interface Semver {
  readonly numbers: readonly string[];
  readonly prerelease: readonly string[];
}

/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
const NUMBER = "(0|[1-9]\\d*)";
const IDENTIFIER = "(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const TAIL = `(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`;
const STRICT = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}${TAIL}`);
const LOOSE = new RegExp(`^v?${NUMBER}(?:\\.${NUMBER})?(?:\\.${NUMBER})?${TAIL}`);

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareSemver(left: string, right: string): number | null {
  return compareBoth(parse(left, STRICT), parse(right, STRICT));
}

export function compareLooseSemver(left: string, right: string): number | null {
  return compareBoth(parse(left.trim(), LOOSE), parse(right.trim(), LOOSE));
}

function parse(text: string, pattern: RegExp): Semver | null {
  if (text.length > LENGTH_MAX) return null;
  const match = pattern.exec(text);
  if (match === null) return null;
  const [, major = "0", minor = "0", patch = "0", prerelease] = match;
  return { numbers: [major, minor, patch], prerelease: prerelease?.split(".") ?? [] };
}

function compareBoth(a: Semver | null, b: Semver | null): number | null {
  if (a === null || b === null) return null;
  return compareNumbers(a.numbers, b.numbers) || comparePrereleases(a.prerelease, b.prerelease);
}

/** Numbers one by one; a missing one counts as 0. */
export function compareNumbers(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = compareDigits(a[at] ?? "0", b[at] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

/** SemVer 2.0.0 §11.3 and §11.4; no identifiers at all is the release, which is higher than any. */
export function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length - a.length);
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compareIdentifiers(a[at] ?? "", b[at] ?? "");
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

function compareIdentifiers(a: string, b: string): number {
  const isNumberA = isDigits(a);
  const isNumberB = isDigits(b);
  if (isNumberA && isNumberB) return compareDigits(a, b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return compareText(a, b);
}
