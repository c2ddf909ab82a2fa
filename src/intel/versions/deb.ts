import { compareDigitRuns, isDigitCode, isLetterCode } from "./digits.ts";

/**
 * The order of Debian versions, exactly as dpkg sorts them (deb-version(7), Debian Policy 5.6.12).
 * A text that the policy does not allow is not comparable: falling back to the order of strings would
 * answer wrongly and look right.
 */
export interface DebVersion {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

const UPSTREAM = /^[0-9][A-Za-z0-9.+~:-]*$/;
const REVISION = /^[A-Za-z0-9.+~]+$/;
/** `isblank` of the C library: no other white space is cut off. */
const BLANKS = /^[ \t]+|(?<![ \t])[ \t]+$/g;
/** dpkg keeps the epoch in a C `int`. */
const EPOCH_MAX = 2_147_483_647;
/** No archive has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 8_192;

/** Splits a version, or returns `null` for a text that is not one. */
export function parseDebVersion(given: string): DebVersion | null {
  if (given.length > LENGTH_MAX) return null;
  // dpkg looks at what stands between the blanks; none may stand inside.
  const text = given.trim() === given ? given : given.replace(BLANKS, "");
  const colon = text.indexOf(":");
  const epoch = colon < 0 ? 0 : epochOf(text.slice(0, colon));
  if (epoch === null) return null;
  const rest = text.slice(colon + 1);
  const hyphen = rest.lastIndexOf("-");
  const upstream = hyphen < 0 ? rest : rest.slice(0, hyphen);
  const revision = hyphen < 0 ? "" : rest.slice(hyphen + 1);
  if (!UPSTREAM.test(upstream) || (hyphen >= 0 && !REVISION.test(revision))) return null;
  return { epoch, upstream, revision };
}

function epochOf(text: string): number | null {
  return /^[0-9]+$/.test(text) && Number(text) <= EPOCH_MAX ? Number(text) : null;
}

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareDeb(left: string, right: string): number | null {
  const a = parseDebVersion(left);
  const b = parseDebVersion(right);
  if (a === null || b === null) return null;
  if (a.epoch !== b.epoch) return Math.sign(a.epoch - b.epoch);
  return compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision);
}

/** Alternately compares the longest run of non-digits and the longest run of digits. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while (isOther(a, i) || isOther(b, j)) {
      const difference = weight(a, i) - weight(b, j);
      if (difference !== 0) return Math.sign(difference);
      i++;
      j++;
    }
    const endOfA = endOfDigits(a, i);
    const endOfB = endOfDigits(b, j);
    const difference = compareDigitRuns(a, b, { fromA: i, toA: endOfA, fromB: j, toB: endOfB });
    if (difference !== 0) return difference;
    i = endOfA;
    j = endOfB;
  }
  return 0;
}

function isOther(text: string, at: number): boolean {
  return at < text.length && !isDigitCode(text.charCodeAt(at));
}

/** `~` sorts before the end of the text, the end before letters, letters before all other signs. */
function weight(text: string, at: number): number {
  if (at >= text.length) return 0;
  const code = text.charCodeAt(at);
  if (isDigitCode(code)) return 0;
  if (code === 126) return -1;
  return isLetterCode(code) ? code : code + 256;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (at < text.length && isDigitCode(text.charCodeAt(at))) at++;
  return at;
}
