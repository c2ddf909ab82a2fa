import { compareAlpm } from "./alpm.ts";
import { compareApkPackages } from "./apk.ts";
import { compareConan } from "./conan.ts";
import { compareDeb } from "./deb.ts";
import { compareGeneric } from "./generic.ts";
import { compareGo } from "./go.ts";
import { compareMaven } from "./maven.ts";
import { compareNuget } from "./nuget.ts";
import { compareCran, compareHackage } from "./number-list.ts";
import { comparePackagist } from "./packagist.ts";
import { comparePep440 } from "./pep440.ts";
import { comparePub } from "./pub.ts";
import { compareRpm } from "./rpm.ts";
import { compareRubygems } from "./rubygems.ts";
import { compareLooseSemver } from "./semver.ts";

/** Negative, 0 or positive; `null` when the two cannot be compared. Never an order of strings. */
export type VersionOrder = (left: string, right: string) => number | null;

/**
 * By the part of OSV's ecosystem name before the release (`Debian:12` → `Debian`). `GIT`, `Linux` and
 * others are missing on purpose: commits and free text have no order.
 */
const orders: Readonly<Record<string, VersionOrder>> = {
  Debian: compareDeb,
  Ubuntu: compareDeb,
  Echo: compareDeb,
  AlmaLinux: compareRpm,
  "Amazon Linux": compareRpm,
  CentOS: compareRpm,
  Fedora: compareRpm,
  "Oracle Linux": compareRpm,
  "Azure Linux": compareRpm,
  Mageia: compareRpm,
  "Red Hat": compareRpm,
  "Rocky Linux": compareRpm,
  SUSE: compareRpm,
  openEuler: compareRpm,
  openSUSE: compareRpm,
  "Photon OS": compareRpm,
  Alpaquita: compareApkPackages,
  Alpine: compareApkPackages,
  "BellSoft Hardened Containers": compareApkPackages,
  Chainguard: compareApkPackages,
  MinimOS: compareApkPackages,
  Wolfi: compareApkPackages,
  "Arch Linux": compareAlpm,
  Bioconductor: compareCran,
  CRAN: compareCran,
  Bitnami: compareLooseSemver,
  // Of products that only a CPE name tells; `judge-cpe.ts` knows more of some.
  CPE: compareGeneric,
  ConanCenter: compareConan,
  "crates.io": compareLooseSemver,
  Go: compareGo,
  Hex: compareLooseSemver,
  Julia: compareLooseSemver,
  npm: compareLooseSemver,
  SwiftURL: compareLooseSemver,
  GHC: compareHackage,
  Hackage: compareHackage,
  Maven: compareMaven,
  NuGet: compareNuget,
  Packagist: comparePackagist,
  Pub: comparePub,
  PyPI: comparePep440,
  RubyGems: compareRubygems,
};

/** The order of an ecosystem's versions, or `null` where we have none: then nothing is known. */
export function orderOf(ecosystem: string): VersionOrder | null {
  const base = ecosystemBase(ecosystem);
  return Object.hasOwn(orders, base) ? (orders[base] ?? null) : null;
}

export function ecosystemBase(ecosystem: string): string {
  const colon = ecosystem.indexOf(":");
  return colon < 0 ? ecosystem : ecosystem.slice(0, colon);
}
