import {
  atLeast,
  below,
  compared,
  everything,
  type Interval,
  only,
  outside,
} from "./version-intervals.ts";

/**
 * How the tools of each ecosystem write ranges of versions, read into alternatives (`||`), each a list
 * of conditions that must all hold; a condition is a set of intervals. Null for what no such tool takes.
 */
export type NativeNotation = (text: string) => readonly Alternative[] | null;
export type Alternative = readonly Condition[];
type Condition = readonly Interval[];

export function notationOf(type: string): NativeNotation | null {
  return Object.hasOwn(notations, type) ? (notations[type] ?? null) : null;
}

/** Splits into alternatives and conditions; every one of them must be understood. */
function listed(
  text: string,
  of: {
    readonly or: RegExp | null;
    readonly and: RegExp;
    readonly condition: (text: string) => Condition | null;
  },
): readonly Alternative[] | null {
  const alternatives = of.or === null ? [text] : text.split(of.or);
  const read = alternatives.map((one) => {
    // Blanks behind an operator belong to it, so that blanks can part conditions.
    const tidy = one.trim().replaceAll(/([<>=!~^]) +/g, "$1");
    return tidy
      .split(of.and)
      .filter((part) => part !== "")
      .map((part) => of.condition(part.trim()));
  });
  if (read.some((conditions) => conditions.length === 0 || conditions.includes(null))) return null;
  return read.map((conditions) => conditions.filter((c): c is Condition => c !== null));
}

const OPERATOR =
  /^(<>|<<|>>|~>|~=|\^>=|===|==|<=|>=|!=|=<|=>|[<>=~^])?\s*([^<>=!~^|,\s][^<>=!|,\s]*)$/;

interface Term {
  readonly operator: string;
  readonly version: string;
}

function termOf(text: string): Term | null {
  const match = OPERATOR.exec(text);
  return match === null ? null : { operator: match[1] ?? "", version: match[2] ?? "" };
}

/** Comparators that mean the same to everybody; null for any other. */
function plainly({ operator, version }: Term): Condition | null {
  switch (operator) {
    case "":
    case "=":
    case "==":
    case "===":
      return compared("=", version);
    case "!=":
    case "<>":
      return compared("!=", version);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compared(operator, version);
    default:
      return null;
  }
}

/** Numbers of a version with one of them raised and the rest left out or zero. */
function bumped(numbers: readonly string[], at: number, width = 0): string {
  const raised = numbers.slice(0, at + 1);
  raised[at] = String(BigInt(raised[at] ?? "0") + 1n);
  while (raised.length < width) raised.push("0");
  return raised.join(".");
}

const NUMBERS = /^\d+(?:\.\d+)*/;

function numbersOf(version: string): readonly string[] | null {
  return NUMBERS.exec(version)?.[0].split(".") ?? null;
}

/** A semantic version, perhaps with places left out (`1.2`, `1.x`, `*`). */
interface Partial3 {
  readonly numbers: readonly string[];
  readonly version: string;
}

function partial(text: string): Partial3 | null {
  const match = /^[v=]*((?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2})((?:-[\w.-]+)?(?:\+[\w.-]+)?)$/.exec(
    text,
  );
  if (match === null) return null;
  const places = (match[1] ?? "").split(".");
  const open = places.findIndex((place) => !/^\d+$/.test(place));
  const numbers = open < 0 ? places : places.slice(0, open);
  const filled = [...numbers, "0", "0", "0"].slice(0, 3).join(".");
  return { numbers, version: numbers.length === 3 ? filled + (match[2] ?? "") : filled };
}

/** `1.2` as a range: everything that begins so. */
function beginning({ numbers, version }: Partial3): Interval {
  if (numbers.length === 0) return everything;
  if (numbers.length === 3) return only(version);
  return { ...atLeast(version), to: bumped(numbers, numbers.length - 1, 3) };
}

function caret({ numbers, version }: Partial3): Interval {
  if (numbers.length === 0) return everything;
  const first = numbers.findIndex((number) => number !== "0");
  const at = first < 0 ? numbers.length - 1 : first;
  return { ...atLeast(version), to: bumped(numbers, at, 3) };
}

function tilde({ numbers, version }: Partial3): Interval {
  if (numbers.length === 0) return everything;
  return { ...atLeast(version), to: bumped(numbers, Math.min(1, numbers.length - 1), 3) };
}

/** node-semver's grammar; Cargo reads a bare version as a caret, node and Composer do not. */
function semverCondition(bare: "beginning" | "caret") {
  return (text: string): Condition | null => {
    const term = termOf(text);
    const version = term === null ? null : partial(term.version);
    if (term === null || version === null) return null;
    const { numbers } = version;
    const isWhole = numbers.length === 3;
    const next = isWhole || numbers.length === 0 ? null : bumped(numbers, numbers.length - 1, 3);
    switch (term.operator) {
      case "":
        return [
          bare === "caret" && !/[xX*]/.test(term.version) ? caret(version) : beginning(version),
        ];
      case "=":
      case "==":
        return [beginning(version)];
      case "^":
        return [caret(version)];
      case "~":
      case "~>":
        return [tilde(version)];
      case "!=":
      case "<>":
        return outside(beginning(version));
      case ">":
        return [next === null ? { ...everything, from: version.version } : atLeast(next)];
      case "<=":
        return [next === null ? { ...below(version.version), hasTo: true } : below(next)];
      default:
        return plainly({ operator: term.operator, version: version.version });
    }
  };
}

/** `1.2.3 - 2.3.4` of npm and Composer: both ends are in, and an end with places left out is open. */
function hyphened(text: string): Alternative | null {
  const match = /^(\S+)\s+-\s+(\S+)$/.exec(text.trim());
  const [from, to] = [partial(match?.[1] ?? ""), partial(match?.[2] ?? "")];
  if (match === null || from === null || to === null) return null;
  const end = beginning(to);
  return [[atLeast(from.version)], [{ ...everything, to: end.to, hasTo: to.numbers.length === 3 }]];
}

function semverLike(bare: "beginning" | "caret", or: RegExp | null): NativeNotation {
  const condition = semverCondition(bare);
  return (text) => {
    const found: Alternative[] = [];
    for (const one of or === null ? [text] : text.split(or)) {
      const plain = one.trim() === "" ? "*" : one;
      const alternative =
        hyphened(plain) ?? listed(plain, { or: null, and: /[\s,]+/, condition })?.[0];
      if (alternative === undefined) return null;
      found.push(alternative);
    }
    return found;
  };
}

/** `~> 2.0.8` of RubyGems and Hex: the last number that is named may rise. */
function pessimistic(version: string): Condition | null {
  const numbers = numbersOf(version);
  if (numbers === null) return null;
  return [{ ...atLeast(version), to: bumped(numbers, Math.max(0, numbers.length - 2)) }];
}

function gemCondition(text: string): Condition | null {
  const term = termOf(text);
  if (term === null) return null;
  return term.operator === "~>" ? pessimistic(term.version) : plainly(term);
}

/** PEP 440, "Version specifiers": a release is before its own development releases' successor. */
function pypiCondition(text: string): Condition | null {
  const term = termOf(text);
  if (term === null) return null;
  const prefix = /^v?((?:\d+!)?\d+(?:\.\d+)*)\.\*$/.exec(term.version)?.[1];
  if (prefix !== undefined) {
    const held = prefixed(prefix);
    return term.operator === "==" ? [held] : term.operator === "!=" ? outside(held) : null;
  }
  if (term.operator !== "~=") return term.operator === "" ? null : plainly(term);
  const numbers = /^(\d+!)?(\d+(?:\.\d+)+)/.exec(term.version);
  if (numbers === null) return null;
  const kept = (numbers[2] ?? "").split(".").slice(0, -1).join(".");
  const { to, hasTo } = prefixed(`${numbers[1] ?? ""}${kept}`);
  return [{ ...atLeast(term.version), to, hasTo }];
}

function prefixed(prefix: string): Interval {
  const [, epoch = "", numbers = ""] = /^(\d+!)?(.+)$/.exec(prefix) ?? [];
  const places = numbers.split(".");
  return { ...atLeast(`${prefix}.dev0`), to: `${epoch}${bumped(places, places.length - 1)}.dev0` };
}

/** `[1.0,2.0)`, `(,1.0]`, `[1.0]`, several parted by commas; what a bare version means differs. */
function brackets(bare: (version: string) => Interval): NativeNotation {
  return (text) => {
    const plain = text.replaceAll(/\s+/g, "");
    if (/^[^[\](),]+$/.test(plain)) return [[[bare(plain)]]];
    if (!/^(?:[[(][^[\]()]*[\])])(?:,[[(][^[\]()]*[\])])*$/.test(plain)) return null;
    const alternatives = (plain.match(/[[(][^[\]()]*[\])]/g) ?? []).map(bracket);
    return alternatives.includes(null)
      ? null
      : alternatives.flatMap((interval) => (interval === null ? [] : [[[interval]]]));
  };
}

function bracket(text: string): Interval | null {
  const [hasFrom, hasTo] = [text.startsWith("["), text.endsWith("]")];
  const ends = text.slice(1, -1).split(",");
  const [from = "", to = ""] = ends;
  if (ends.length === 1) return hasFrom && hasTo && from !== "" ? only(from) : null;
  if (ends.length > 2) return null;
  return {
    from: from === "" ? null : from,
    hasFrom: hasFrom && from !== "",
    to: to === "" ? null : to,
    hasTo: hasTo && to !== "",
  };
}

/** Debian Policy 7.1: `<<` and `>>` are strict; a bare `<` or `>` once meant `<=` and `>=`. */
function debCondition(text: string): Condition | null {
  const term = termOf(text.replaceAll(/[()]/g, ""));
  if (term === null) return null;
  const strict: Readonly<Record<string, string>> = { "<<": "<", ">>": ">", "<": "<=", ">": ">=" };
  return plainly({ ...term, operator: strict[term.operator] ?? term.operator });
}

function plainCondition(text: string): Condition | null {
  const term = termOf(text);
  return term === null ? null : plainly(term);
}

/** Haskell's PVP bounds: `^>=1.2.3` allows the same first two numbers, `==1.2.*` all that begin so. */
function hackageCondition(text: string): Condition | null {
  const term = termOf(text);
  const isPrefix = term?.version.endsWith(".*") === true;
  const numbers = term === null ? null : numbersOf(term.version);
  if (term === null || numbers === null) return null;
  const version = numbers.join(".");
  if (isPrefix) return [{ ...atLeast(version), to: bumped(numbers, numbers.length - 1) }];
  if (term.operator !== "^>=") return plainly(term);
  return [{ ...atLeast(version), to: bumped([...numbers, "0"], 1) }];
}

/** nginx's security advisories: `1.4.1+` holds its branch, of a mainline (odd) branch all that follow. */
function nginxCondition(text: string): Condition | null {
  if (text === "all") return [everything];
  const span = /^([\d.]+)-([\d.]+)$/.exec(text);
  if (span !== null) return [{ ...atLeast(span[1] ?? ""), to: span[2] ?? "", hasTo: true }];
  const open = /^(\d+\.\d+\.\d+)\+$/.exec(text)?.[1];
  if (open === undefined) return plainCondition(text);
  const numbers = open.split(".");
  const isMainline = Number(numbers[1]) % 2 === 1;
  return [isMainline ? atLeast(open) : { ...atLeast(open), to: bumped(numbers, 1, 3) }];
}

function by(of: {
  readonly or: RegExp | null;
  readonly and: RegExp;
  readonly condition: (text: string) => Condition | null;
  /** Words that stand for every version. */
  readonly any?: RegExp;
}): NativeNotation {
  return (text) => (of.any?.test(text) === true ? [[[everything]]] : listed(text, of));
}

const OR = /\|\|?/;
const NEVER = /(?!)/;
const plain = by({ or: OR, and: /[\s,]+/, condition: plainCondition, any: /^\*?$/ });

const notations: Readonly<Record<string, NativeNotation>> = {
  alpine: plain,
  alpm: plain,
  apk: plain,
  cargo: semverLike("caret", null),
  composer: semverLike("beginning", OR),
  conan,
  cran: plain,
  deb: by({ or: /\|/, and: /,|\)\s*\(/, condition: debCondition }),
  ebuild: plain,
  gem: by({ or: null, and: /[\s,]+/, condition: gemCondition, any: /^$/ }),
  generic: plain,
  gentoo: plain,
  golang: by({ or: OR, and: /[\s,]+/, condition: plainCondition, any: /^\*?$/ }),
  hackage: by({ or: /\|\|/, and: /&&/, condition: hackageCondition, any: /^(?:-any|\*)$/ }),
  hex: by({ or: /\s{1,9}or\s{1,9}/, and: /\s{1,9}and\s{1,9}/, condition: gemCondition }),
  maven: brackets(only),
  nginx: by({ or: /,/, and: NEVER, condition: nginxCondition }),
  npm: semverLike("beginning", /\|\|/),
  nuget: brackets(atLeast),
  openssl: by({ or: /,/, and: /\s+/, condition: plainCondition }),
  pub: by({ or: null, and: /\s+/, condition: semverCondition("beginning"), any: /^any$/ }),
  pypi: by({ or: null, and: /,/, condition: pypiCondition, any: /^$/ }),
  rpm: plain,
  semver: plain,
  swift: plain,
};

/** Conan 2, "Version ranges", perhaps in brackets; whether pre-releases are wanted is no part of it. */
function conan(text: string): readonly Alternative[] | null {
  const inner = text
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/,\s*include_prerelease\b[^,]*$/, "")
    .trim();
  if (inner === "") return [[[everything]]];
  return listed(inner, { or: OR, and: /[\s,]+/, condition: conanCondition });
}

/** A bound of `2-` is below every pre-release of 2; a `-` behind a version asks for pre-releases. */
function conanCondition(text: string): Condition | null {
  if (/^\*-?$/.test(text)) return [atLeast("0.0.0")];
  const term = termOf(text.replace(/-$/, ""));
  if (term?.operator !== "~" && term?.operator !== "^") return term === null ? null : plainly(term);
  const numbers = numbersOf(term.version);
  if (numbers === null) return null;
  const first = numbers.findIndex((number) => number !== "0");
  const at = term.operator === "~" ? 1 : first < 0 ? numbers.length : first;
  const to = `${bumped(numbers, Math.min(at, numbers.length - 1))}-`;
  return [{ ...atLeast(term.version), to }];
}
