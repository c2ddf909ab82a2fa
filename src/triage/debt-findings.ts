import type { Instant } from "../base/instant.ts";
import { keepLast } from "../base/kept.ts";
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
  /** The same number for the same vulnerability of a source, whichever set it is in. */
  readonly number: number;
  readonly knownFrom: Instant;
  readonly knownTo: Instant | null;
  readonly fixedVersion: string | null;
}

type Alike = Pick<DebtGroup, "setId" | "kernelRunning" | "marks">;

/**
 * What was found of packages of one source, kept from one question to the next: it holds for the same
 * days, as long as the same was known of them. Sets share most of their packages, so this is far less
 * than the sets, and of a change only what it touches is found anew.
 */
export interface KeptFindings {
  readonly numbers: Map<string, number>;
  readonly parts: Map<string, readonly SetTimes[]>;
}

export function keptFindings(): KeptFindings {
  return { numbers: new Map(), parts: new Map() };
}

/** Those that were asked for longest ago go first. */
const PARTS_KEPT_MAX = 50_000;

/**
 * The findings of a set on hosts that run this kernel, in parts by source; each set is looked at once
 * for each kernel. Sets whose packages of a source are known for the same share the very same part.
 */
export function setFindings(
  of: FindingSource,
  days: Days,
  kept: KeptFindings = keptFindings(),
): (at: Alike) => readonly (readonly SetTimes[])[] {
  const spoken = new Set(of.seen.packageIds);
  const looked = new Map<string, readonly (readonly SetTimes[])[]>();
  return ({ setId, kernelRunning, marks }) => {
    const key = `${setId} ${kernelRunning ?? ""}\n${marks}`;
    const known = looked.get(key);
    if (known !== undefined) return known;
    const bySource = new Map<string, OfSource[]>();
    for (const id of of.members.get(setId) ?? []) {
      if (!spoken.has(id) || !runs(of.packages.get(id), kernelRunning)) continue;
      for (const part of partsOf(of.seen.of(id, marks))) {
        const own = bySource.get(part.source);
        if (own === undefined) bySource.set(part.source, [part]);
        else own.push(part);
      }
    }
    const found = [...bySource.values()].map((parts) => foundIn(parts, days, kept));
    looked.set(key, found);
    return found;
  };
}

/** What is known of one package under one source. */
interface OfSource {
  readonly number: number;
  readonly source: string;
  readonly times: readonly PairTime[];
}

/** The same times are the same object, and have the same number. */
const partsMade = new WeakMap<readonly PairTime[], readonly OfSource[]>();
let partNumber = 0;

function partsOf(times: readonly PairTime[]): readonly OfSource[] {
  const known = partsMade.get(times);
  if (known !== undefined) return known;
  const bySource = Map.groupBy(times, (pair) => `${pair.ecosystem}\n${pair.source}`);
  const parts = [...bySource].map(([source, own]): OfSource => {
    partNumber += 1;
    return { number: partNumber, source, times: own };
  });
  partsMade.set(times, parts);
  return parts;
}

function foundIn(
  parts: readonly OfSource[],
  days: Days,
  { numbers, parts: known }: KeptFindings,
): readonly SetTimes[] {
  const key = parts.map(({ number }) => number).join();
  const all = (): readonly PairTime[] => parts.flatMap(({ times }) => times);
  return keepLast(known, PARTS_KEPT_MAX, [key, known.get(key) ?? joined(all(), days, numbers)]);
}

/**
 * Several packages of one source have the same: they count once, as long as any of them has it. While
 * a statement sets it aside it does not count, and is the same finding afterwards.
 */
function joined(
  pairs: readonly PairTime[],
  days: Days,
  numbers: Map<string, number>,
): readonly SetTimes[] {
  const found = new Map<number, SetTimes[]>();
  for (const pair of pairs.toSorted((a, b) => a.from - b.from)) {
    const { vulnerability, ecosystem, source, fixedVersion } = pair;
    const key = `${vulnerability}\n${ecosystem}\n${source}`;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    const own = found.get(number) ?? [];
    found.set(number, own);
    const before = own.at(-1);
    const isOn = before !== undefined && (before.knownTo === null || pair.from <= before.knownTo);
    const start = isOn
      ? before
      : pairTimes({ number, vulnerability, ecosystem, source, fixedVersion }, pair);
    const knownTo = isOn ? latest(pair.to, before.knownTo) : pair.to;
    const times = {
      ...start,
      fixedVersion: start.fixedVersion ?? fixedVersion,
      ...{ knownTo, from: dayOf(days, start.knownFrom), to: dayOf(days, knownTo) },
    };
    if (isOn) own[own.length - 1] = times;
    else own.push(times);
  }
  // What was over before the days began weighs on none of them.
  return [...found.values()].flat().filter(({ to }) => to > 0);
}

function pairTimes(
  of: Pick<SetTimes, "number" | "vulnerability" | "ecosystem" | "source" | "fixedVersion">,
  { from, to }: PairTime,
): SetTimes {
  return { ...of, knownFrom: from, knownTo: to, from: 0, to: 0 };
}

function latest(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || b === null ? null : Math.max(a, b);
}
