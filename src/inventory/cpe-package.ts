import {
  ANY,
  type CpeName,
  cpeText,
  hasWildcard,
  NOT_APPLICABLE,
  parseCpe,
  plainValue,
} from "./cpe-name.ts";
import { type Component, packageOf } from "./formats/inventory-format.ts";
import type { Package } from "./model.ts";
import { parsePurl } from "./purl.ts";
import { packageOfPurl } from "./purl-package.ts";

/**
 * What only a CPE name tells of a product, as a package of an ecosystem of its own: named after the
 * product, with the whole name in place of the module, so that two vendors' products stay two.
 */
export const CPE_ECOSYSTEM = "CPE";

/** The package that a CPE name names, or why it names none. */
export function packageOfCpe(cpe: string, componentVersion: string): Package | string {
  const name = parseCpe(cpe);
  if (name === null) return "has a CPE that is no name of a product";
  if (hasWildcard(name.product)) return "has a CPE that names no single product";
  const version = isOpen(name.version) ? attributeOf(componentVersion) : name.version;
  if (isOpen(version) || hasWildcard(version)) return "has a CPE, and names no version";
  return packageOfName({ ...name, version });
}

/**
 * Package URLs of the type `generic` name software outside of any ecosystem. Who makes it stands in the
 * namespace; where there is none, a product of the same name as its maker's is meant, and no other.
 */
export function packageOfGeneric(purl: string): Package | null {
  const parsed = parsePurl(purl).purl;
  if (parsed === null || parsed.type !== "generic" || parsed.version === null) return null;
  const product = attributeOf(parsed.name);
  const vendor = attributeOf(parsed.namespace?.split("/").at(-1) ?? parsed.name);
  const version = attributeOf(parsed.version);
  if ([product, vendor, version].some(isOpen)) return null;
  const open = [ANY, ANY, ANY, ANY, ANY, ANY];
  return packageOfName({ part: "a", vendor, product, version, update: ANY, rest: open });
}

/**
 * An entry of a bill with what it is judged as: its package URL first; its CPE name where it has no
 * URL, and otherwise kept beside for where no publisher speaks of the package. Builds of distributions
 * are mended without a new version of the product, so the product says nothing of them.
 */
export function withProduct(
  entry: Omit<Component, "judged" | "product">,
  release: string | null,
): Component {
  const { purl, cpe, version } = entry;
  if (purl === "") {
    const none = "has no package URL, so nothing is known about it";
    return { ...entry, judged: cpe === "" ? none : packageOfCpe(cpe, version) };
  }
  const judged = packageOfPurl(purl, release);
  if (typeof judged === "string" || isDistribution(purl)) return { ...entry, judged };
  const product = cpe === "" ? packageOfGeneric(purl) : packageOfCpe(cpe, judged.version);
  const hasProduct = product !== null && typeof product !== "string";
  return hasProduct ? { ...entry, judged, product } : { ...entry, judged };
}

/** Everything that a bill names by CPE: what its entries may run on or beside. */
export function platformsOf(components: readonly Pick<Component, "cpe">[]): readonly CpeName[] {
  const names = new Set(components.map(({ cpe }) => cpe));
  return [...names].flatMap((cpe) => parseCpe(cpe) ?? []);
}

function isDistribution(purl: string): boolean {
  return /^pkg:\/*(deb|rpm|apk|alpm)\//i.test(purl);
}

function packageOfName(name: CpeName): Package {
  return packageOf({
    ecosystem: CPE_ECOSYSTEM,
    name: plainValue(name.product),
    version: fullVersion(name),
    module: cpeText(name),
  });
}

/** The name that such a package was made from; null for every other package. */
export function cpeOf(p: Package): CpeName | null {
  return p.ecosystem === CPE_ECOSYSTEM ? parseCpe(p.module) : null;
}

/** Version and update as one: `1.8.5` with `p1` is `1.8.5p1`, `2.0` with `beta1` is `2.0-beta1`. */
export function fullVersion({ version, update }: CpeName): string {
  const plain = plainValue(version);
  if (isOpen(update)) return plain;
  return /^[a-z]\d*$/.test(update) ? `${plain}${update}` : `${plain}-${plainValue(update)}`;
}

function isOpen(value: string): boolean {
  return value === ANY || value === NOT_APPLICABLE;
}

/** Text as a value of a name; "any" where it says nothing. */
export function attributeOf(text: string): string {
  const plain = text.trim().toLowerCase().replaceAll(" ", "_");
  return plain === "" ? ANY : plain.replaceAll(/[\\*?]/g, "\\$&");
}
