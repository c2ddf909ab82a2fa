import { normalName } from "../inventory/package-name.ts";
import { type Purl, parsePurl } from "../inventory/purl.ts";
import { ecosystemOfRelease } from "../inventory/release-name.ts";
import type { VexProduct } from "./feed-format.ts";

/**
 * Whether a product of a VEX statement is a package of ours. A part that the product's package URL
 * leaves out fits anything (version, qualifiers); a part that it names must be equal. `distro` is
 * compared as a release: `debian-12` covers 12.13. Architecture `source` means the source package.
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
  return version === "" || version === subject.version || version === subject.sourceVersion;
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
  const base = ecosystem.split(":")[0] ?? "";
  const type = Object.hasOwn(typeOf, base) ? typeOf[base] : base === "purl" ? purl.type : "rpm";
  if (purl.type !== type) return false;
  return type !== "deb" || purl.namespace === null || purl.namespace === base.toLowerCase();
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
