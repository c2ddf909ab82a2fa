import type { Instant } from "../base/instant.ts";
import type { FindingState } from "./model.ts";
import {
  asked,
  bitsFor,
  inverted,
  join,
  listAt,
  numbersIn,
  type PostingLists,
  taken,
  weightOf,
} from "./posting-lists.ts";

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
  /** Filter scopes that its hosts are in, and `@` channels they may install from, with commas. */
  readonly marks?: string | undefined;
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
  for (const { setId, kernelRunning, marks = "", hostCount } of rows) {
    if (setId === null) {
      unknownCount += hostCount;
      continue;
    }
    const key = `${setId} ${kernelRunning === null ? "" : `runs ${kernelRunning}`} ${marks}`;
    const { id, hostCount: before } = groups.get(key) ?? { id: groups.size, hostCount: 0 };
    groups.set(key, { id, setId, kernelRunning, marks, hostCount: before + hostCount });
  }
  return { groups: [...groups.values()], unknownCount };
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
  /** The channel whose fix this is, for hosts that may install from it; else empty or absent. */
  readonly channel?: string | undefined;
  /** True for a package on hosts where it does not count; absent where it counts everywhere. */
  readonly isAside?: IsAside | undefined;
  /** True for a package on hosts where it is lowered; absent where nothing is said about it. */
  readonly isLowered?: IsAside | undefined;
}

export type IsAside = (packageId: number, group: HostGroup) => boolean;

export interface Exposure extends PairGroup {
  /** Hosts that are exposed, each counted once however many of the packages it has. */
  readonly hostCount: number;
  /** Those of them on which it is lowered. */
  readonly loweredHostCount: number;
}

/** Who has each package: the places of groups that have it and, of kernel images, run it. */
export interface Postings {
  readonly lists: PostingLists;
  readonly groups: readonly HostGroup[];
}

interface NamedKind {
  readonly name: string;
  readonly isKernelImage: boolean;
}

export function postingsOf(of: {
  /** Packages that are asked about; the others get no list. */
  readonly wanted: Iterable<number>;
  readonly packages: ReadonlyMap<number, NamedKind>;
  /** The packages of each set, each once. */
  readonly members: ReadonlyMap<number, ArrayLike<number>>;
  readonly groups: readonly HostGroup[];
}): Postings {
  const { groups, members, packages } = of;
  const wanted = [...of.wanted];
  const kinds = new Uint8Array(wanted.reduce((max, id) => Math.max(max, id + 1), 0));
  for (const id of wanted) kinds[id] = packages.get(id)?.isKernelImage === true ? asked : taken;
  const rows = groups.map((group) => members.get(group.setId) ?? NO_MEMBERS);
  const holds = (id: number, place: number): boolean => {
    const kernelRunning = groups[place]?.kernelRunning ?? null;
    return kernelRunning === null || isRunningKernel(packages.get(id)?.name ?? "", kernelRunning);
  };
  return { lists: inverted({ rows, kinds, holds }), groups };
}

const NO_MEMBERS = new Int32Array(0);

/** Rows without any exposed host are left out: an installed kernel that nobody runs. */
export function countExposure(
  pairs: readonly PairGroup[],
  postings: Postings,
): readonly Exposure[] {
  const reachOf = hostCounter(postings);
  return pairs.flatMap((pair) => {
    const reach = reachOf([pair]);
    if (reach.hostCount === 0) return [];
    return [{ ...pair, ...reach, loweredHostCount: lowered(pair, reach.hostCount, reachOf) }];
  });
}

function lowered(pair: PairGroup, hostCount: number, reachOf: HostCounter): number {
  if (pair.isLowered === undefined) return 0;
  return hostCount - reachOf([withoutLowered(pair)]).hostCount;
}

/** The same without the hosts where it is lowered. */
export function withoutLowered<P extends Pick<PairGroup, "isAside" | "isLowered">>(pair: P): P {
  const { isAside, isLowered } = pair;
  if (isLowered === undefined) return pair;
  const isOut: IsAside = (id, group) => isAside?.(id, group) === true || isLowered(id, group);
  return { ...pair, isAside: isOut };
}

export type HostCounter = (pairs: readonly Pick<PairGroup, "packageIds" | "isAside">[]) => {
  /** Those of the packages that some host has (of kernel images: runs). */
  readonly packageIds: readonly number[];
  readonly hostCount: number;
};

/** Counts the hosts that any of the pairs reaches, each once; asked again, it goes on where it was. */
export function hostCounter(postings: Postings): HostCounter {
  const count = counters.get(postings) ?? newHostCounter(postings);
  counters.set(postings, count);
  return count;
}

const counters = new WeakMap<Postings, HostCounter>();

function newHostCounter({ lists, groups }: Postings): HostCounter {
  const hostCounts = Uint32Array.from(groups, (group) => group.hostCount);
  const bits = bitsFor(groups.length);
  // Most vulnerabilities of a source touch the same packages, so each union is made once.
  const known = new Map<string, ReturnType<HostCounter>>();
  // The same list is often the very same array, which needs no text to be told from others.
  const ofList = new WeakMap<readonly number[], ReturnType<HostCounter>>();
  const count = (pairs: Parameters<HostCounter>[0]): ReturnType<HostCounter> => {
    const reached = pairs.flatMap((pair) => listsOf(pair, { lists, groups }));
    join(
      bits,
      reached.map(({ list }) => list),
    );
    const hostCount = weightOf(bits, hostCounts);
    const packageIds = [...new Set(reached.map(({ id }) => id))].sort((a, b) => a - b);
    return { packageIds, hostCount };
  };
  return (pairs) => {
    const [first, ...others] = pairs;
    if (pairs.some(({ isAside }) => isAside !== undefined)) return count(pairs);
    if (first !== undefined && others.length === 0) {
      const reach = ofList.get(first.packageIds) ?? counted(pairs);
      ofList.set(first.packageIds, reach);
      return reach;
    }
    return counted(pairs);
  };
  function counted(pairs: Parameters<HostCounter>[0]): ReturnType<HostCounter> {
    const key = pairs.map(({ packageIds }) => packageIds.join(",")).join(";");
    const reach = known.get(key) ?? count(pairs);
    known.set(key, reach);
    return reach;
  }
}

/** The places that each package of the pair reaches, without those where it is set aside. */
function listsOf(
  { packageIds, isAside }: Pick<PairGroup, "packageIds" | "isAside">,
  { lists, groups }: Postings,
): readonly { readonly id: number; readonly list: Uint32Array }[] {
  return packageIds.flatMap((id) => {
    const whole = listAt(lists, id);
    const list =
      isAside === undefined ? whole : whole.filter((place) => !isAt(isAside, id, groups[place]));
    return list.length === 0 ? [] : [{ id, list }];
  });
}

function isAt(isAside: IsAside, packageId: number, group: HostGroup | undefined): boolean {
  return group !== undefined && isAside(packageId, group);
}

/** The places of the groups that any of the packages reaches, in rising order. */
export function groupsReached(postings: Postings, packageIds: readonly number[]): Uint32Array {
  return groupLister(postings)(packageIds).slice();
}

/** The same for list after list in one room: what it answers is good until it is asked again. */
export function groupLister({
  lists,
  groups,
}: Postings): (packageIds: readonly number[]) => Uint32Array {
  const bits = bitsFor(groups.length);
  const room = new Uint32Array(groups.length);
  return (packageIds) => {
    join(
      bits,
      packageIds.map((id) => listAt(lists, id)),
    );
    return numbersIn(bits, room);
  };
}

/** True when the package is the image of the kernel with that release (`uname -r`). */
export function isRunningKernel(packageName: string, kernelRunning: string): boolean {
  const flavour = packageName.replace(/^linux-image-(unsigned-)?/, "").replace(/-unsigned$/, "");
  return packageName !== flavour && flavour === kernelRunning;
}
