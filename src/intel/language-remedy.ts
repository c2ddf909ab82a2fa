import type { Package } from "../inventory/model.ts";
import { judge } from "./judge.ts";
import type { Statement } from "./model.ts";
import type { Remedy } from "./remedy.ts";
import { ecosystemBase, orderOf, type VersionOrder } from "./versions/order.ts";

/**
 * What to take instead of a package of a language: the smallest version at or above the fix that has
 * none of the known vulnerabilities of that package. Where no list of the registry is there, the
 * versions that advisories name as fixed are those that are known to exist.
 */
export function languageRemedies(
  p: Package,
  known: { readonly listed: readonly string[] | null; readonly statements: readonly Statement[] },
): (fixed: string) => Remedy {
  const order = orderOf(p.ecosystem);
  if (order === null) return () => ({ kind: "no-index" });
  const above = [...new Set(known.listed ?? known.statements.flatMap(fixesIn))]
    .filter((version) => (order(version, p.version) ?? -1) > 0)
    .toSorted((a, b) => order(a, b) ?? 0);
  const isFree = freedom(known.statements, order);
  return (fixed) => {
    const isAnyTaken =
      known.listed === null || isPrerelease(p, p.version) || isPrerelease(p, fixed);
    const enough = above.filter(
      (v) => (order(v, fixed) ?? -1) >= 0 && (isAnyTaken || !isPrerelease(p, v)),
    );
    const free = enough.find(isFree);
    if (free !== undefined) return { kind: "install", name: p.name, version: free };
    return { kind: enough.length === 0 ? "not-offered" : "none-free" };
  };
}

function fixesIn({ state }: Statement): readonly string[] {
  if (state.kind === "fixed") return [state.version];
  return state.kind === "ranges" ? state.ranges.flatMap((range) => range.fixed ?? []) : [];
}

/** Each version is judged once, however many vulnerabilities ask for a remedy. */
function freedom(
  statements: readonly Statement[],
  order: VersionOrder,
): (version: string) => boolean {
  const known = new Map<string, boolean>();
  return (version) => {
    const found = known.get(version);
    if (found !== undefined) return found;
    const isFree = statements.every((s) => {
      const { state } = judge(s, version, order);
      return state === "fixed" || state === "not-affected";
    });
    known.set(version, isFree);
    return isFree;
  };
}

const WORD =
  /(?:^|[\d._-])(?:a|b|c|alpha|beta|rc|cr|m|milestone|pre|preview|dev|snapshot)(?:[\d._-]|$)/i;

/** Nobody who runs releases is told to take a pre-release. */
function isPrerelease({ ecosystem }: Package, version: string): boolean {
  switch (ecosystemBase(ecosystem)) {
    case "npm":
    case "crates.io":
    case "Hex":
    case "NuGet":
    case "Pub":
      return /^[^+]*-/.test(version);
    case "RubyGems":
      return /[a-z]/i.test(version);
    default:
      return WORD.test(version);
  }
}
