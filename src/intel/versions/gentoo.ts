import { compareDigits, compareText } from "./digits.ts";

/**
 * The order of Gentoo's ebuilds (Package Manager Specification, "Version specifications" and "Version
 * comparison"): numbers between dots, one letter, suffixes, `-rN`. A text that the specification does
 * not allow is not a version.
 */
interface Ebuild {
  readonly first: string;
  readonly numbers: readonly string[];
  readonly letter: string;
  readonly suffixes: readonly Suffix[];
  readonly revision: string;
}

interface Suffix {
  readonly rank: number;
  readonly number: string;
}

/** In their order; only `_p` stands behind the release. */
const words = ["alpha", "beta", "pre", "rc", "p"];
const AFTER = words.indexOf("p");

/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
const PATTERN = new RegExp(
  `^(\\d+)((?:\\.\\d+)*)([a-z]?)((?:_(?:${words.join("|")})\\d*)*)(?:-r(\\d+))?$`,
);

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareGentoo(left: string, right: string): number | null {
  const a = parse(left);
  const b = parse(right);
  if (a === null || b === null) return null;
  return (
    compareDigits(a.first, b.first) ||
    compareNumbers(a.numbers, b.numbers) ||
    compareText(a.letter, b.letter) ||
    compareSuffixes(a.suffixes, b.suffixes) ||
    compareDigits(a.revision, b.revision)
  );
}

function parse(text: string): Ebuild | null {
  const match = text.length > LENGTH_MAX ? null : PATTERN.exec(text);
  if (match === null) return null;
  const [, first = "", numbers = "", letter = "", suffixed = "", revision = ""] = match;
  return {
    first,
    numbers: numbers.split(".").slice(1),
    letter,
    suffixes: suffixed.split("_").slice(1).map(suffixOf),
    revision,
  };
}

function suffixOf(text: string): Suffix {
  const word = text.replace(/\d+$/, "");
  return { rank: words.indexOf(word), number: text.slice(word.length) };
}

/** Algorithm 3.3: behind the first number, a leading zero makes it a fraction. */
function compareNumbers(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const left = a[at] ?? "";
    const right = b[at] ?? "";
    const isFraction = left.startsWith("0") || right.startsWith("0");
    const order = isFraction
      ? compareText(left.replace(/0+$/, ""), right.replace(/0+$/, ""))
      : compareDigits(left, right);
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

/** Algorithms 3.5 and 3.6; a further `_p` is higher than none, any other suffix lower. */
function compareSuffixes(a: readonly Suffix[], b: readonly Suffix[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const left = a[at];
    const right = b[at];
    if (left === undefined) return right?.rank === AFTER ? -1 : 1;
    if (right === undefined) return left.rank === AFTER ? 1 : -1;
    const order = Math.sign(left.rank - right.rank) || compareDigits(left.number, right.number);
    if (order !== 0) return order;
  }
  return 0;
}
