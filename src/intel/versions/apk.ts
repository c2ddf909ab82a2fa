import { compareDigits, compareText, isDigits } from "./digits.ts";

/**
 * The order of Alpine's versions, `digits{.digits}…{letter}{_suffix{digits}}…{~hash}{-r digits}`
 * (apk-package(5) and the comparison of apk-tools). What does not follow that grammar is not a
 * version: apk itself stops reading there, so its answer would say nothing.
 *
 * Up to version 2 apk also read digits behind a letter (`1.9.5p2`), version 3 no longer does. Packages
 * of releases before were called so, and their advisories still are: `compareApkPackages`.
 */
interface Token {
  readonly place: number;
  readonly text: string;
}

/** Places in the order of the grammar: of two versions equal so far, the one that ends is lower. */
const FIRST = 0;
const DIGITS = 1;
const LETTER = 2;
const SUFFIX = 3;
const SUFFIX_NUMBER = 4;
const HASH = 5;
const RELEASE = 6;
const END = 7;
const end: Token = { place: END, text: "" };

/** Lower than a version without suffix; the rest is higher. */
const earlierSuffixes = ["alpha", "beta", "pre", "rc"];
const suffixes = [...earlierSuffixes, "cvs", "svn", "git", "hg", "p"];

/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
const BEGIN = "^(\\d+)((?:\\.\\d+)*)";
const REST = `((?:_(?:${suffixes.join("|")})\\d*)*)(~[0-9a-f]+)?(-r\\d+)?$`;
const GRAMMAR = new RegExp(`${BEGIN}([a-z]?)${REST}`);
const GRAMMAR_2 = new RegExp(`${BEGIN}((?:[a-z]\\d+(?:\\.\\d+)*)*[a-z]?)${REST}`);

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareApk(left: string, right: string): number | null {
  return compareBy(GRAMMAR, left, right);
}

/** The same for what hosts of any release have installed, as apk-tools 2 read it. */
export function compareApkPackages(left: string, right: string): number | null {
  return compareBy(GRAMMAR_2, left, right);
}

function compareBy(grammar: RegExp, left: string, right: string): number | null {
  const a = tokensOf(left, grammar);
  const b = tokensOf(right, grammar);
  if (a === null || b === null) return null;
  for (let at = 0; ; at++) {
    const x = a[at] ?? end;
    const y = b[at] ?? end;
    if (x.place !== y.place) return compareEnds(x, y);
    if (x.place === END) return 0;
    const order = compareTokens(x, y);
    if (order !== 0) return order;
  }
}

function tokensOf(version: string, grammar: RegExp): readonly Token[] | null {
  if (version.length > LENGTH_MAX) return null;
  const match = grammar.exec(version);
  if (match === null) return null;
  const [, first = "", digits = "", lettered = "", suffixed = "", hash = "", release = ""] = match;
  const tokens: Token[] = [{ place: FIRST, text: first }];
  for (const text of digits.split(".").slice(1)) tokens.push({ place: DIGITS, text });
  for (const text of lettered.match(/[a-z]|\.?\d+/g) ?? []) {
    if (text.startsWith(".")) tokens.push({ place: DIGITS, text: text.slice(1) });
    // Behind a letter by value, as the first digits are.
    else tokens.push({ place: isDigits(text) ? FIRST : LETTER, text });
  }
  for (const suffix of suffixed.split("_").slice(1)) {
    const word = suffix.replace(/\d+$/, "");
    tokens.push({ place: SUFFIX, text: word });
    if (word !== suffix) tokens.push({ place: SUFFIX_NUMBER, text: suffix.slice(word.length) });
  }
  if (hash !== "") tokens.push({ place: HASH, text: hash.slice(1) });
  if (release !== "") tokens.push({ place: RELEASE, text: release.slice(2) });
  return tokens;
}

function compareTokens(a: Token, b: Token): number {
  switch (a.place) {
    case DIGITS:
      // After the first number a leading zero makes it a fraction, compared as text (as in Gentoo).
      return a.text.startsWith("0") || b.text.startsWith("0")
        ? compareText(a.text, b.text)
        : compareDigits(a.text, b.text);
    case LETTER:
    case HASH:
      return compareText(a.text, b.text);
    case SUFFIX:
      return Math.sign(suffixes.indexOf(a.text) - suffixes.indexOf(b.text));
    default:
      return compareDigits(a.text, b.text);
  }
}

/** All was equal so far: what goes on is higher, except into a suffix that stands before a release. */
function compareEnds(a: Token, b: Token): number {
  if (isEarlier(a)) return -1;
  if (isEarlier(b)) return 1;
  return a.place > b.place ? -1 : 1;
}

function isEarlier(token: Token): boolean {
  return token.place === SUFFIX && earlierSuffixes.includes(token.text);
}
