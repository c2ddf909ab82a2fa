import { compareDigits, isDigits } from "./digits.ts";

/**
 * The order of Packagist: Composer first normalises a version (four numbers, spelled-out stability),
 * then compares as PHP's `version_compare` does. A branch (`dev-main`) is equal to itself and cannot
 * be compared with anything else; what Composer refuses to normalise is not a version.
 */
/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;

/** Digits can be read in one way only, so that no text makes the expression try them all. */
const STABILITY = "[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)(\\d*(?:[.-]\\d+)*))?([.-]?dev)?";
const CLASSICAL = new RegExp(`^v?(\\d{1,5})(\\.\\d+)?(\\.\\d+)?(\\.\\d+)?${STABILITY}$`, "i");
const DATED = new RegExp(
  `^v?(\\d{4}(?:[.:-]?\\d{2}){1,6}(?:[.:-]?\\d{1,3}){0,2})${STABILITY}$`,
  "i",
);
const NUMERIC_BRANCH = /^v?(\d+)(\.(?:\d+|[xX*]))?(\.(?:\d+|[xX*]))?(\.(?:\d+|[xX*]))?[.-]?dev$/i;
/** What Composer writes for the open end of a numeric branch, such as `2.x-dev`. */
const OPEN_END = "9999999";

const longNames: ReadonlyMap<string, string> = new Map([
  ["a", "alpha"],
  ["b", "beta"],
  ["p", "patch"],
  ["pl", "patch"],
]);

/** Negative, 0 or positive like a sort function; `null` when the two cannot be compared. */
export function comparePackagist(left: string, right: string): number | null {
  const a = normalize(left);
  const b = normalize(right);
  if (a === null || b === null) return null;
  if (a === b) return 0;
  if (a.startsWith("dev-") || b.startsWith("dev-")) return null;
  return compareForms(formsOf(a), formsOf(b));
}

/** Composer's normal form, or `null` where there is none. */
export function normalize(text: string): string | null {
  if (text.length > LENGTH_MAX) return null;
  const version = text
    .trim()
    .replace(/^([^,\s]+) +as +[^,\s]+$/, "$1")
    .replace(/@(?:stable|rc|beta|alpha|dev)$/i, "");
  if (["master", "trunk", "default"].includes(version)) return `dev-${version}`;
  if (/^dev-/i.test(version)) return `dev-${version.slice(4)}`;
  const plain = version.replace(/^([^,\s+]+)\+\S+$/, "$1");
  return normalClassical(plain) ?? normalDated(plain) ?? normalBranch(plain);
}

function normalClassical(version: string): string | null {
  const match = CLASSICAL.exec(version);
  if (match === null) return null;
  const [, major = "", minor = ".0", patch = ".0", fourth = ".0", word, number, dev] = match;
  return `${major}${minor}${patch}${fourth}${stability(word, number, dev)}`;
}

function normalDated(version: string): string | null {
  const match = DATED.exec(version);
  if (match === null) return null;
  const [, date = "", word, number, dev] = match;
  return `${date.replace(/\D/g, ".")}${stability(word, number, dev)}`;
}

function stability(
  word: string | undefined,
  number: string | undefined,
  dev: string | undefined,
): string {
  const name = word?.toLowerCase() ?? "";
  // Composer stops at `stable`: even a `-dev` behind it is dropped.
  if (name === "stable") return "";
  const counted = `-${longNames.get(name) ?? name}${(number ?? "").replace(/^[.-]+/, "")}`;
  return `${name === "" ? "" : counted}${dev === undefined ? "" : "-dev"}`;
}

function normalBranch(version: string): string | null {
  const match = NUMERIC_BRANCH.exec(version);
  if (match === null) return null;
  const numbers = match.slice(1, 5).map((part = ".x") => part.replace(/[xX*]/, OPEN_END));
  return `${numbers.join("")}-dev`;
}

/** `version_compare` splits at signs and wherever digits and letters meet. */
function formsOf(normal: string): readonly string[] {
  return normal.match(/\d+|[^\d._+-]+/g) ?? [];
}

/** PHP's order of words; `#` stands for a number, or for nothing more to come. */
const specialForms: readonly (readonly [start: string, rank: number])[] = [
  ["dev", 0],
  ["a", 1],
  ["b", 2],
  ["RC", 3],
  ["rc", 3],
  ["#", 4],
  ["p", 5],
];

function compareForms(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compareForm(a[at] ?? "", b[at] ?? "");
    if (order !== 0) return order;
  }
  if (a.length === b.length) return 0;
  return a.length > b.length ? restRank(a[b.length] ?? "") : -restRank(b[a.length] ?? "");
}

function compareForm(a: string, b: string): number {
  if (isDigits(a) && isDigits(b)) return compareDigits(a, b);
  return Math.sign(rankOf(a) - rankOf(b));
}

/** One of the two goes on: with a number it is higher, with a word as the word says. */
function restRank(next: string): number {
  return isDigits(next) ? 1 : Math.sign(rankOf(next) - rankOf("#"));
}

function rankOf(form: string): number {
  const start = isDigits(form) ? "#" : form;
  return specialForms.find(([name]) => start.startsWith(name))?.[1] ?? -1;
}
