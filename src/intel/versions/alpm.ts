import { compareDigitRuns, compareText, isDigitCode, isLetterCode } from "./digits.ts";

/**
 * The order of Arch Linux's pacman, `[epoch:]version[-pkgrel]` (vercmp(8)). It is rpm's older order:
 * letters behind a version make it lower, separators of different length decide, there is no `~`, and a
 * missing pkgrel counts for nothing.
 */
/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
/** All signs that are seen, except the colon behind the epoch and the hyphen before the pkgrel. */
const PATTERN = /^(?:(\d*):)?([!-,.-9;-~]+)(?:-([!-,.-9;-~]+))?$/;

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareAlpm(left: string, right: string): number | null {
  const a = parse(left);
  const b = parse(right);
  if (a === null || b === null) return null;
  const order = compareParts(a.epoch, b.epoch) || compareParts(a.version, b.version);
  if (order !== 0 || a.release === null || b.release === null) return order;
  return compareParts(a.release, b.release);
}

function parse(text: string) {
  const match = text.length > LENGTH_MAX ? null : PATTERN.exec(text);
  if (match === null) return null;
  const [, epoch = "", version = "", release = null] = match;
  return { epoch: epoch === "" ? "0" : epoch, version, release };
}

function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const startA = endOf(a, i, isSeparator);
    const startB = endOf(b, j, isSeparator);
    if (startA >= a.length || startB >= b.length) return rest(a, startA, b, startB);
    if (startA - i !== startB - j) return startA - i < startB - j ? -1 : 1;
    const isNumber = isDigitCode(a.charCodeAt(startA));
    const kind = isNumber ? isDigitCode : isLetterCode;
    i = endOf(a, startA, kind);
    j = endOf(b, startB, kind);
    if (j === startB) return isNumber ? 1 : -1;
    const order = isNumber
      ? compareDigitRuns(a, b, { fromA: startA, toA: i, fromB: startB, toB: j })
      : compareText(a.slice(startA, i), b.slice(startB, j));
    if (order !== 0) return order;
  }
  return rest(a, i, b, j);
}

/** Letters that are left over lose against nothing; anything else that is left over wins. */
function rest(a: string, i: number, b: string, j: number): number {
  if (i >= a.length && j >= b.length) return 0;
  if (i >= a.length) return isLetterCode(b.charCodeAt(j)) ? 1 : -1;
  return isLetterCode(a.charCodeAt(i)) ? -1 : 1;
}

function isSeparator(code: number): boolean {
  return !isDigitCode(code) && !isLetterCode(code);
}

function endOf(text: string, from: number, belongs: (code: number) => boolean): number {
  let at = from;
  while (at < text.length && belongs(text.charCodeAt(at))) at++;
  return at;
}
