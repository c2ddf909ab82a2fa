import type { Package } from "../model.ts";

/**
 * What every list of packages is read into, whatever its form: the packages, and the lines or entries
 * that could not be read. A list that is none at all is refused with a `Failure`, because an empty
 * answer would look like a machine without problems.
 */
export interface InventoryReading {
  /** What it was recognised as, in words. */
  readonly form: string;
  readonly packages: readonly Package[];
  readonly problems: readonly InventoryProblem[];
  /** Which packages contain code of which other sources, where the form says so. */
  readonly built?: readonly BuiltCopy[];
  /** What packages are by CPE name, for where nobody speaks of the packages themselves. */
  readonly products?: readonly NamedProduct[];
  /** Entry by entry, where the form says more than names and versions. */
  readonly sbom?: Sbom;
}

export interface NamedProduct {
  readonly of: Package;
  readonly product: Package;
}

/** Code of a source, copied into a package when that was built. */
export interface BuiltCopy {
  readonly into: Package;
  readonly source: string;
  readonly version: string;
}

export interface InventoryProblem {
  readonly place: string;
  readonly reason: string;
}

/** A list with how its entries hang together. */
export interface Sbom {
  /** What the list is of, by its own word; null where it does not say. */
  readonly subject: {
    readonly ref: string;
    readonly name: string;
    readonly version: string;
    /** Its package URL; absent where the list gives none. */
    readonly purl?: string;
  } | null;
  /** What names the list from outside, where it says so: CycloneDX's serial number and version. */
  readonly link?: { readonly serial: string; readonly version: number };
  readonly components: readonly Component[];
  /** Who depends on whom, by `ref`. Refs without a component stand for the project itself. */
  readonly edges: readonly (readonly [from: string, to: string])[];
  /** Entries that can never have advisories: files, data. */
  readonly fileCount: number;
}

/** One entry, whether or not anything can be known about it. */
export interface Component {
  /** What the list calls it (bom-ref, SPDXID, place in node_modules); "" where it does not. */
  readonly ref: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly cpe: string;
  readonly scope: ComponentScope;
  /** The package it is judged as, or why it cannot be judged. */
  readonly judged: Package | string;
  /** What its CPE name or generic URL names, for where nobody speaks of the package itself. */
  readonly product?: Package;
}

export type ComponentScope = "" | "required" | "optional" | "development" | "excluded";

/** One package with what most lists leave open. */
export function packageOf(
  of: Pick<Package, "ecosystem" | "name" | "version"> & Partial<Package>,
): Package {
  return { arch: "", source: "", sourceVersion: "", origin: "", module: "", ...of };
}

/** Two entries of one package and version are one. */
export function distinctPackages(packages: readonly Package[]): readonly Package[] {
  const keyOf = (p: Package): string =>
    [p.ecosystem, p.name, p.version, p.arch, p.source, p.sourceVersion, p.module].join("\n");
  return [...new Map(packages.map((p) => [keyOf(p), p])).values()];
}

/** The packages and the problems that follow from a bill. */
export function readingOfSbom(form: string, sbom: Sbom): InventoryReading {
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  const products: NamedProduct[] = [];
  for (const { name, version, purl, judged, product } of sbom.components) {
    if (typeof judged !== "string") {
      packages.push(judged);
      if (product !== undefined) products.push({ of: judged, product });
    } else {
      const place = purl || `${name} ${version}`.trim() || "a component";
      problems.push({ place, reason: judged });
    }
  }
  return { form, packages: distinctPackages(packages), problems, products, sbom };
}

/** A component with what most lists leave open. */
export function componentOf(of: Pick<Component, "judged"> & Partial<Component>): Component {
  return { ref: "", name: "", version: "", purl: "", cpe: "", scope: "", ...of };
}
