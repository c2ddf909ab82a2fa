import { PackageURL } from "packageurl-js";
import { packageOf } from "./formats/inventory-format.ts";
import type { Package } from "./model.ts";
import { normalName } from "./package-name.ts";
import { ecosystemOfRelease } from "./release-name.ts";

/**
 * A package URL (purl-spec) → the package it names, in the ecosystem that advisories use. Distribution
 * packages say their release in the qualifier `distro` (`debian-12`, `bookworm`); where they do not,
 * the release of the whole list counts. `upstream` names the source package and, behind an `@`, its
 * version; `epoch` belongs to the version of an rpm.
 */
export function packageOfPurl(text: string, release: string | null): Package | string {
  let purl: PackageURL;
  try {
    purl = PackageURL.fromString(text);
  } catch {
    return "is no package URL";
  }
  const { type, version } = purl;
  if (version === undefined || version === null || version === "") return "names no version";
  const base = Object.hasOwn(languageTypes, type ?? "") ? languageTypes[type ?? ""] : undefined;
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

function joined(purl: PackageURL, sign: string): string {
  const { namespace, name } = purl;
  return namespace ? `${namespace}${sign}${name}` : `${name}`;
}

/** Advisories write Go's versions without the leading `v`. */
function versionOf(base: string, version: string): string {
  return base === "Go" ? version.replace(/^v(?=\d)/, "") : version;
}

function distributionPackage(
  purl: PackageURL,
  version: string,
  release: string | null,
): Package | string {
  const { namespace, name, qualifiers } = purl;
  const of = qualifiers ?? {};
  const ecosystem = ecosystemOfDistro(of["distro"] ?? "", namespace ?? "") ?? release;
  if (ecosystem === null || name === undefined || name === null) {
    return "names no release (distro=) and none was given";
  }
  const upstream = /^([^@]+)(?:@(.+))?$/.exec(of["upstream"] ?? "");
  const epoch = of["epoch"];
  const full = epoch === undefined || epoch === "0" ? version : `${epoch}:${version}`;
  const source = upstream?.[1]?.replace(/-[^-]+-[^-]+\.src\.rpm$/, "") ?? "";
  const sourceVersion = upstream?.[2] ?? (source === "" ? "" : full);
  const module = of["rpmmod"]?.split(":").slice(0, 2).join(":") ?? "";
  return packageOf({
    ecosystem,
    name,
    version: full,
    arch: of["arch"] ?? "",
    source: of["arch"] === "source" || of["arch"] === "src" ? name : source,
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
