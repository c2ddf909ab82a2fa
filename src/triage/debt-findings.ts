import type { Instant } from "../base/instant.ts";
import { type Days, dayOf } from "../intel/days.ts";
import type { KnownPackage, Members } from "../intel/knowledge.ts";
import type { PairTime, SeenTimes } from "../intel/seen-times.ts";
import { runs } from "../intel/trend.ts";
import type { DebtGroup, SetFinding } from "./debt.ts";

/** What the packages of sets were vulnerable to, and since when somebody has known it. */
export interface FindingSource {
  readonly members: ReadonlyMap<number, Members>;
  readonly seen: SeenTimes;
  readonly packages: ReadonlyMap<number, Pick<KnownPackage, "name" | "isKernelImage">>;
}

export interface SetTimes extends SetFinding {
  /** The same text for the same vulnerability of a source, whichever set it is in. */
  readonly key: string;
  readonly knownFrom: Instant;
  readonly knownTo: Instant | null;
  readonly fixedVersion: string | null;
}

type Alike = Pick<DebtGroup, "setId" | "kernelRunning" | "marks">;

/** The findings of a set on hosts that run this kernel; each set is looked at once for each kernel. */
export function setFindings(of: FindingSource, days: Days): (at: Alike) => readonly SetTimes[] {
  const known = new Map<string, readonly SetTimes[]>();
  return ({ setId, kernelRunning, marks }) => {
    const key = `${setId} ${kernelRunning ?? ""}\n${marks}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const pairs: PairTime[] = [];
    for (const id of of.members.get(setId) ?? []) {
      if (!runs(of.packages.get(id), kernelRunning)) continue;
      for (const pair of of.seen.of(id, marks)) pairs.push(pair);
    }
    const found = joined(pairs, days);
    known.set(key, found);
    return found;
  };
}

/**
 * Several packages of one source have the same: they count once, as long as any of them has it. While
 * a statement sets it aside it does not count, and is the same finding afterwards.
 */
function joined(pairs: readonly PairTime[], days: Days): readonly SetTimes[] {
  const found = new Map<string, SetTimes[]>();
  for (const pair of pairs.toSorted((a, b) => a.from - b.from)) {
    const { vulnerability, ecosystem, source, fixedVersion } = pair;
    const key = `${vulnerability}\n${ecosystem}\n${source}`;
    const own = found.get(key) ?? [];
    found.set(key, own);
    const before = own.at(-1);
    const isOn = before !== undefined && (before.knownTo === null || pair.from <= before.knownTo);
    const start = isOn
      ? before
      : pairTimes({ key, vulnerability, ecosystem, source, fixedVersion }, pair);
    const knownTo = isOn ? latest(pair.to, before.knownTo) : pair.to;
    const times = {
      ...start,
      fixedVersion: start.fixedVersion ?? fixedVersion,
      ...{ knownTo, from: dayOf(days, start.knownFrom), to: dayOf(days, knownTo) },
    };
    if (isOn) own[own.length - 1] = times;
    else own.push(times);
  }
  return [...found.values()].flat();
}

function pairTimes(
  of: Pick<SetTimes, "key" | "vulnerability" | "ecosystem" | "source" | "fixedVersion">,
  { from, to }: PairTime,
): SetTimes {
  return { ...of, knownFrom: from, knownTo: to, from: 0, to: 0 };
}

function latest(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || b === null ? null : Math.max(a, b);
}
