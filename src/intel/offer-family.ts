import { ecosystemBase, orderOf } from "./versions/order.ts";

/**
 * Which kind of index tells what is installable in an ecosystem: an archive of packages serves every
 * distribution of its kind, a registry of a language one ecosystem, by its name.
 */
export type OfferFamily = "deb" | "rpm" | "apk" | LanguageFamily;

/** Languages whose registries' lists of versions we read. */
export const languageFamilies = ["npm", "PyPI", "Maven", "crates.io", "Packagist"] as const;
export type LanguageFamily = (typeof languageFamilies)[number];

const byOrderOf: Readonly<Record<string, OfferFamily>> = {
  Debian: "deb",
  AlmaLinux: "rpm",
  Alpine: "apk",
};

export function offerFamilyOf(ecosystem: string): OfferFamily | null {
  const base = ecosystemBase(ecosystem);
  const language = languageFamilies.find((name) => name === base);
  if (language !== undefined) return language;
  const order = orderOf(base);
  const same = Object.keys(byOrderOf).find((name) => order !== null && orderOf(name) === order);
  return same === undefined ? null : (byOrderOf[same] ?? null);
}

/** Packages that a registry gives to everybody: what an advisory names as fixed can be had there. */
export function isLanguage(ecosystem: string): boolean {
  return languages.has(ecosystemBase(ecosystem));
}

const languages: ReadonlySet<string> = new Set([
  ...languageFamilies,
  "CRAN",
  "Go",
  "Hackage",
  "Hex",
  "NuGet",
  "Pub",
  "RubyGems",
]);
