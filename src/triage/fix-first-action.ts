import type { HostGroup, PairGroup, Postings } from "../intel/exposure.ts";
import { isKernel } from "../intel/file-knowledge.ts";
import { placesOf } from "../intel/pair-places.ts";
import { remedyFor } from "../intel/remedy.ts";
import { subjectOf } from "../intel/subject.ts";
import { orderOf } from "../intel/versions/order.ts";
import type { StoredPackage } from "../inventory/model.ts";
import type { OfferedVersion } from "./exposed-sources.ts";

/**
 * One update as one action: which packages go from which versions to which, on how many hosts, and on
 * how many the sources of the host itself do not offer it, so that nobody plans what cannot be done.
 * What each host installs in the end is resolved by the host when a plan is made.
 */
export interface ActionGroup extends Pick<HostGroup, "setId" | "kernelRunning" | "marks"> {
  readonly hostCount: number;
  /** Null where nothing is known of what its sources offer. */
  readonly offers: number | null;
}

export interface ActionInput {
  readonly ecosystem: string;
  /** Open findings of the source. */
  readonly pairs: readonly PairGroup[];
  readonly postings: Postings;
  /** Hosts that are alike, by what they are offered too. */
  readonly groups: readonly ActionGroup[];
  readonly packages: ReadonlyMap<number, StoredPackage>;
  readonly offers: ReadonlyMap<number, readonly OfferedVersion[]>;
}

export interface ActionPackage {
  readonly name: string;
  readonly arch: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly hosts: number;
}

export interface ActionVersion {
  /** The source version that these hosts are offered; null where they are offered none. */
  readonly sourceVersion: string | null;
  readonly hosts: number;
  /** Vulnerability × host pairs that it clears on them, and that it leaves. */
  readonly cleared: number;
  readonly left: number;
}

export interface UpdateAction {
  readonly hosts: number;
  /** Newest first, hosts that are offered none last. */
  readonly versions: readonly ActionVersion[];
  readonly packages: readonly ActionPackage[];
  /** Hosts that run a kernel which it replaces: it counts from their next start on. */
  readonly rebootHosts: number;
}

export function updateAction(input: ActionInput): UpdateAction {
  const reached = reachedBy(input);
  const versions = new Map<string | null, ActionVersion>();
  const packages = new Map<string, ActionPackage>();
  let [hosts, rebootHosts] = [0, 0];
  for (const group of input.groups) {
    const own = reached(group);
    if (own.length === 0) continue;
    const { hostCount } = group;
    const offers = group.offers === null ? [] : (input.offers.get(group.offers) ?? []);
    const newest = newestOf(input.ecosystem, offers);
    hosts += hostCount;
    addVersion(versions, { newest, own, hostCount, ecosystem: input.ecosystem });
    const ids = new Set(own.map(({ id }) => id));
    const present = [...ids].flatMap((id) => input.packages.get(id) ?? []);
    if (newest !== null && present.some(isKernel)) rebootHosts += hostCount;
    for (const p of present) addPackage(packages, { p, newest, offers, hostCount });
  }
  return {
    hosts,
    versions: sortedVersions(input.ecosystem, [...versions.values()]),
    packages: [...packages.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    rebootHosts,
  };
}

interface Found {
  readonly id: number;
  readonly pair: PairGroup;
}

/** What of the source each group has, of kernels the running one, without what is set aside there. */
function reachedBy({ pairs, postings }: ActionInput): (group: ActionGroup) => readonly Found[] {
  const found = new Map<string, Found[]>();
  for (const pair of pairs) {
    for (const { id, group } of placesOf(pair, postings)) {
      if (pair.isAside?.(id, group) === true) continue;
      const key = keyOf(group);
      const own = found.get(key) ?? [];
      own.push({ id, pair });
      found.set(key, own);
    }
  }
  return (group) => found.get(keyOf(group)) ?? [];
}

function keyOf({ setId, kernelRunning, marks = "" }: Omit<HostGroup, "id" | "hostCount">): string {
  return `${setId}\n${kernelRunning ?? ""}\n${marks}`;
}

function newestOf(ecosystem: string, offers: readonly OfferedVersion[]): string | null {
  const order = orderOf(ecosystem);
  if (order === null) return null;
  const versions = offers.map((offer) => subjectOf({ ...offer, module: "" }).version);
  return versions.reduce<string | null>(
    (best, version) => (best === null || (order(version, best) ?? -1) > 0 ? version : best),
    null,
  );
}

function addVersion(
  versions: Map<string | null, ActionVersion>,
  of: {
    readonly ecosystem: string;
    readonly newest: string | null;
    readonly own: readonly Found[];
    readonly hostCount: number;
  },
): void {
  const { newest, own, hostCount } = of;
  const order = orderOf(of.ecosystem);
  const open = new Map(own.map(({ pair }) => [pair.vulnerability, pair.fixedVersion]));
  const cleared = [...open.values()].filter(
    (fixed) => newest !== null && fixed !== null && (order?.(newest, fixed) ?? -1) >= 0,
  ).length;
  // An offer that clears nothing is no update for these hosts: they have that version already.
  const sourceVersion = cleared === 0 ? null : newest;
  const before = versions.get(sourceVersion) ?? { sourceVersion, hosts: 0, cleared: 0, left: 0 };
  versions.set(sourceVersion, {
    sourceVersion,
    hosts: before.hosts + hostCount,
    cleared: before.cleared + cleared * hostCount,
    left: before.left + (open.size - cleared) * hostCount,
  });
}

function addPackage(
  packages: Map<string, ActionPackage>,
  of: {
    readonly p: StoredPackage;
    readonly newest: string | null;
    readonly offers: readonly OfferedVersion[];
    readonly hostCount: number;
  },
): void {
  const { p, newest, hostCount } = of;
  const alike = (offer: OfferedVersion): string => (isKernel(offer) ? "linux-image" : offer.name);
  const byName = Map.groupBy(of.offers, alike);
  const remedy = newest === null ? null : remedyFor(p, newest, { byName, isKnown: true });
  const to = remedy?.kind === "install" ? [versionOf(p, remedy)] : [];
  const key = `${p.name}\n${p.arch}`;
  const before = packages.get(key);
  packages.set(key, {
    name: p.name,
    arch: p.arch,
    from: [...new Set([...(before?.from ?? []), p.version])].sort(),
    to: [...new Set([...(before?.to ?? []), ...to])].sort(),
    hosts: (before?.hosts ?? 0) + hostCount,
  });
}

function versionOf(
  p: StoredPackage,
  remedy: { readonly name: string; readonly version: string },
): string {
  return remedy.name === p.name ? remedy.version : `${remedy.name} ${remedy.version}`;
}

function sortedVersions(
  ecosystem: string,
  versions: readonly ActionVersion[],
): readonly ActionVersion[] {
  const order = orderOf(ecosystem);
  return versions.toSorted((a, b) => {
    if (a.sourceVersion === null) return 1;
    if (b.sourceVersion === null) return -1;
    return order?.(b.sourceVersion, a.sourceVersion) ?? 0;
  });
}
