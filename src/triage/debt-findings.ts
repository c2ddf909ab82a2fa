import type { Instant } from "../base/instant.ts";
import { isRunningKernel } from "../intel/exposure.ts";
import type { Members } from "../intel/knowledge.ts";
import { type DebtDays, dayOf, type SetFinding } from "./debt.ts";

/** What the packages of sets were vulnerable to, and since when somebody has known it. */

/** One vulnerability of one package, over the time in which it was known. */
export interface PairTime {
  readonly packageId: number;
  readonly vulnerability: string;
  readonly ecosystem: string;
  readonly source: string;
  readonly from: Instant;
  readonly to: Instant | null;
  readonly fixedVersion: string | null;
}

export interface PackageKind {
  readonly name: string;
  readonly isKernelImage: boolean;
}

export interface FindingSource {
  readonly members: ReadonlyMap<number, Members>;
  readonly pairs: readonly PairTime[];
  readonly packages: ReadonlyMap<number, PackageKind>;
}

export interface SetTimes extends SetFinding {
  /** The same text for the same vulnerability of a source, whichever set it is in. */
  readonly key: string;
  readonly knownFrom: Instant;
  readonly knownTo: Instant | null;
  readonly fixedVersion: string | null;
}

/** The findings of a set on hosts that run this kernel; a set is looked at once for each kernel. */
export function setFindings(
  of: FindingSource,
  days: DebtDays,
): (setId: number, kernelRunning: string | null) => readonly SetTimes[] {
  const byPackage = Map.groupBy(of.pairs, (pair) => pair.packageId);
  const known = new Map<string, readonly SetTimes[]>();
  return (setId, kernelRunning) => {
    const key = `${setId} ${kernelRunning ?? ""}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const pairs: PairTime[] = [];
    for (const id of of.members.get(setId) ?? []) {
      const own = byPackage.get(id);
      if (own !== undefined && runs(of.packages.get(id), kernelRunning)) pairs.push(...own);
    }
    const found = joined(pairs, days);
    known.set(key, found);
    return found;
  };
}

function runs(kind: PackageKind | undefined, kernelRunning: string | null): boolean {
  if (kind === undefined || !kind.isKernelImage || kernelRunning === null) return true;
  return isRunningKernel(kind.name, kernelRunning);
}

/** Several packages of one source have the same: from the first that had it to the last. */
function joined(pairs: readonly PairTime[], days: DebtDays): readonly SetTimes[] {
  const found = new Map<string, SetTimes>();
  for (const pair of pairs) {
    const { vulnerability, ecosystem, source, fixedVersion } = pair;
    const key = `${vulnerability}\n${ecosystem}\n${source}`;
    const before = found.get(key);
    const knownFrom = Math.min(pair.from, before?.knownFrom ?? pair.from);
    const knownTo = latest(pair.to, before === undefined ? pair.to : before.knownTo);
    found.set(key, {
      ...{ key, vulnerability, ecosystem, source, knownFrom, knownTo },
      fixedVersion: before?.fixedVersion ?? fixedVersion,
      from: dayOf(days, knownFrom),
      to: dayOf(days, knownTo),
    });
  }
  return [...found.values()];
}

function latest(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || b === null ? null : Math.max(a, b);
}
