import { packageOf } from "./formats/inventory-format.ts";
import type { Package } from "./model.ts";
import { normalName } from "./package-name.ts";
import { type Purl, parsePurl } from "./purl.ts";
import { ecosystemOfRelease } from "./release-name.ts";

/**
 * A package URL (purl-spec) → the package it names, in the ecosystem that advisories use. Distribution
 * packages say their release in the qualifier `distro` (`debian-12`, `bookworm`); where they do not,
 * the release of the whole list counts. `upstream` names the source package and, behind an `@`, its
 * version; `epoch` belongs to the version of an rpm.
 */
export function packageOfPurl(text: string, release: string | null): Package | string {
  const { purl, problem } = parsePurl(text);
  if (purl === null) return `is no package URL: ${problem}`;
  const { type, version } = purl;
  if (version === null) return "names no version";
  const base = Object.hasOwn(languageTypes, type) ? languageTypes[type] : undefined;
  if (base !== undefined) {
    const name = normalName(base, joined(purl, base === "Maven" ? ":" : "/"));
    return packageOf({ ecosystem: base, name, version: versionOf(base, version) });
  }
  if (type === "deb" || type === "rpm" || type === "apk" || type === "alpm") {
    return distributionPackage(purl, version, release);
  }
  return packageOf({ ecosystem: `purl:${type}`, name: joined(purl, "/"), version });
}

/** Type of purl → OSV's name of the ecosystem. */
const languageTypes: Readonly<Record<string, string>> = {
  bitnami: "Bitnami",
  cargo: "crates.io",
  composer: "Packagist",
  cran: "CRAN",
  gem: "RubyGems",
  golang: "Go",
  hackage: "Hackage",
  hex: "Hex",
  maven: "Maven",
  npm: "npm",
  nuget: "NuGet",
  pub: "Pub",
  pypi: "PyPI",
  swift: "SwiftURL",
};

function joined({ namespace, name }: Purl, sign: string): string {
  return namespace === null ? name : `${namespace}${sign}${name}`;
}

/** Advisories write Go's versions without the leading `v`. */
function versionOf(base: string, version: string): string {
  return base === "Go" ? version.replace(/^v(?=\d)/, "") : version;
}

function distributionPackage(
  { namespace, name, qualifiers: of }: Purl,
  version: string,
  release: string | null,
): Package | string {
  const ecosystem = ecosystemOfDistro(of.get("distro") ?? "", namespace ?? "") ?? release;
  if (ecosystem === null) return "names no release (distro=) and none was given";
  const upstream = /^([^@]+)(?:@(.+))?$/.exec(of.get("upstream") ?? "");
  const epoch = of.get("epoch");
  const full = epoch === undefined || epoch === "0" ? version : `${epoch}:${version}`;
  const source = upstream?.[1]?.replace(/-[^-]+-[^-]+\.src\.rpm$/, "") ?? "";
  const sourceVersion = upstream?.[2] ?? (source === "" ? "" : full);
  const module = of.get("rpmmod")?.split(":").slice(0, 2).join(":") ?? "";
  return packageOf({
    ecosystem,
    name,
    version: full,
    arch: of.get("arch") ?? "",
    source: of.get("arch") === "source" || of.get("arch") === "src" ? name : source,
    sourceVersion,
    module,
  });
}

function ecosystemOfDistro(distro: string, namespace: string): string | null {
  const rolling = namespace === "wolfi" || namespace === "chainguard" ? namespace : "";
  for (const candidate of [distro, `${namespace}-${distro}`, rolling]) {
    if (candidate === "") continue;
    try {
      return ecosystemOfRelease(candidate);
    } catch {
      // Not a name we know; the next form may be.
    }
  }
  return null;
}
