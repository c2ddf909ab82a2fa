import type { CoverageInput } from "./coverage.ts";
import type { HostGroup, PairGroup } from "./exposure.ts";
import type { Filters } from "./filter.ts";
import type { Vulnerability } from "./model.ts";

/**
 * What is known about all distinct packages, laid out for asking it of thousands of package sets at
 * once. Sets never change and share most of their packages, so nothing here walks over hosts.
 */
export interface Knowledge {
  /** Says which state of the database this is. */
  readonly key: string;
  /** Current pairs of every state, the packages of each in rising order. */
  readonly pairs: readonly KnownPair[];
  /** The same as hosts see them: by channels they may install from; filters are not applied. */
  readonly seen: readonly KnownPair[];
  readonly facts: ReadonlyMap<string, Vulnerability>;
  readonly packages: ReadonlyMap<number, KnownPackage>;
  /** What is said about findings that may set them aside for some hosts. */
  readonly filters: Filters;
}

export interface KnownPair extends PairGroup {
  /** Since when each of the packages has it, in their order. */
  readonly sinces: readonly number[];
}

export interface KnownPackage extends CoverageInput {
  readonly name: string;
  readonly isKernelImage: boolean;
}

/** The packages of one set, by id. */
export type Members = Int32Array;

/** Which of all packages are in at least one of the sets. */
export function presentIn(sets: Iterable<Members>): (packageId: number) => boolean {
  let size = 0;
  const list = [...sets];
  for (const members of list) for (const id of members) if (id >= size) size = id + 1;
  const present = new Uint8Array(size);
  for (const members of list) for (const id of members) present[id] = 1;
  return (id) => present[id] === 1;
}

/** The pair with those of its packages that are present; null when none is. */
export function pairPresent(
  pair: KnownPair,
  isPresent: (packageId: number) => boolean,
): PairGroup | null {
  const { sinces, ...rest } = pair;
  const packageIds: number[] = [];
  let since = Number.POSITIVE_INFINITY;
  pair.packageIds.forEach((id, at) => {
    if (!isPresent(id)) return;
    packageIds.push(id);
    since = Math.min(since, sinces[at] ?? since);
  });
  return packageIds.length === 0 ? null : { ...rest, packageIds, since };
}

/** What one group of equal hosts is vulnerable to, in numbers. */
export interface GroupRisk {
  /** Distinct vulnerabilities: known exploited, all, and those that a fixed version is known for. */
  readonly exploited: number;
  readonly open: number;
  readonly fixable: number;
  readonly epss: number;
}

interface PackagePairs {
  readonly name: string;
  readonly isKernelImage: boolean;
  /** Places of its vulnerabilities, and whether a fix is known. */
  readonly places: {
    readonly place: number;
    readonly isFixable: boolean;
    readonly isAside: PairGroup["isAside"];
  }[];
}

/** Counts each vulnerability of a group once, however many of its packages have it. */
export function riskCounter(
  knowledge: Pick<Knowledge, "facts" | "packages"> & { readonly pairs: readonly PairGroup[] },
): (members: Members, runs: (kernelImage: string) => boolean, group: HostGroup) => GroupRisk {
  const placeOf = new Map<string, number>();
  const byPackage = new Map<number, PackagePairs>();
  for (const pair of knowledge.pairs) {
    const place = placeOf.get(pair.vulnerability) ?? placeOf.size;
    placeOf.set(pair.vulnerability, place);
    for (const id of pair.packageIds) addPlace(byPackage, knowledge, id, { place, pair });
  }
  const size = placeOf.size;
  const isExploited = new Uint8Array(size);
  const epss = new Float64Array(size);
  for (const [id, place] of placeOf) {
    const fact = knowledge.facts.get(id);
    isExploited[place] = fact?.kev == null ? 0 : 1;
    epss[place] = fact?.epss?.score ?? 0;
  }
  const seen = new Int32Array(size);
  const fixed = new Int32Array(size);
  let turn = 0;
  return (members, runs, group) => {
    turn += 1;
    const risk = { exploited: 0, open: 0, fixable: 0, epss: 0 };
    for (const id of members) {
      const own = byPackage.get(id);
      if (own === undefined || (own.isKernelImage && !runs(own.name))) continue;
      for (const { place, isFixable, isAside } of own.places) {
        if (isAside?.(id, group) === true) continue;
        if (seen[place] !== turn) {
          seen[place] = turn;
          risk.open += 1;
          risk.exploited += isExploited[place] ?? 0;
          risk.epss = Math.max(risk.epss, epss[place] ?? 0);
        }
        if (isFixable && fixed[place] !== turn) {
          fixed[place] = turn;
          risk.fixable += 1;
        }
      }
    }
    return risk;
  };
}

function addPlace(
  byPackage: Map<number, PackagePairs>,
  knowledge: Pick<Knowledge, "packages">,
  id: number,
  of: { readonly place: number; readonly pair: PairGroup },
): void {
  const { state, isAside } = of.pair;
  const entry = { place: of.place, isFixable: state === "affected-fix-available", isAside };
  const own = byPackage.get(id);
  if (own !== undefined) {
    own.places.push(entry);
    return;
  }
  const known = knowledge.packages.get(id);
  byPackage.set(id, {
    name: known?.name ?? "",
    isKernelImage: known?.isKernelImage ?? false,
    places: [entry],
  });
}
