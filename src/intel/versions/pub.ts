import { compareDigits, compareText } from "./digits.ts";
import { compareNumbers } from "./semver.ts";

/**
 * The order of Dart's pub (`pub_semver`): semantic versions whose build metadata counts, after that of
 * a version without any, and whose numbers may have leading zeros.
 */
interface PubVersion {
  readonly numbers: readonly string[];
  readonly prerelease: readonly string[];
  readonly build: readonly string[];
}

/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
const IDENTIFIERS = "([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)";
/** pub itself takes no `v`; advisories write it now and then, and it can mean one thing only. */
const PATTERN = new RegExp(
  `^v?(\\d+)\\.(\\d+)\\.(\\d+)(?:-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?$`,
);

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function comparePub(left: string, right: string): number | null {
  const a = parse(left);
  const b = parse(right);
  if (a === null || b === null) return null;
  return (
    compareNumbers(a.numbers, b.numbers) ||
    Math.sign(Number(b.prerelease.length > 0) - Number(a.prerelease.length > 0)) ||
    compareLists(a.prerelease, b.prerelease) ||
    compareLists(a.build, b.build)
  );
}

function parse(text: string): PubVersion | null {
  const match = text.length > LENGTH_MAX ? null : PATTERN.exec(text);
  if (match === null) return null;
  const [, major = "", minor = "", patch = "", prerelease, build] = match;
  return {
    numbers: [major, minor, patch],
    prerelease: prerelease?.split(".") ?? [],
    build: build?.split(".") ?? [],
  };
}

/** Missing parts first, numbers before text, text by code unit. */
function compareLists(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const left = a[at];
    const right = b[at];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const order = compareParts(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

function compareParts(a: string, b: string): number {
  const isNumberA = isNumber(a);
  const isNumberB = isNumber(b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return isNumberA ? compareSigned(a, b) : compareText(a, b);
}

/** Dart reads `-5` as a number too. */
function isNumber(part: string): boolean {
  return /^-?\d+$/.test(part);
}

function compareSigned(a: string, b: string): number {
  const left = a.replace(/^-/, "");
  const right = b.replace(/^-/, "");
  const signA = a === left || /^0+$/.test(left) ? 1 : -1;
  const signB = b === right || /^0+$/.test(right) ? 1 : -1;
  if (signA !== signB) return signA < signB ? -1 : 1;
  return signA * compareDigits(left, right);
}
