import { compareAlpm } from "./alpm.ts";
import { compareApk } from "./apk.ts";
import { compareConan } from "./conan.ts";
import { compareDeb } from "./deb.ts";
import { compareGeneric } from "./generic.ts";
import { compareGentoo } from "./gentoo.ts";
import { compareGo } from "./go.ts";
import { compareMaven } from "./maven.ts";
import { compareNuget } from "./nuget.ts";
import { compareCran, compareHackage } from "./number-list.ts";
import { compareOpenssl } from "./openssl.ts";
import type { VersionOrder } from "./order.ts";
import { comparePackagist } from "./packagist.ts";
import { comparePep440 } from "./pep440.ts";
import { comparePub } from "./pub.ts";
import { compareRpm } from "./rpm.ts";
import { compareRubygems } from "./rubygems.ts";
import { compareLooseSemver, compareSemver } from "./semver.ts";
import { compareDatetime, compareIntdot, compareLexicographic } from "./special.ts";

/**
 * Version schemes by the names that people type. `semver` is the standard at its word, `npm`, `cargo`,
 * `hex` and `go` are what those tools take.
 */
const schemes = {
  deb: compareDeb,
  rpm: compareRpm,
  apk: compareApk,
  alpm: compareAlpm,
  semver: compareSemver,
  npm: compareLooseSemver,
  cargo: compareLooseSemver,
  hex: compareLooseSemver,
  go: compareGo,
  pypi: comparePep440,
  maven: compareMaven,
  rubygems: compareRubygems,
  packagist: comparePackagist,
  nuget: compareNuget,
  pub: comparePub,
  hackage: compareHackage,
  cran: compareCran,
  conan: compareConan,
  gentoo: compareGentoo,
  openssl: compareOpenssl,
  generic: compareGeneric,
} as const satisfies Readonly<Record<string, VersionOrder>>;

/** Types of version range specifiers that are no package's: not offered, but known. */
const special: Readonly<Record<string, VersionOrder>> = {
  datetime: compareDatetime,
  intdot: compareIntdot,
  lexicographic: compareLexicographic,
};

/** Other names of the same schemes: those of package URLs and of the formats. */
const aliases: Readonly<Record<string, SchemeName>> = {
  debian: "deb",
  dpkg: "deb",
  alpine: "apk",
  arch: "alpm",
  pacman: "alpm",
  crates: "cargo",
  ebuild: "gentoo",
  golang: "go",
  pep440: "pypi",
  gem: "rubygems",
  composer: "packagist",
};

export type SchemeName = keyof typeof schemes;

export const schemeNames = Object.keys(schemes) as readonly SchemeName[];
export const schemeAliases: readonly string[] = [...Object.keys(aliases), ...Object.keys(special)];

/** The order of a scheme, or `null` for a name that nobody knows. */
export function orderOfScheme(name: string): VersionOrder | null {
  const lower = name.toLowerCase();
  const scheme = Object.hasOwn(aliases, lower) ? (aliases[lower] ?? lower) : lower;
  if (Object.hasOwn(schemes, scheme)) return schemes[scheme as SchemeName];
  return Object.hasOwn(special, scheme) ? (special[scheme] ?? null) : null;
}
