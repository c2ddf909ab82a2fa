import { type Slices, slices } from "../base/slices.ts";
import { type Days, dayOf } from "./days.ts";
import { isRunningKernel } from "./exposure.ts";
import type { AlikeHosts } from "./host-story.ts";
import type { KnownPackage, Members } from "./knowledge.ts";
import type { SeenTimes } from "./seen-times.ts";

/**
 * How exposure moved day by day, in one pass over histories. A day is a bit: what hosts had and what
 * was known of packages are joined by a few operations each, so the work grows with distinct sets and
 * packages, not with hosts and days. Each day says what a question about that past day says.
 */
export interface TrendDay {
  /** Null on days of which nothing is known. */
  readonly known: DayCounts | null;
}

export interface DayCounts {
  /** Distinct vulnerabilities open on some host, and those of them known to be exploited. */
  readonly findings: number;
  readonly exploited: number;
  /** Source packages with one of them. */
  readonly sources: number;
  readonly hosts: number;
  readonly exploitedHosts: number;
  /** Hosts whose packages were known. */
  readonly knownHosts: number;
  /** Vulnerabilities that were open and had not been the day before, and the other way round. */
  readonly opened: number | null;
  readonly closed: number | null;
}

export interface TrendInput {
  readonly days: Days;
  readonly alike: readonly AlikeHosts[];
  readonly members: ReadonlyMap<number, Members>;
  readonly packages: ReadonlyMap<number, Pick<KnownPackage, "name" | "isKernelImage">>;
  readonly seen: SeenTimes;
  readonly kev: readonly {
    readonly vulnerability: string;
    readonly from: number;
    readonly to: number | null;
  }[];
  /** The first day on which anything was known. */
  readonly knownFrom: number;
}

type Bits = Uint32Array;

/** In turns, so that the server answers others meanwhile. */
export async function trendOf(input: TrendInput): Promise<readonly TrendDay[]> {
  const { days } = input;
  const pause = slices();
  const kinds = await kindsIn(input, pause);
  const masks = await packageMasks(input, kinds, pause);
  const hosts = new Float64Array(days.count);
  const exploitedHosts = new Float64Array(days.count);
  const knownHosts = new Float64Array(days.count);
  for (const kind of kinds) {
    if (pause.isDue()) await pause.taken();
    const any = newBits(days);
    const exploited = newBits(days);
    for (const key of kind.packages) {
      add(any, masks.any.get(key));
      add(exploited, masks.exploited.get(key));
    }
    for (const span of kind.spans) {
      addSpan(knownHosts, span, null);
      addSpan(hosts, span, any);
      addSpan(exploitedHosts, span, exploited);
    }
  }
  const counts = await countDays(input, masks, pause);
  return Array.from({ length: days.count }, (_, day): TrendDay => {
    if (day < input.knownFrom || knownHosts[day] === 0) return { known: null };
    const isFirst = day === 0 || day - 1 < input.knownFrom || knownHosts[day - 1] === 0;
    return {
      known: {
        findings: counts.findings[day] ?? 0,
        exploited: counts.exploited[day] ?? 0,
        sources: counts.sources[day] ?? 0,
        hosts: hosts[day] ?? 0,
        exploitedHosts: exploitedHosts[day] ?? 0,
        knownHosts: knownHosts[day] ?? 0,
        opened: isFirst ? null : (counts.opened[day] ?? 0),
        closed: isFirst ? null : (counts.closed[day] ?? 0),
      },
    };
  });
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly hosts: number;
}

/** Counts the hosts on each day of theirs, or on those of the bits. */
function addSpan(counts: Float64Array, { from, to, hosts }: Span, on: Bits | null): void {
  for (let day = from; day < to; day += 1) {
    if (on === null || isOn(on, day)) addTo(counts, day, hosts);
  }
}

/** Hosts that had the same set, ran the same kernel and are told apart by no filter. */
interface Kind {
  readonly days: Bits;
  readonly spans: Span[];
  /** The packages of theirs that anything was said of, by the key under which it is kept. */
  readonly packages: readonly PackageKey[];
}

/** A package, with the marks of its hosts where these make a difference. */
type PackageKey = number | string;

async function kindsIn(
  { days, alike, members, packages, seen }: TrendInput,
  pause: Slices,
): Promise<readonly Kind[]> {
  const spoken = new Set(seen.packageIds);
  const kinds = new Map<string, Kind>();
  for (const { setId, kernelRunning, marks, from, to, hosts } of alike) {
    if (pause.isDue()) await pause.taken();
    const key = `${setId} ${kernelRunning ?? ""}\n${marks}`;
    let kind = kinds.get(key);
    if (kind === undefined) {
      const own = [...(members.get(setId) ?? [])]
        .filter((id) => spoken.has(id) && runs(packages.get(id), kernelRunning))
        .map((id): PackageKey => (seen.differs(id) ? `${id} ${marks}` : id));
      kind = { days: newBits(days), spans: [], packages: own };
      kinds.set(key, kind);
    }
    const span = { from: Math.max(0, from), to: Math.min(days.count, to), hosts };
    kind.spans.push(span);
    addDays(kind.days, span.from, span.to);
  }
  return [...kinds.values()];
}

/** False for a kernel image that is installed but does not run. */
export function runs(
  known: Pick<KnownPackage, "name" | "isKernelImage"> | undefined,
  kernelRunning: string | null,
): boolean {
  if (known === undefined || !known.isKernelImage || kernelRunning === null) return true;
  return isRunningKernel(known.name, kernelRunning);
}

interface Masks {
  /** On which days a package had any finding, and one that was known to be exploited. */
  readonly any: ReadonlyMap<PackageKey, Bits>;
  readonly exploited: ReadonlyMap<PackageKey, Bits>;
  /** On which days some host had it. */
  readonly findings: ReadonlyMap<string, Bits>;
  readonly sources: ReadonlyMap<string, Bits>;
  readonly kev: ReadonlyMap<string, Bits>;
}

async function packageMasks(
  { days, seen, kev }: TrendInput,
  kinds: readonly Kind[],
  pause: Slices,
): Promise<Masks> {
  const listed = new Map<string, Bits>();
  for (const { vulnerability, from, to } of kev) {
    addDays(bitsAt(listed, vulnerability, days), dayOf(days, from), dayOf(days, to));
  }
  const present = new Map<PackageKey, Bits>();
  for (const kind of kinds) {
    if (pause.isDue()) await pause.taken();
    for (const key of kind.packages) add(bitsAt(present, key, days), kind.days);
  }
  const any = new Map<PackageKey, Bits>();
  const exploited = new Map<PackageKey, Bits>();
  const findings = new Map<string, Bits>();
  const sources = new Map<string, Bits>();
  const on = newBits(days);
  for (const [key, here] of present) {
    if (pause.isDue()) await pause.taken();
    const ofPackage = bitsAt(any, key, days);
    for (const pair of timesAt(seen, key)) {
      const [from, to] = [dayOf(days, pair.from), dayOf(days, pair.to)];
      if (to <= from) continue;
      on.fill(0);
      addDays(on, from, to);
      keep(on, here);
      add(ofPackage, on);
      add(bitsAt(findings, pair.vulnerability, days), on);
      add(bitsAt(sources, `${pair.ecosystem} ${pair.source}`, days), on);
      const worse = listed.get(pair.vulnerability);
      if (worse === undefined) continue;
      keep(on, worse);
      add(bitsAt(exploited, key, days), on);
    }
  }
  return { any, exploited, findings, sources, kev: listed };
}

function timesAt(seen: SeenTimes, key: PackageKey): ReturnType<SeenTimes["of"]> {
  if (typeof key === "number") return seen.of(key, "");
  const space = key.indexOf(" ");
  return seen.of(Number(key.slice(0, space)), key.slice(space + 1));
}

async function countDays({ days }: TrendInput, masks: Masks, pause: Slices) {
  const row = () => new Float64Array(days.count);
  const counts = {
    ...{ findings: row(), exploited: row(), sources: row() },
    ...{ opened: row(), closed: row() },
  };
  for (const [vulnerability, on] of masks.findings) {
    if (pause.isDue()) await pause.taken();
    const kev = masks.kev.get(vulnerability);
    let before = false;
    for (let day = 0; day < days.count; day += 1) {
      const is = isOn(on, day);
      if (is) addTo(counts.findings, day, 1);
      if (is && kev !== undefined && isOn(kev, day)) addTo(counts.exploited, day, 1);
      if (is && !before) addTo(counts.opened, day, 1);
      if (!is && before) addTo(counts.closed, day, 1);
      before = is;
    }
  }
  for (const on of masks.sources.values()) {
    for (let day = 0; day < days.count; day += 1) if (isOn(on, day)) addTo(counts.sources, day, 1);
  }
  return counts;
}

const WORD_BITS = 32;

function newBits({ count }: Days): Bits {
  return new Uint32Array(Math.ceil(count / WORD_BITS));
}

function bitsAt<K>(all: Map<K, Bits>, key: K, days: Days): Bits {
  const found = all.get(key) ?? newBits(days);
  all.set(key, found);
  return found;
}

/** The days from `from` up to, not including, `to`. */
function addDays(bits: Bits, from: number, to: number): void {
  for (let word = from >> 5; word < bits.length && word << 5 < to; word += 1) {
    const first = Math.max(0, from - (word << 5));
    const end = Math.min(WORD_BITS, to - (word << 5));
    if (end > first) bits[word] = (bits[word] ?? 0) | ((2 ** end - 2 ** first) >>> 0);
  }
}

function add(bits: Bits, more: Bits | undefined): void {
  if (more === undefined) return;
  for (let word = 0; word < bits.length; word += 1) {
    bits[word] = (bits[word] ?? 0) | (more[word] ?? 0);
  }
}

function keep(bits: Bits, only: Bits): void {
  for (let word = 0; word < bits.length; word += 1) {
    bits[word] = (bits[word] ?? 0) & (only[word] ?? 0);
  }
}

function isOn(bits: Bits, day: number): boolean {
  return ((bits[day >> 5] ?? 0) & (1 << (day & 31))) !== 0;
}

function addTo(counts: Float64Array, day: number, count: number): void {
  counts[day] = (counts[day] ?? 0) + count;
}
