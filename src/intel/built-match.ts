import type { StoredPackage } from "../inventory/model.ts";
import { findingsForPackages, type Match, type MatchInput } from "./match.ts";
import { orderWithin } from "./release-order.ts";
import { subjectOf } from "./subject.ts";

/**
 * Packages that contain code of other sources (`Built-Using`, `Static-Built-Using`; Debian Policy
 * 7.8). Each copy is judged as the source that it was made of, and what is open there is a finding of
 * the package. An upgrade of that source does not reach the copy: the remedy is a build of the package
 * that was made with the fix, known from the builds that were seen on any host.
 */
export interface BuiltCopy {
  readonly packageId: number;
  readonly source: string;
  readonly version: string;
}

/** A version of a package, with a copy that is in it. */
export interface SeenBuild extends Omit<BuiltCopy, "packageId"> {
  readonly ecosystem: string;
  readonly name: string;
  readonly packageVersion: string;
  readonly sourceVersion: string;
}

/** What is open in the copies, besides what is known of the packages themselves. */
export function builtMatches(
  input: MatchInput,
  of: { readonly copies: readonly BuiltCopy[]; readonly builds: readonly SeenBuild[] },
  own: readonly Match[],
): readonly Match[] {
  const byId = new Map(input.packages.map((p) => [p.id, p]));
  // Signed builds are judged as what was signed anyhow.
  const copies = of.copies.flatMap((copy) => {
    const into = byId.get(copy.packageId);
    return into === undefined || subjectOf(into).source === copy.source ? [] : [{ ...copy, into }];
  });
  if (copies.length === 0) return [];
  const packages = copies.map(({ into, source, version }, id) => ({
    ...into,
    ...{ id, name: source, version, source, sourceVersion: version },
  }));
  const known = new Set(own.map(({ packageId, vulnerability }) => `${packageId} ${vulnerability}`));
  return findingsForPackages({ ...input, packages }).matches.flatMap((match) => {
    const copy = copies[match.packageId];
    if (copy === undefined) return [];
    const key = `${copy.packageId} ${match.vulnerability}`;
    if (known.has(key)) return [];
    known.add(key);
    return [asRebuild(match, copy, of.builds)];
  });
}

function asRebuild(
  match: Match,
  copy: BuiltCopy & { readonly into: StoredPackage },
  builds: readonly SeenBuild[],
): Match {
  const { into, source, version } = copy;
  const fixed = match.state === "affected-fix-available" ? match.fixedVersion : null;
  const rebuilt = fixed === null ? null : smallestBuild(copy, fixed, builds);
  return {
    ...match,
    packageId: copy.packageId,
    state: fixed !== null && rebuilt === null ? "affected-no-fix" : match.state,
    fixedVersion: rebuilt,
    because: {
      ...match.because,
      rule: "built-using",
      packageName: subjectOf(into).source,
      installed: `${source} ${version}`,
      comparedWith: fixed === null ? match.because.comparedWith : `${source} ${fixed}`,
    },
  };
}

/** The smallest later version of the package that was made with the fix; null where none was seen. */
function smallestBuild(
  { into, source }: { readonly into: StoredPackage; readonly source: string },
  fixed: string,
  builds: readonly SeenBuild[],
): string | null {
  const order = orderWithin(into.ecosystem);
  if (order === null) return null;
  const [smallest] = builds
    .filter((build) => build.ecosystem === into.ecosystem && build.name === into.name)
    .filter((build) => build.source === source && (order(build.version, fixed) ?? -1) >= 0)
    .filter((build) => (order(build.packageVersion, into.version) ?? -1) > 0)
    .toSorted((a, b) => order(a.packageVersion, b.packageVersion) ?? 0);
  if (smallest === undefined) return null;
  // Fixes are told by the version of the source, unless the same source was only built once more.
  const isSameSource = smallest.sourceVersion === into.sourceVersion;
  return isSameSource ? smallest.packageVersion : smallest.sourceVersion;
}
