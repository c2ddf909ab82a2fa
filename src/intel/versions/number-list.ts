import { compareDigits } from "./digits.ts";

/**
 * Versions that are lists of numbers and nothing else. The longer of two that are equal so far is
 * higher, so `1.0` is lower than `1.0.0`.
 */
/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;

/** Hackage (Haskell's Package Versioning Policy; `Data.Version`): no leading zeros. */
const HACKAGE = /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*$/;

/** CRAN (R's `package_version`): two numbers at least, parted by `.` or `-`, which mean the same. */
const CRAN = /^\d+(?:[.-]\d+)+$/;

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareHackage(left: string, right: string): number | null {
  return compareLists(left, right, HACKAGE);
}

export function compareCran(left: string, right: string): number | null {
  return compareLists(left, right, CRAN);
}

function compareLists(left: string, right: string, pattern: RegExp): number | null {
  if (left.length > LENGTH_MAX || right.length > LENGTH_MAX) return null;
  if (!pattern.test(left) || !pattern.test(right)) return null;
  const a = left.split(/[.-]/);
  const b = right.split(/[.-]/);
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compareDigits(a[at] ?? "", b[at] ?? "");
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}
