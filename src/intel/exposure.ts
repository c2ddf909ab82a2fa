import type { Instant } from "../base/instant.ts";
import type { FindingState } from "./model.ts";

/**
 * Who is exposed to what, counted without walking over hosts.
 *
 * Hosts with the same package set and the same running kernel form one group. A finding reaches the
 * groups whose set holds one of its packages; of kernel images only the one that runs counts. A host
 * whose running kernel is not known counts as exposed.
 */
export interface HostGroup {
  readonly id: number;
  readonly setId: number;
  /** `uname -r`, or null when the host never said. */
  readonly kernelRunning: string | null;
  readonly hostCount: number;
}

/** Live hosts as groups of equal ones; of those beyond the groups nothing at all is known. */
export interface KnownHosts {
  readonly groups: readonly HostGroup[];
  readonly unknownCount: number;
}

/** Hosts that are equal, in whatever more they were counted by. */
export interface CountedHosts extends Omit<HostGroup, "id" | "setId"> {
  /** Null where nothing is known of the packages. */
  readonly setId: number | null;
}

/** Rows of the same group become one; the same rows in the same order give the same groups. */
export function knownHostsOf(rows: readonly CountedHosts[]): KnownHosts {
  const groups = new Map<string, HostGroup>();
  let unknownCount = 0;
  for (const { setId, kernelRunning, hostCount } of rows) {
    if (setId === null) {
      unknownCount += hostCount;
      continue;
    }
    const key = `${setId} ${kernelRunning === null ? "" : `runs ${kernelRunning}`}`;
    const { id, hostCount: before } = groups.get(key) ?? { id: groups.size, hostCount: 0 };
    groups.set(key, { id, setId, kernelRunning, hostCount: before + hostCount });
  }
  return { groups: [...groups.values()], unknownCount };
}

export interface Posting {
  readonly packageId: number;
  readonly packageName: string;
  readonly isKernelImage: boolean;
  readonly setIds: readonly number[];
}

export interface PairGroup {
  readonly ecosystem: string;
  readonly source: string;
  readonly vulnerability: string;
  readonly state: FindingState;
  readonly fixedVersion: string | null;
  readonly packageIds: readonly number[];
  /** Since when we have known of it. */
  readonly since: Instant;
}

export interface Exposure extends PairGroup {
  /** Hosts that are exposed, each counted once however many of the packages it has. */
  readonly hostCount: number;
}

/** Rows without any exposed host are left out: an installed kernel that nobody runs. */
export function countExposure(
  pairs: readonly PairGroup[],
  postings: readonly Posting[],
  groups: readonly HostGroup[],
): readonly Exposure[] {
  const reachOf = hostCounter(postings, groups);
  return pairs.flatMap((pair) => {
    const reach = reachOf(pair.packageIds);
    if (reach.hostCount === 0) return [];
    return [{ ...pair, ...reach }];
  });
}

export type HostCounter = (packageIds: readonly number[]) => {
  /** Those of the packages that some host has (of kernel images: runs). */
  readonly packageIds: readonly number[];
  readonly hostCount: number;
};

/** Counts the hosts that any of the packages reaches. */
export function hostCounter(
  postings: readonly Posting[],
  groups: readonly HostGroup[],
): HostCounter {
  const kept = counters.get(postings);
  if (kept?.groups === groups) return kept.count;
  const count = newHostCounter(postings, groups);
  counters.set(postings, { groups, count });
  return count;
}

/** Counting again with the same postings and groups goes on where it was. */
const counters = new WeakMap<
  readonly Posting[],
  { readonly groups: readonly HostGroup[]; readonly count: HostCounter }
>();

function newHostCounter(postings: readonly Posting[], groups: readonly HostGroup[]): HostCounter {
  const groupsOf = groupsByPackage(postings, groups);
  const counts = new Map(groups.map((group) => [group.id, group.hostCount]));
  const ids = groups.map((group) => group.id);
  const seen = new Int32Array(ids.reduce((max, id) => Math.max(max, id + 1), 0));
  let turn = 0;
  // Most vulnerabilities of a source touch the same packages, so each union is made once.
  const known = new Map<string, ReturnType<HostCounter>>();
  return (packageIds) => {
    const key = packageIds.join(",");
    const before = known.get(key);
    if (before !== undefined) return before;
    turn += 1;
    let hostCount = 0;
    const present = packageIds.filter((id) => {
      const reached = groupsOf.get(id) ?? [];
      for (const group of reached) {
        if (seen[group] === turn) continue;
        seen[group] = turn;
        hostCount += counts.get(group) ?? 0;
      }
      return reached.length > 0;
    });
    const reach = { packageIds: present, hostCount };
    known.set(key, reach);
    return reach;
  };
}

/** The host groups that each package reaches. */
export function groupsByPackage(
  postings: readonly Posting[],
  groups: readonly HostGroup[],
): ReadonlyMap<number, readonly number[]> {
  const bySet = Map.groupBy(groups, (group) => group.setId);
  return new Map(
    postings.map((posting) => [
      posting.packageId,
      posting.setIds.flatMap((setId) =>
        (bySet.get(setId) ?? []).filter((group) => runs(posting, group)).map((group) => group.id),
      ),
    ]),
  );
}

function runs(posting: Posting, group: HostGroup): boolean {
  if (!posting.isKernelImage || group.kernelRunning === null) return true;
  return isRunningKernel(posting.packageName, group.kernelRunning);
}

/** True when the package is the image of the kernel with that release (`uname -r`). */
export function isRunningKernel(packageName: string, kernelRunning: string): boolean {
  const flavour = packageName.replace(/^linux-image-(unsigned-)?/, "").replace(/-unsigned$/, "");
  return packageName !== flavour && flavour === kernelRunning;
}
