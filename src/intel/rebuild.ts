import type { BuiltCopy } from "../inventory/formats/inventory-format.ts";
import type { Package, StoredPackage } from "../inventory/model.ts";
import { orderWithin } from "./release-order.ts";
import type { Offers } from "./remedy.ts";
import { subjectOf } from "./subject.ts";

/**
 * Packages that contain code of other sources (`Built-Using`, `Static-Built-Using`; Debian Policy
 * 7.8): an upgrade of the library does not reach the copy, only a rebuild of the package does. Each
 * copy is judged as the source it was made of, and what is open is a finding of the package.
 */
interface Finding {
  readonly of: StoredPackage;
  readonly package: { readonly name: string; readonly version: string; readonly source: string };
  readonly id: string;
  readonly state: string;
  readonly fixed: string | null;
  readonly remedy: string | null;
  readonly why: string;
}

export interface Copies<F extends Finding> {
  readonly built: readonly BuiltCopy[];
  /** What is known of the packages themselves, which is not said twice. */
  readonly own: readonly F[];
  readonly offers: ReadonlyMap<string, Offers>;
  /** Findings of packages as if they were installed; `of.id` is their place. */
  readonly judge: (packages: readonly Package[]) => readonly F[];
}

export function rebuildFindings<F extends Finding>(of: Copies<F>): readonly F[] {
  // Signed builds are judged as what was signed anyhow.
  const copies = of.built.filter(({ into, source }) => source !== subjectOf(into).source);
  if (copies.length === 0) return [];
  const sources = copies.map(({ into, source, version }) => ({
    ...into,
    ...{ name: source, version, source, sourceVersion: version },
  }));
  const known = new Set(of.own.map((f) => `${f.package.name}\n${f.id}`));
  return of.judge(sources).flatMap((finding) => {
    const copy = copies[finding.of.id];
    const isOpen = finding.state !== "not-affected" && finding.state !== "fixed";
    if (copy === undefined || !isOpen || known.has(`${copy.into.name}\n${finding.id}`)) return [];
    return [asRebuild(finding, copy, of.offers.get(copy.into.ecosystem))];
  });
}

function asRebuild<F extends Finding>(
  finding: F,
  { into, source, version }: BuiltCopy,
  offers: Offers | undefined,
): F {
  const { name } = into;
  const isFixable = finding.state === "affected" && finding.fixed !== null;
  return {
    ...finding,
    of: { ...into, id: finding.of.id },
    package: { name, version: into.version, source: into.source || name },
    remedy: isFixable ? rebuilt(into, [source, finding.fixed ?? ""], offers) : null,
    why: `Rebuild needed: ${name} contains code of ${source} ${version}. ${finding.why}`,
  };
}

/** The smallest offered build that was made with the fix. */
function rebuilt(
  into: Package,
  [source, fixed]: readonly [source: string, fixed: string],
  offers: Offers | undefined,
): string {
  if (offers === undefined) {
    return `not known: no package index of ${into.ecosystem} is among the feeds`;
  }
  const order = orderWithin(into.ecosystem);
  const [smallest] = (offers.byName.get(into.name) ?? [])
    .filter(({ builtUsing = [] }) =>
      builtUsing.some(([name, version]) => name === source && (order?.(version, fixed) ?? -1) >= 0),
    )
    .toSorted((a, b) => order?.(a.version, b.version) ?? 0);
  return smallest?.version ?? "not yet rebuilt with the fix";
}
