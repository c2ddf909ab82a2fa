import { compareDigits, compareText, isDigitCode } from "./digits.ts";

/**
 * The order of Maven versions as Maven 3.9 sorts them (POM reference, "Version Order Specification";
 * MNG-6964, MNG-7644).
 *
 * A version is a list of numbers and qualifiers. A hyphen, a change between digits and letters, and
 * any qualifier behind a number open a list inside the list: what stands in it weighs less than what
 * goes on with a dot. Trailing nulls (`0`, `final`, `ga`, `release`, empty lists) are cut from every
 * list, back to the last item that is neither null nor a list.
 */
type Item =
  | { readonly kind: "number"; readonly digits: string }
  | { readonly kind: "qualifier"; readonly rank: number; readonly word: string }
  | List;

interface List {
  readonly kind: "list";
  readonly items: Item[];
}

/** In their order; all other qualifiers follow, by text. The empty one is the release itself. */
const qualifiers = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const RELEASE = qualifiers.indexOf("");
const aliases: ReadonlyMap<string, string> = new Map([
  ["ga", ""],
  ["final", ""],
  ["release", ""],
  ["cr", "rc"],
]);
/** Only where a number follows at once: `1.0a1` is an alpha, `1.0-a` is not. */
const letters: ReadonlyMap<string, string> = new Map([
  ["a", "alpha"],
  ["b", "beta"],
  ["m", "milestone"],
]);

/** No artifact has a version near this long; the limit also bounds how deep lists nest. */
const LENGTH_MAX = 2_048;

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareMaven(left: string, right: string): number | null {
  const a = parse(left);
  const b = parse(right);
  return a === null || b === null ? null : compareLists(a.items, b.items);
}

/** Maven takes any text for a version; what is empty or holds blanks or control signs is none to us. */
function parse(text: string): List | null {
  if (text.length > LENGTH_MAX || !/^[^\s\p{C}]+$/u.test(text)) return null;
  const root: List = { kind: "list", items: [] };
  let list = root;
  const open = (): void => {
    const inner: List = { kind: "list", items: [] };
    list.items.push(inner);
    list = inner;
  };
  for (const { token, end } of tokensOf(plainDigits(text.toLowerCase()))) {
    const isNumber = isDigitCode(token.charCodeAt(0));
    // A qualifier goes into a list of its own, except before a separator, where it stays behind its dot.
    const opensOwn = !isNumber && token !== "" && (end === "change" || end === "text");
    if (opensOwn && list.items.length > 0) open();
    if (!(token === "" && end === "text")) list.items.push(itemOf(token, end));
    if (end === "hyphen" || end === "change") open();
  }
  trim(root);
  return root;
}

/** Java takes the decimal digits of every script for digits; those beyond 16 bits it does not see. */
function plainDigits(text: string): string {
  return text.replaceAll(/[\u0660-\uff19]/g, (sign) => {
    if (!/\p{Nd}/u.test(sign)) return sign;
    const code = sign.charCodeAt(0);
    let zero = code;
    // The ten digits of a script stand one behind the other.
    while (code - zero < 9 && /\p{Nd}/u.test(String.fromCharCode(zero - 1))) zero--;
    return String(code - zero);
  });
}

type End = "dot" | "hyphen" | "change" | "text";

/** Runs of digits and of other signs, each with what ends it; two separators hold an empty token. */
function tokensOf(text: string): readonly { readonly token: string; readonly end: End }[] {
  const tokens: { token: string; end: End }[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === "." || sign === "-") {
      tokens.push({ token: text.slice(from, at), end: sign === "." ? "dot" : "hyphen" });
      from = at + 1;
    } else if (at > from && isDigitAt(text, at) !== isDigitAt(text, at - 1)) {
      tokens.push({ token: text.slice(from, at), end: "change" });
      from = at;
    }
  }
  tokens.push({ token: text.slice(from), end: "text" });
  return tokens;
}

function isDigitAt(text: string, at: number): boolean {
  return isDigitCode(text.charCodeAt(at));
}

function itemOf(token: string, end: End): Item {
  if (token === "") return { kind: "number", digits: "0" };
  if (isDigitCode(token.charCodeAt(0))) return { kind: "number", digits: token };
  const long = end === "change" ? (letters.get(token) ?? token) : token;
  const word = aliases.get(long) ?? long;
  const rank = qualifiers.indexOf(word);
  return { kind: "qualifier", rank: rank < 0 ? qualifiers.length : rank, word };
}

/** Inner lists first, then the trailing nulls of this one. */
function trim(list: List): void {
  for (const item of list.items) if (item.kind === "list") trim(item);
  for (let at = list.items.length - 1; at >= 0; at--) {
    const item = list.items[at];
    if (item === undefined) continue;
    if (isNull(item)) list.items.splice(at, 1);
    else if (item.kind !== "list") return;
  }
}

function isNull(item: Item): boolean {
  switch (item.kind) {
    case "number":
      return compareDigits(item.digits, "0") === 0;
    case "qualifier":
      return item.rank === RELEASE;
    case "list":
      return item.items.length === 0;
  }
}

/** The shorter list is padded with null. */
function compareLists(a: readonly Item[], b: readonly Item[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const left = a[at];
    const right = b[at];
    const order =
      left === undefined
        ? right === undefined
          ? 0
          : -againstNull(right)
        : right === undefined
          ? againstNull(left)
          : compareItems(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

function againstNull(item: Item): number {
  switch (item.kind) {
    case "number":
      return isNull(item) ? 0 : 1;
    case "qualifier":
      return Math.sign(item.rank - RELEASE);
    case "list":
      return item.items.reduce((order, inner) => order || againstNull(inner), 0);
  }
}

/** Of different kinds a qualifier is lowest, then a list, then a number. */
const kindRank = { qualifier: 0, list: 1, number: 2 } as const;

function compareItems(a: Item, b: Item): number {
  if (a.kind === "number" && b.kind === "number") return compareDigits(a.digits, b.digits);
  if (a.kind === "list" && b.kind === "list") return compareLists(a.items, b.items);
  if (a.kind === "qualifier" && b.kind === "qualifier") {
    if (a.rank !== b.rank) return Math.sign(a.rank - b.rank);
    return compareText(a.word, b.word);
  }
  return Math.sign(kindRank[a.kind] - kindRank[b.kind]);
}
