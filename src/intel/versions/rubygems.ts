import { compareDigits, compareText, isDigits } from "./digits.ts";

/**
 * The order of RubyGems (`Gem::Version`): segments of digits and of letters, a segment of letters
 * makes a pre-release and is lower than any number, `-` stands for `.pre.`, trailing zeros count for
 * nothing.
 */
/** No gem has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
/** Ruby's `\s` is white space of ASCII. */
const PATTERN = /^[ \t-\r]*\d+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?[ \t-\r]*$/;

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareRubygems(left: string, right: string): number | null {
  const a = segmentsOf(left);
  const b = segmentsOf(right);
  if (a === null || b === null) return null;
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = compareSegments(a[at] ?? "0", b[at] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

/** Without the zeros at the end of the numbers and at the end of the whole. */
function segmentsOf(text: string): readonly string[] | null {
  if (text.length > LENGTH_MAX || !PATTERN.test(text)) return null;
  const all = text.replaceAll("-", ".pre.").match(/\d+|[a-z]+/gi) ?? [];
  const firstWord = all.findIndex((segment) => !isDigits(segment));
  const numbers = firstWord < 0 ? all : all.slice(0, firstWord);
  const rest = firstWord < 0 ? [] : all.slice(firstWord);
  return [...withoutZeros(numbers), ...withoutZeros(rest)];
}

function withoutZeros(segments: readonly string[]): readonly string[] {
  const last = segments.findLastIndex((segment) => !/^0+$/.test(segment));
  return segments.slice(0, last + 1);
}

function compareSegments(a: string, b: string): number {
  const isNumber = isDigits(a);
  if (isNumber !== isDigits(b)) return isNumber ? 1 : -1;
  return isNumber ? compareDigits(a, b) : compareText(a, b);
}
