import { compareDigitRuns, compareText, isDigitCode, isLetterCode } from "./digits.ts";

/**
 * The order of rpm's `[epoch:]version[-release]` (rpm-version(7); rpm's own `rpmvercmp`). Segments of
 * digits or of letters are compared one by one, all other signs only separate; `~` sorts before the
 * end of the text, `^` after it but before any further segment.
 *
 * Inventories write `(none)` for a missing epoch and feeds leave it out: both are epoch 0. A missing
 * release is lower than any, as in rpm itself.
 */
export interface Evr {
  readonly epoch: string;
  readonly version: string;
  readonly release: string | null;
}

/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 8_192;
const NO_EPOCH = "(none):";
const TILDE = 126;
const CARET = 94;

/** Splits a version, or returns `null` for a text that cannot be one. */
export function parseEvr(text: string): Evr | null {
  if (text.length > LENGTH_MAX || /[\s\p{Cc}]/u.test(text)) return null;
  const evr = text.startsWith(NO_EPOCH) ? text.slice(NO_EPOCH.length) : text;
  let digits = 0;
  while (isDigitCode(evr.charCodeAt(digits))) digits++;
  const hasEpoch = evr.charCodeAt(digits) === 58;
  const rest = hasEpoch ? evr.slice(digits + 1) : evr;
  const hyphen = rest.lastIndexOf("-");
  const version = hyphen < 0 ? rest : rest.slice(0, hyphen);
  if (rest === "") return null;
  const epoch = hasEpoch ? evr.slice(0, digits) : "";
  return { epoch, version, release: hyphen < 0 ? null : rest.slice(hyphen + 1) };
}

/** A fleet compares the same few thousand versions over and over; splitting them costs the most. */
const parsed = new Map<string, Evr | null>();
const PARSED_MAX = 100_000;
const KEPT_LENGTH_MAX = 200;

function evrOf(text: string): Evr | null {
  if (text.length > KEPT_LENGTH_MAX) return parseEvr(text);
  const known = parsed.get(text);
  if (known !== undefined) return known;
  if (parsed.size >= PARSED_MAX) parsed.clear();
  const evr = parseEvr(text);
  parsed.set(text, evr);
  return evr;
}

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareRpm(left: string, right: string): number | null {
  const a = evrOf(left);
  const b = evrOf(right);
  if (a === null || b === null) return null;
  const order = compareSegments(a.epoch || "0", b.epoch || "0");
  return order || compareSegments(a.version, b.version) || compareReleases(a.release, b.release);
}

function compareReleases(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return compareSegments(a, b);
}

/** `rpmvercmp`: one part of two versions. */
export function compareSegments(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    i = endOfSeparators(a, i);
    j = endOfSeparators(b, j);
    const sign = compareSigns(a, i, b, j);
    if (sign === "same") {
      i++;
      j++;
      continue;
    }
    if (sign !== "none") return sign;
    if (i >= a.length || j >= b.length) break;
    const isNumber = isDigitCode(a.charCodeAt(i));
    const endA = endOfSegment(a, i, isNumber);
    const endB = endOfSegment(b, j, isNumber);
    // Segments of different kinds: a number is newer than letters.
    if (endB === j) return isNumber ? 1 : -1;
    const runs = { fromA: i, toA: endA, fromB: j, toB: endB };
    const order = isNumber
      ? compareDigitRuns(a, b, runs)
      : compareText(a.slice(i, endA), b.slice(j, endB));
    if (order !== 0) return order;
    i = endA;
    j = endB;
  }
  // What is left over wins.
  return Math.sign(a.length - i - (b.length - j));
}

/** `~` and `^` where one of the two stands at such a sign. */
function compareSigns(a: string, i: number, b: string, j: number): number | "same" | "none" {
  const left = a.charCodeAt(i);
  const right = b.charCodeAt(j);
  if (left === TILDE || right === TILDE) {
    if (left !== TILDE) return 1;
    return right !== TILDE ? -1 : "same";
  }
  if (left === CARET || right === CARET) {
    if (i >= a.length) return -1;
    if (j >= b.length) return 1;
    if (left !== CARET) return 1;
    return right !== CARET ? -1 : "same";
  }
  return "none";
}

function endOfSeparators(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isDigitCode(code) || isLetterCode(code) || code === TILDE || code === CARET) break;
    at++;
  }
  return at;
}

function endOfSegment(text: string, from: number, isNumber: boolean): number {
  const belongs = isNumber ? isDigitCode : isLetterCode;
  let at = from;
  while (at < text.length && belongs(text.charCodeAt(at))) at++;
  return at;
}
