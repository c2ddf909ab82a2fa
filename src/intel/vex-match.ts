import { normalName } from "../inventory/package-name.ts";
import { type Purl, parsePurl } from "../inventory/purl.ts";
import { ecosystemOfRelease } from "../inventory/release-name.ts";
import type { VexProduct } from "./feed-format.ts";
import { containsVersion, parseVers, type Vers } from "./vers.ts";
import { ecosystemBase } from "./versions/order.ts";

/**
 * Whether a product of a VEX statement is a package of ours. A part that the product's package URL
 * leaves out fits anything (version, qualifiers); a part that it names must be equal. `distro` is
 * compared as a release: `debian-12` covers 12.13. Architecture `source` means the source package. A
 * version may be a range.
 */
export interface VexSubject {
  /** "" where the caller does not know: then only name and version are compared. */
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly arch: string;
}

export function isProduct(product: VexProduct, subject: VexSubject): boolean {
  const purls = product.identifiers.filter((id) => id.startsWith("pkg:"));
  // A version beside the identifiers (CycloneDX) narrows them as the URL's own would.
  if (!fitsVersion(product.version, subject)) return false;
  return purls.some((purl) => covers(purl, subject));
}

export function namesPart(parts: readonly string[], subject: VexSubject): boolean {
  return parts.some((part) => part.startsWith("pkg:") && covers(part, subject));
}

function fitsVersion(version: string, subject: VexSubject): boolean {
  if (version === "") return true;
  const own = [subject.version, subject.sourceVersion];
  if (!RANGE.test(version)) return own.includes(version);
  const range = rangeOf(version, subject.ecosystem);
  return range !== null && own.some((v) => v !== "" && containsVersion(range, v) === true);
}

/** CycloneDX's `range`, and CSAF's `product_version_range` in either of its forms (CSAF 2.1, 3.1.2.3). */
const RANGE = /^(?:vers:|[<>])/;

/** A range that cannot be read holds nothing: the statement is then told as one that fits nothing. */
function rangeOf(text: string, ecosystem: string): Vers | null {
  const type = typeOfEcosystem(ecosystem);
  // The other form, "vls", has no type: its versions are those of what it is about.
  const plain = text.replaceAll(/([<>]=?) +/g, "$1").replaceAll(/ {0,9}\| {0,9}/g, "|");
  return parseVers(text.startsWith("vers:") ? text : `vers:${type}/${plain}`).range;
}

/** One package URL against one package. */
export function covers(text: string, subject: VexSubject): boolean {
  return differenceIn(text, subject) === null;
}

/** What keeps them apart, in the order in which it is looked at; the later, the nearer a miss. */
export const differences = ["url", "type", "name", "distro", "arch", "version"] as const;
export type Difference = (typeof differences)[number];

/** The first part in which a package URL differs from a package; null when it covers it. */
export function differenceIn(text: string, subject: VexSubject): Difference | null {
  const { purl } = parsePurl(text);
  if (purl === null) return "url";
  const { qualifiers } = purl;
  const isSource = qualifiers.get("arch") === "source" || qualifiers.get("arch") === "src";
  const names = isSource ? [subject.source] : [subject.name, subject.source];
  if (!isOfType(purl, subject)) return "type";
  if (!names.includes(nameIn(purl, subject))) return "name";
  if (!isOfRelease(purl, subject)) return "distro";
  if (!isSource && !fitsArch(qualifiers.get("arch"), subject.arch)) return "arch";
  const { version } = purl;
  if (version === null) return null;
  const epoch = qualifiers.get("epoch");
  const full = epoch === undefined || epoch === "0" ? version : `${epoch}:${version}`;
  const own = isSource ? [subject.sourceVersion] : [subject.version, subject.sourceVersion];
  const isOwn = (v: string): boolean =>
    v === full || v === full.replace(/^v(?=\d)/, "") || bare(v) === full;
  return own.some(isOwn) ? null : "version";
}

/** Package URLs of rpm may lack the epoch. */
function bare(version: string): string {
  return version.replace(/^\d+:/, "");
}

function fitsArch(wanted: string | undefined, own: string): boolean {
  return wanted === undefined || own === "" || wanted === own || own === "all" || own === "noarch";
}

function nameIn({ type, namespace, name }: Purl, subject: VexSubject): string {
  if (type === "deb" || type === "rpm" || type === "apk" || type === "alpm") return name;
  const sign = type === "maven" ? ":" : "/";
  const full = namespace === null ? name : `${namespace}${sign}${name}`;
  return normalName(subject.ecosystem, full);
}

const typeOf: Readonly<Record<string, string>> = {
  Debian: "deb",
  Ubuntu: "deb",
  Alpine: "apk",
  Wolfi: "apk",
  Chainguard: "apk",
  "Arch Linux": "alpm",
  npm: "npm",
  PyPI: "pypi",
  Maven: "maven",
  Go: "golang",
  "crates.io": "cargo",
  RubyGems: "gem",
  NuGet: "nuget",
  Packagist: "composer",
  Hex: "hex",
  Pub: "pub",
  Hackage: "hackage",
  CRAN: "cran",
  Bitnami: "bitnami",
  SwiftURL: "swift",
};

function isOfType(purl: Purl, { ecosystem }: VexSubject): boolean {
  if (ecosystem === "") return true;
  const type = typeOfEcosystem(ecosystem) ?? purl.type;
  if (purl.type !== type) return false;
  const base = ecosystemBase(ecosystem);
  return type !== "deb" || purl.namespace === null || purl.namespace === base.toLowerCase();
}

/** The type of its package URLs and ranges; null where the ecosystem says none. */
function typeOfEcosystem(ecosystem: string): string | null {
  const base = ecosystemBase(ecosystem);
  if (Object.hasOwn(typeOf, base)) return typeOf[base] ?? null;
  return base === "" || base === "purl" ? null : "rpm";
}

function isOfRelease(purl: Purl, { ecosystem }: VexSubject): boolean {
  const distro = purl.qualifiers.get("distro");
  if (distro === undefined) return true;
  return ecosystem !== "" && releaseOf(distro, purl.namespace ?? "") === ecosystem;
}

function releaseOf(distro: string, namespace: string): string | null {
  // `esm-infra/xenial` names a channel; its release is the last word.
  const plain = distro.split("/").at(-1) ?? distro;
  for (const name of [plain, `${namespace}-${plain}`]) {
    try {
      return ecosystemOfRelease(name);
    } catch {
      // The next form may be one we know.
    }
  }
  return null;
}
