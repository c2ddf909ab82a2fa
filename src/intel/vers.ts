import { compareAlpm } from "./versions/alpm.ts";
import { compareApk } from "./versions/apk.ts";
import { compareConan } from "./versions/conan.ts";
import { compareDeb } from "./versions/deb.ts";
import { compareGeneric } from "./versions/generic.ts";
import { compareGentoo } from "./versions/gentoo.ts";
import { compareGo } from "./versions/go.ts";
import { compareMaven } from "./versions/maven.ts";
import { compareNuget } from "./versions/nuget.ts";
import { compareCran, compareHackage } from "./versions/number-list.ts";
import { compareOpenssl } from "./versions/openssl.ts";
import type { VersionOrder } from "./versions/order.ts";
import { comparePackagist } from "./versions/packagist.ts";
import { comparePep440 } from "./versions/pep440.ts";
import { comparePub } from "./versions/pub.ts";
import { compareRpm } from "./versions/rpm.ts";
import { compareRubygems } from "./versions/rubygems.ts";
import { compareLooseSemver, compareSemver } from "./versions/semver.ts";
import { compareDatetime, compareIntdot, compareLexicographic } from "./versions/special.ts";

/**
 * Version range specifiers (VERS, package-url/vers-spec): `vers:type/constraint|constraint…`. The
 * constraints are signposts along the line of versions, sorted and unique; what is not canonical is not
 * valid, and the problem says why.
 */
export type Comparator = "=" | "!=" | "<" | "<=" | ">" | ">=";

export interface Constraint {
  readonly comparator: Comparator;
  readonly version: string;
}

export interface Vers {
  readonly type: string;
  /** `*` for every version; of the type `none` that is no version at all. */
  readonly constraints: readonly Constraint[] | "*";
}

export interface VersReading {
  /** Null where nothing can be asked of it. */
  readonly range: Vers | null;
  /** Null where it is valid. A range that is only out of order is given, sorted, with its problem. */
  readonly problem: string | null;
}

/** By VERS type, which by convention is the package URL's type. */
const orders: Readonly<Record<string, VersionOrder>> = {
  alpine: compareApk,
  alpm: compareAlpm,
  apache: compareLooseSemver,
  apk: compareApk,
  bitnami: compareLooseSemver,
  cargo: compareLooseSemver,
  composer: comparePackagist,
  conan: compareConan,
  cran: compareCran,
  dart: comparePub,
  datetime: compareDatetime,
  deb: compareDeb,
  gem: compareRubygems,
  ebuild: compareGentoo,
  generic: compareGeneric,
  gentoo: compareGentoo,
  github: compareLooseSemver,
  golang: compareGo,
  hackage: compareHackage,
  hex: compareLooseSemver,
  intdot: compareIntdot,
  julia: compareLooseSemver,
  lexicographic: compareLexicographic,
  mattermost: compareLooseSemver,
  maven: compareMaven,
  mozilla: compareLooseSemver,
  npm: compareLooseSemver,
  nginx: compareLooseSemver,
  nuget: compareNuget,
  openssl: compareOpenssl,
  pub: comparePub,
  pypi: comparePep440,
  rpm: compareRpm,
  semver: compareSemver,
  swift: compareLooseSemver,
};

/** A range that names more versions than any package has is not one. */
const LENGTH_MAX = 100_000;
const TYPE = /^[a-z][a-z0-9.-]*$/;

/** "How to parse and validate VERS". */
export function parseVers(text: string): VersReading {
  if (text.length > LENGTH_MAX) return bad("it is too long");
  if (/\s/.test(text)) return bad("whitespace is not permitted");
  if (!/^[\x21-\x7e]*$/.test(text)) return bad("only printable ASCII characters are permitted");
  if (!text.startsWith("vers:")) return bad('it does not begin with "vers:"');
  const slash = text.indexOf("/");
  const type = text.slice("vers:".length, slash < 0 ? undefined : slash);
  if (!TYPE.test(type)) return bad(`the type ${JSON.stringify(type)} is not in lower case`);
  const list = slash < 0 ? "" : text.slice(slash + 1);
  if (list === "") return bad("it has no constraints");
  if (list === "*") {
    const isKnown = isSpecial(type) || orderOfType(type) !== null;
    return isKnown ? { range: { type, constraints: "*" }, problem: null } : unknownType(type);
  }
  if (isSpecial(type)) return bad(`the type ${type} allows "*" only`);
  const order = orderOfType(type);
  if (order === null) return unknownType(type);
  if (list.startsWith("|")) return bad("a leading pipe is not permitted");
  if (list.endsWith("|")) return bad("a trailing pipe is not permitted");
  if (list.includes("||")) return bad("consecutive pipes are not permitted");
  return parseConstraints(type, list.split("|"), order);
}

/**
 * "Checking if a version is contained within a range"; null where the version cannot be compared with
 * one of the range. A range of `!=` alone holds all other versions.
 */
export function containsVersion(range: Vers, version: string): boolean | null {
  if (range.constraints === "*") return range.type !== "none";
  const order = orderOfType(range.type);
  const compared = range.constraints.map(({ comparator, version: at }) => ({
    comparator,
    place: order === null ? null : order(version, at),
  }));
  const known = compared.filter((c): c is Compared => c.place !== null);
  if (known.length < compared.length) return null;
  const equal = known.find(({ place }) => place === 0);
  if (equal !== undefined) return ["=", "<=", ">="].includes(equal.comparator);
  const bounds = known.filter(({ comparator }) => comparator !== "=" && comparator !== "!=");
  if (bounds.length === 0) return known.every(({ comparator }) => comparator === "!=");
  // Sorted, so the nearest signposts on both sides decide; they alternate, so one of them is enough.
  const below = bounds.findLast(({ place }) => place > 0);
  if (below !== undefined) return below.comparator.startsWith(">");
  return bounds[0]?.comparator.startsWith("<") ?? false;
}

interface Compared {
  readonly comparator: Comparator;
  readonly place: number;
}

/** The canonical text. */
export function formatVers({ type, constraints }: Vers): string {
  if (constraints === "*") return `vers:${type}/*`;
  const list = constraints.map(
    ({ comparator, version }) => (comparator === "=" ? "" : comparator) + quoted(version),
  );
  return `vers:${type}/${list.join("|")}`;
}

function quoted(version: string): string {
  return version.replace(/[><=!*|%]|[^\x21-\x7e]/gu, (sign) =>
    encodeURIComponent(sign)
      .replace(/^[!*]$/, (plain) => `%${plain.charCodeAt(0).toString(16)}`)
      .toUpperCase(),
  );
}

function isSpecial(type: string): boolean {
  return type === "all" || type === "none";
}

/** The order of a type's versions; null for a type that nobody knows. */
export function orderOfType(type: string): VersionOrder | null {
  return Object.hasOwn(orders, type) ? (orders[type] ?? null) : null;
}

function bad(problem: string): VersReading {
  return { range: null, problem };
}

function unknownType(type: string): VersReading {
  return bad(`the order of the type ${JSON.stringify(type)} is not known`);
}

function parseConstraints(
  type: string,
  texts: readonly string[],
  order: VersionOrder,
): VersReading {
  const constraints: Constraint[] = [];
  for (const text of texts) {
    const comparator = (/^(?:[<>!]=|[<>])/.exec(text)?.[0] ?? "=") as Comparator;
    const encoded = text.slice(comparator === "=" ? 0 : comparator.length);
    const problem = encodingProblem(type, encoded);
    if (problem !== null) return bad(problem);
    const version = decodeURIComponent(encoded);
    // A version on its own needs no order to be read; among others, and as a time, it needs one.
    const needsOrder = texts.length > 1 || type === "datetime";
    if (needsOrder && order(version, version) === null) {
      return bad(`${JSON.stringify(version)} is no version of the type ${type}`);
    }
    constraints.push({ comparator, version });
  }
  return validated(type, constraints, order);
}

function encodingProblem(type: string, encoded: string): string | null {
  if (encoded === "") return "a version is empty";
  if (/[><=!*]/.test(encoded)) {
    return `${JSON.stringify(encoded)} holds a sign that must be percent-encoded in a version`;
  }
  if (/%(?![0-9A-Fa-f]{2})/.test(encoded)) return "invalid percent-encoding in a version";
  const triplets = encoded.match(/%../g) ?? [];
  const isPlain = (triplet: string): boolean =>
    /[A-Za-z0-9._~-]/.test(String.fromCharCode(Number.parseInt(triplet.slice(1), 16)));
  if (triplets.some((triplet) => triplet !== triplet.toUpperCase() || isPlain(triplet))) {
    return "the percent-encoding in a version is not canonical";
  }
  if (type === "datetime" && triplets.length > 0) {
    return "the colons of a datetime must not be encoded";
  }
  try {
    decodeURIComponent(encoded);
    return null;
  } catch {
    return "invalid percent-encoding in a version";
  }
}

function validated(type: string, given: readonly Constraint[], order: VersionOrder): VersReading {
  const versions = given.map(({ version }) => version);
  const [first = "", ...others] = versions;
  if (others.some((other) => order(first, other) === null))
    return bad("its versions cannot be compared with each other");
  const constraints = given.toSorted((a, b) => order(a.version, b.version) ?? 0);
  const twice = constraints.find(
    ({ version }, at) => at > 0 && order(constraints[at - 1]?.version ?? "", version) === 0,
  );
  if (twice !== undefined) return bad(`the version ${twice.version} stands twice`);
  const problem = sequenceProblem(constraints);
  if (problem !== null) return bad(problem);
  const isSorted = constraints.every((constraint, at) => constraint === given[at]);
  return {
    range: { type, constraints },
    problem: isSorted ? null : "its constraints are not sorted by version",
  };
}

/** Which comparator may follow which, `!=` aside; and without `=`, lower and upper bounds alternate. */
function sequenceProblem(constraints: readonly Constraint[]): string | null {
  const comparators = constraints.map((c) => c.comparator).filter((c) => c !== "!=");
  const bounds = comparators.filter((c) => c !== "=");
  for (const [at, next] of comparators.slice(1).entries()) {
    if (comparators[at] === "=" && next.startsWith("<")) return `"=" is followed by "${next}"`;
  }
  for (const [at, next] of bounds.slice(1).entries()) {
    if (bounds[at]?.[0] === next[0]) return `"${bounds[at]}" is followed by "${next}"`;
  }
  return null;
}
