import { compareDigits, isDigits } from "./digits.ts";

/**
 * The order of versions whose scheme nobody has defined: numbers parted by any sign, and the few words
 * that mean the same everywhere. Where an unknown word would have to decide, nothing is known.
 */
/** No product has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
const NO_WORD = 6;
/** A number that counts: `1.0.1` is above `1.0-post1`. */
const NUMBER = 8;
/** Before the release and after it, in the order in which projects use them. */
const words: ReadonlyMap<string, number> = new Map([
  ["dev", 1],
  ["alpha", 2],
  ["a", 2],
  ["beta", 3],
  ["b", 3],
  ["pre", 4],
  ["preview", 4],
  ["rc", 5],
  ["post", 7],
  ["patch", 7],
]);

/** Negative, 0 or positive like a sort function; `null` when the two cannot be compared. */
export function compareGeneric(left: string, right: string): number | null {
  const a = partsOf(left);
  const b = partsOf(right);
  if (a === null || b === null) return null;
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = compareParts(a[at], b[at]);
    if (order !== 0) return order;
  }
  return 0;
}

function partsOf(text: string): readonly string[] | null {
  if (text.length > LENGTH_MAX || !/^v?\d[0-9a-z.+_~-]*$/i.test(text)) return null;
  return text
    .toLowerCase()
    .replace(/^v/, "")
    .match(/\d+|[a-z]+/g);
}

/** A missing part is 0 beside a number and no word beside a word. */
function compareParts(a: string | undefined, b: string | undefined): number | null {
  if (a === b) return 0;
  const isNumberA = a === undefined ? b !== undefined && isDigits(b) : isDigits(a);
  const isNumberB = b === undefined ? a !== undefined && isDigits(a) : isDigits(b);
  if (isNumberA && isNumberB) return compareDigits(a ?? "0", b ?? "0");
  const left = rankOf(a);
  const right = rankOf(b);
  return left === undefined || right === undefined ? null : Math.sign(left - right);
}

function rankOf(part: string | undefined): number | undefined {
  if (part === undefined || /^0+$/.test(part)) return NO_WORD;
  return isDigits(part) ? NUMBER : words.get(part);
}
