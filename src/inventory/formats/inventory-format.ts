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
}

export interface InventoryProblem {
  readonly place: string;
  readonly reason: string;
}

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
