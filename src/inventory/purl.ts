import { isPathName, normalizedName, purlType } from "./purl-types.ts";

/**
 * Package URLs (ECMA-427, purl-spec): `pkg:type/namespace/name@version?qualifiers#subpath`, read from
 * right to left, written in the one canonical form, with the rules of each registered type. What breaks
 * a rule is no package URL; the problem says which.
 */
export interface Purl {
  readonly type: string;
  /** Segments joined by `/`, decoded; null where there is none. So are the others. */
  readonly namespace: string | null;
  readonly name: string;
  readonly version: string | null;
  readonly qualifiers: ReadonlyMap<string, string>;
  readonly subpath: string | null;
}

export interface PurlParts {
  readonly type?: string | null | undefined;
  readonly namespace?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly version?: string | null | undefined;
  readonly qualifiers?: Readonly<Record<string, string | null>> | null | undefined;
  readonly subpath?: string | null | undefined;
}

export type PurlReading =
  | { readonly purl: Purl; readonly problem: null }
  | { readonly purl: null; readonly problem: string };

/** No package URL of any ecosystem comes near this. */
const LENGTH_MAX = 8_192;
const TYPE = /^[a-z][a-z0-9.-]*$/;
const PLAIN = /^[A-Za-z0-9.\-_~:]*$/;
const KEY = /^[a-z][a-z0-9._-]*$/;

/** "How to parse a purl string": from the right, part by part. */
export function parsePurl(text: string): PurlReading {
  if (text.length > LENGTH_MAX) return bad("it is too long for a package URL");
  try {
    return checked(split(text));
  } catch (cause) {
    if (cause instanceof NotAPurl) return bad(cause.message);
    throw cause;
  }
}

/** The same from components; the canonical form is what `formatPurl` makes of it. */
export function buildPurl(parts: PurlParts): PurlReading {
  try {
    return checked({
      type: parts.type ?? "",
      namespace: (parts.namespace ?? "").split("/"),
      name: trimmed(parts.name ?? ""),
      version: parts.version ?? "",
      qualifiers: Object.entries(parts.qualifiers ?? {}).map(([key, value]) => [key, value ?? ""]),
      subpath: (parts.subpath ?? "").split("/"),
    });
  } catch (cause) {
    if (cause instanceof NotAPurl) return bad(cause.message);
    throw cause;
  }
}

/** "How to build a purl string": the canonical form. */
export function formatPurl(purl: Purl): string {
  const names = isPathName(purl.type) ? purl.name.split("/") : [purl.name];
  const path = [purl.type, ...(purl.namespace?.split("/") ?? []), ...names].map(encoded);
  const qualifiers = [...purl.qualifiers].map(([key, value]) => `${key}=${encoded(value)}`);
  return [
    `pkg:${path.join("/")}`,
    purl.version === null ? "" : `@${encoded(purl.version)}`,
    qualifiers.length === 0 ? "" : `?${qualifiers.join("&")}`,
    purl.subpath === null ? "" : `#${purl.subpath.split("/").map(encoded).join("/")}`,
  ].join("");
}

class NotAPurl extends Error {}

function bad(problem: string): PurlReading {
  return { purl: null, problem };
}

/** Decoded, but neither normalised nor checked. */
interface Raw {
  readonly type: string;
  readonly namespace: readonly string[];
  readonly name: string;
  readonly version: string;
  readonly qualifiers: readonly (readonly [key: string, value: string])[];
  readonly subpath: readonly string[];
}

function split(text: string): Raw {
  const [beforeSubpath, subpath] = cutRight(text, "#");
  const [beforeQualifiers, qualifiers] = cutRight(beforeSubpath, "?");
  const colon = beforeQualifiers.indexOf(":");
  if (colon < 0 || beforeQualifiers.slice(0, colon).toLowerCase() !== "pkg") {
    throw new NotAPurl('it does not begin with "pkg:"');
  }
  const path = beforeQualifiers.slice(colon + 1).replace(/^\/+/, "");
  const slash = path.indexOf("/");
  if (slash < 0) throw new NotAPurl("it has no type and name with a slash between them");
  const [beforeVersion, version] = cutVersion(path.slice(slash + 1));
  if (version !== "" && beforeVersion.endsWith("/")) throw new NotAPurl("it has no name");
  const type = path.slice(0, slash);
  const segments = trimmed(beforeVersion).split("/");
  const names = segments.splice(isPathName(type.toLowerCase()) ? 1 : segments.length - 1);
  return {
    type,
    namespace: segments.map((segment) => decoded(segment, "namespace")),
    name: names.map((segment) => decoded(segment, "name")).join("/"),
    version: decoded(version, "version"),
    qualifiers: qualifiers.split("&").map((pair): [string, string] => {
      const equals = pair.indexOf("=");
      if (equals < 0) return [pair, ""];
      return [pair.slice(0, equals), decoded(pair.slice(equals + 1), "qualifiers")];
    }),
    subpath: subpath.split("/").map((segment) => decoded(segment, "subpath")),
  };
}

function cutRight(text: string, separator: string): readonly [string, string] {
  const at = text.lastIndexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** An `@` before a further segment is npm's scope, which many write as it is, not a version. */
function cutVersion(path: string): readonly [string, string] {
  const at = path.lastIndexOf("@");
  const isScope = (at === 0 || path[at - 1] === "/") && path.includes("/", at);
  return at < 0 || isScope ? [path, ""] : [path.slice(0, at), path.slice(at + 1)];
}

function decoded(text: string, where: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new NotAPurl(`the ${where} has a percent sign that begins no encoded character`);
  }
}

/** A colon stays as it is; all else but letters, digits and `.-_~` is encoded (purl-spec, §5.4). */
function encoded(text: string): string {
  if (PLAIN.test(text)) return text;
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%3A", ":");
}

function trimmed(text: string): string {
  return text.replace(/^\/+|\/+$/g, "");
}

function checked(raw: Raw): PurlReading {
  const typeName = raw.type.toLowerCase();
  if (!TYPE.test(typeName)) {
    return bad(`the type ${JSON.stringify(raw.type)} is not letters, digits, "." and "-"`);
  }
  const type = purlType(typeName);
  const lowered = (part: "namespace" | "name" | "version", text: string): string =>
    type.lower.includes(part) ? text.toLowerCase() : text;
  const qualifiers = checkedQualifiers(raw.qualifiers);
  const segments = raw.namespace.filter((segment) => segment !== "");
  const namespace = lowered("namespace", segments.join("/"));
  const name = normalizedName(typeName, lowered("name", raw.name), qualifiers);
  const version = lowered("version", raw.version);
  const subpath = raw.subpath.filter((segment) => !["", ".", ".."].includes(segment));
  if (segments.some((segment) => segment.includes("/"))) {
    return bad("a segment of the namespace holds a slash");
  }
  if (subpath.some((segment) => segment.includes("/"))) {
    return bad("a segment of the subpath holds a slash");
  }
  if (name === "") return bad("it has no name");
  const problem = problemOfType({ typeName, namespace, name, version, qualifiers });
  if (problem !== null) return bad(problem);
  const purl: Purl = {
    type: typeName,
    namespace: namespace === "" ? null : namespace,
    name,
    version: version === "" ? null : version,
    qualifiers,
    subpath: subpath.length === 0 ? null : subpath.join("/"),
  };
  return { purl, problem: null };
}

/** Sorted by key; a pair without a value is as if it were not there. */
function checkedQualifiers(
  pairs: readonly (readonly [key: string, value: string])[],
): ReadonlyMap<string, string> {
  const qualifiers = new Map<string, string>();
  const seen = new Set<string>();
  const sorted = pairs
    .filter(([key, value]) => key !== "" || value !== "")
    .map(([key, value]): [string, string] => [key.toLowerCase(), value])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of sorted) {
    if (!KEY.test(key)) {
      throw new NotAPurl(`the qualifier ${JSON.stringify(key)} is not letters, digits and ".-_"`);
    }
    if (seen.has(key)) throw new NotAPurl(`the qualifier ${key} stands twice`);
    seen.add(key);
    if (value !== "") qualifiers.set(key, value);
  }
  return qualifiers;
}

interface Typed {
  readonly typeName: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly qualifiers: ReadonlyMap<string, string>;
}

function problemOfType({ typeName, namespace, name, version, qualifiers }: Typed): string | null {
  const type = purlType(typeName);
  if (type.namespace === "required" && namespace === "") {
    return `the type ${typeName} needs a namespace`;
  }
  if (type.namespace === "prohibited" && namespace !== "") {
    return `the type ${typeName} has no namespace`;
  }
  if (type.name !== undefined && !type.name.test(name)) {
    return `the type ${typeName} has no such name as ${JSON.stringify(name)}`;
  }
  if (type.version !== undefined && version !== "" && !type.version.test(version)) {
    return `the type ${typeName} has no such version as ${JSON.stringify(version)}`;
  }
  const missing = type.qualifiers?.find((key) => !qualifiers.has(key));
  return missing === undefined ? null : `the type ${typeName} needs the qualifier ${missing}`;
}
