import { compareDigits, compareText } from "./digits.ts";
import { compareSemver } from "./semver.ts";

/**
 * The order of OpenSSL's releases ("Release strategy"): until 1.1.1 three numbers and letters that
 * count patches (`a` … `z`, `za`, `zb` …), with `-pre` and `-beta` before a release; semantic versions
 * since 3.0.0. There has never been a 2.
 */
interface Legacy {
  readonly numbers: readonly string[];
  readonly letters: string;
  /** `null` for a release. */
  readonly preview: readonly [word: string, number: string] | null;
}

/** No release has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
const LEGACY = /^([01])\.(\d+)\.(\d+)([a-z]*)(?:-(beta|pre)(\d+))?$/;
const MAJOR_SEMVER = /^([3-9]|[1-9]\d+)\./;

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareOpenssl(left: string, right: string): number | null {
  if (left.length > LENGTH_MAX || right.length > LENGTH_MAX) return null;
  const a = parse(left);
  const b = parse(right);
  if (a === null || b === null) return null;
  if (a === "semver" || b === "semver") {
    return a === b ? compareSemver(left, right) : a === "semver" ? 1 : -1;
  }
  return compareLegacy(a, b);
}

function parse(text: string): Legacy | "semver" | null {
  if (MAJOR_SEMVER.test(text)) return compareSemver(text, text) === null ? null : "semver";
  const match = LEGACY.exec(text);
  if (match === null) return null;
  const [, major = "", minor = "", fix = "", letters = "", word, number = ""] = match;
  return {
    numbers: [major, minor, fix],
    letters,
    preview: word === undefined ? null : [word, number],
  };
}

function compareLegacy(a: Legacy, b: Legacy): number {
  for (const [at, number] of a.numbers.entries()) {
    const order = compareDigits(number, b.numbers[at] ?? "");
    if (order !== 0) return order;
  }
  // `z` is followed by `za`, so more letters are later.
  const order = Math.sign(a.letters.length - b.letters.length) || compareText(a.letters, b.letters);
  if (order !== 0 || a.preview === b.preview) return order;
  if (a.preview === null || b.preview === null) return a.preview === null ? 1 : -1;
  return compareText(a.preview[0], b.preview[0]) || compareDigits(a.preview[1], b.preview[1]);
}
