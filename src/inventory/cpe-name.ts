/**
 * Names of products as the Common Platform Enumeration writes them: the formatted string of CPE 2.3 and
 * the URI of 2.2 (NISTIR 7695, clauses 6.1 and 6.2), and whether one name covers another (NISTIR 7696,
 * clause 6). A value is kept unquoted but for `\*`, `\?`, `\\` and a hyphen that stands alone, so that
 * `*` is always "any" or a wildcard and `-` alone always "not applicable".
 */
export interface CpeName {
  /** `a` application, `o` operating system, `h` hardware. */
  readonly part: string;
  readonly vendor: string;
  readonly product: string;
  readonly version: string;
  readonly update: string;
  /** Edition, language, software edition, target software, target hardware, other: in this order. */
  readonly rest: readonly string[];
}

export const ANY = "*";
export const NOT_APPLICABLE = "-";

const NAME_LENGTH_MAX = 1_000;
const ATTRIBUTE_COUNT = 11;
/** Part, vendor and product: a name of less names nothing. */
const ATTRIBUTES_MIN = 3;

/** `null` for what is no name of a product. */
export function parseCpe(text: string): CpeName | null {
  if (text.length > NAME_LENGTH_MAX) return null;
  const lower = text.trim().toLowerCase();
  const values = lower.startsWith("cpe:2.3:")
    ? formattedValues(lower.slice("cpe:2.3:".length))
    : lower.startsWith("cpe:/")
      ? uriValues(lower.slice("cpe:/".length))
      : null;
  if (values === null || values.length < ATTRIBUTES_MIN || values.length > ATTRIBUTE_COUNT) {
    return null;
  }
  const [part = "", vendor = "", product = "", version = ANY, update = ANY] = values;
  if (!/^[aoh*]$/.test(part) || product === NOT_APPLICABLE) return null;
  const rest = values.slice(5);
  while (rest.length < ATTRIBUTE_COUNT - 5) rest.push(ANY);
  return { part, vendor, product, version, update, rest };
}

/** Attributes without quoted sign and wildcard, or nothing but `*`. Records name millions of such. */
const PLAIN = /^(?:\*|[^:\\*?]+)(?::(?:\*|[^:\\*?]+))*$/;

/** Clause 6.2: attributes parted by colons that are not quoted. */
function formattedValues(text: string): readonly string[] | null {
  // Most names quote nothing and leave whole attributes open: those are kept as they stand.
  if (PLAIN.test(text)) return text.split(":");
  if (!text.includes("\\")) return allOf(text.split(":").map(formattedValue));
  const values = [""];
  for (const [sign] of text.matchAll(/\\.|[^\\]|\\$/g)) {
    if (sign === ":") values.push("");
    else values.push(`${values.pop() ?? ""}${sign}`);
  }
  return allOf(values.map(formattedValue));
}

function formattedValue(text: string): string | null {
  if (text === ANY || text === NOT_APPLICABLE) return text;
  // Nothing quoted and no wildcard: it is kept as it is. Records name millions of such.
  if (text !== "" && !/[\\*?]/.test(text)) return text;
  return canonical(text.match(/\\.|[^\\]|\\$/g) ?? []);
}

/**
 * Signs of a value, quoted or not, as they are kept. A wildcard stands only at an end; elsewhere the
 * publisher forgot to quote it. Bare signs that ought to be quoted are taken as if they were.
 */
function canonical(signs: readonly string[]): string | null {
  if (signs.length === 0 || signs.includes("\\")) return null;
  const first = signs.findIndex((sign) => !isWildcard(sign));
  const last = signs.findLastIndex((sign) => !isWildcard(sign));
  if (first < 0) return ANY;
  const kept = signs.map((sign, at) => {
    if (isWildcard(sign)) return at > first && at < last ? `\\${sign}` : sign;
    const plain = sign.replace(/^\\(?=.)/, "");
    return plain === "*" || plain === "?" || plain === "\\" ? `\\${plain}` : plain;
  });
  const value = kept.join("");
  return value === NOT_APPLICABLE ? "\\-" : value;
}

function isWildcard(sign: string): boolean {
  return sign === "*" || sign === "?";
}

/** Clause 6.1: percent-encoded, wildcards as %01 and %02; five attributes may be packed with `~`. */
function uriValues(text: string): readonly string[] | null {
  const raw = text.split(":");
  const [edition = ""] = raw.slice(5, 6);
  const packed = edition.startsWith("~") ? edition.slice(1).split("~") : null;
  if (raw.length > URI_ATTRIBUTES_MAX || (packed !== null && packed.length > 5)) return null;
  const [first = edition, ...others] = packed ?? [];
  const spread = raw.length <= 5 ? raw : [...raw.slice(0, 5), first, raw[6] ?? "", ...others];
  return allOf(spread.map(uriValue));
}

const URI_ATTRIBUTES_MAX = 7;

function uriValue(text: string): string | null {
  if (text === "") return ANY;
  if (text === NOT_APPLICABLE) return text;
  const signs: string[] = [];
  for (const [sign] of text.matchAll(/%[0-9a-f]{2}|./g)) {
    if (sign === "%01" || sign === "%02") signs.push(sign === "%01" ? "?" : "*");
    else if (/^%..$/.test(sign))
      signs.push(`\\${String.fromCharCode(Number(`0x${sign.slice(1)}`))}`);
    else signs.push(isWildcard(sign) ? `\\${sign}` : sign);
  }
  return canonical(signs);
}

function allOf(values: readonly (string | null)[]): readonly string[] | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === values.length ? known : null;
}

/** As a formatted string of CPE 2.3, the same for equal names however they were written. */
export function cpeText(name: CpeName): string {
  const values = [name.part, name.vendor, name.product, name.version, name.update, ...name.rest];
  return `cpe:2.3:${values.map(quoted).join(":")}`;
}

function quoted(value: string): string {
  if (value === ANY || value === NOT_APPLICABLE) return value;
  return value.replaceAll(/\\.|[^a-z0-9._*?\\-]/g, (sign) =>
    sign.startsWith("\\") ? sign : `\\${sign}`,
  );
}

/** A value as people write it, without quoting. */
export function plainValue(value: string): string {
  return value.replaceAll(/\\(.)/g, "$1");
}

/** What a criterion says of a name: `unknown` where the name leaves open what the criterion asks. */
export type CpeFit = "fits" | "differs" | "unknown";

/** One attribute of a criterion against that of a product that is there (clause 6.3). */
export function valueFit(criterion: string, value: string): CpeFit {
  if (criterion === ANY || criterion === value) return "fits";
  if (value === ANY) return "unknown";
  if (criterion === NOT_APPLICABLE || value === NOT_APPLICABLE) return "differs";
  // What a wildcard in the name of a product that is there should mean is not defined (table 6-2).
  if (hasWildcard(value)) return "unknown";
  if (!hasWildcard(criterion)) return "differs";
  return wildcardPattern(criterion).test(plainValue(value)) ? "fits" : "differs";
}

export function hasWildcard(value: string): boolean {
  return /^[*?]|(^|[^\\])[*?]+$/.test(value);
}

/** `*` stands for any signs, each `?` for one or none (clause 6.3.2). */
function wildcardPattern(criterion: string): RegExp {
  const [, head = "", body = "", tail = ""] = /^([*?]*)(.*?)((?<!\\)[*?]+)?$/.exec(criterion) ?? [];
  const open = (signs: string): string =>
    signs === "" ? "" : signs.includes("*") ? ".*" : `.{0,${signs.length}}`;
  const literal = plainValue(body).replaceAll(/[^a-z0-9_]/g, "\\$&");
  return new RegExp(`^${open(head)}${literal}${open(tail)}$`);
}
