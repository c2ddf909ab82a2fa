import { type Slices, slices } from "../base/slices.ts";
import { type Days, dayBeforeToo } from "./days.ts";
import { joinedTimes, type KnownTime } from "./exposure-intervals.ts";
import type { HostStory, Segment } from "./host-story.ts";
import type { KnownPackage, Members } from "./knowledge.ts";
import type { SeenTimes } from "./seen-times.ts";
import { runs } from "./trend.ts";

/**
 * How long hosts stay exposed. Vulnerabilities that were known of the same packages over the same days
 * reach the same hosts at the same times, so they are followed together; so are hosts that were alike.
 */
export interface AgesInput {
  readonly days: Days;
  readonly stories: readonly HostStory[];
  readonly members: ReadonlyMap<number, Members>;
  readonly packages: ReadonlyMap<number, Pick<KnownPackage, "name" | "isKernelImage">>;
  readonly seen: SeenTimes;
  /** Classes by which ages are told, such as a severity; those of one vulnerability. */
  readonly classesOf: (vulnerability: string) => readonly string[];
}

/** Numbers of exposures by their age in whole days. */
export type AgeCounts = ReadonlyMap<number, number>;

export interface Ages {
  /** Of exposures that ended within the days, because the host was changed. */
  readonly mended: AgeCounts;
  /** Of those that last. */
  readonly open: AgeCounts;
  /** Those that ended within the days without anybody doing anything on the host. */
  readonly endedOtherwise: number;
}

export interface FleetAges {
  readonly byClass: ReadonlyMap<string, Ages>;
  readonly byLabel: ReadonlyMap<string | null, Ages>;
  readonly all: Ages;
}

interface Counting {
  readonly mended: Map<number, number>;
  readonly open: Map<number, number>;
  endedOtherwise: number;
}

/** In turns, so that the server answers others meanwhile: large fleets take seconds. */
export async function agesOf(input: AgesInput): Promise<FleetAges> {
  const all = counting();
  const byClass = new Map<string, Counting>();
  const byLabel = new Map<string | null, Counting>();
  const pause = slices();
  const fleet = await fleetOf(input, pause);
  for (const { places, vulnerabilities } of await togetherKnown(input, pause)) {
    if (pause.isDue()) await pause.taken();
    const one = agesOfOne(input, fleet, timesByKind(input, fleet, places));
    const weights = weightsOf(vulnerabilities, input.classesOf);
    for (const [label, own] of one) {
      addAll(all, own, vulnerabilities.length);
      addAll(at(byLabel, label), own, vulnerabilities.length);
      for (const [name, weight] of weights) addAll(at(byClass, name), own, weight);
    }
  }
  return { all, byClass, byLabel };
}

/** The ages of one vulnerability on all hosts, by label. */
function agesOfOne(
  { days }: AgesInput,
  { storiesOf }: Fleet,
  times: ReadonlyMap<number, Times>,
): ReadonlyMap<string | null, Counting> {
  const byKind: (Times | undefined)[] = [];
  for (const [kind, own] of times) byKind[kind] = own;
  const found = new Map<string | null, Counting>();
  const looked = new Set<KindStory>();
  for (const kind of times.keys()) {
    for (const story of storiesOf[kind] ?? []) {
      if (looked.has(story)) continue;
      looked.add(story);
      count(at(found, story.label), { days, story, byKind });
    }
  }
  return found;
}

interface Walked {
  readonly days: Days;
  readonly story: KindStory;
  readonly byKind: readonly (Times | undefined)[];
}

/**
 * The intervals of one story as `exposureIntervals` tells them, counted as they are walked over: this
 * is done for every vulnerability of every story, and nothing is made for those that have none.
 */
function count(to: Counting, { days, story, byKind }: Walked): void {
  const { segments, hosts } = story;
  let from = Number.NaN;
  let end = Number.NaN;
  let isChange = false;
  for (let place = 0; place < segments.length; place += 1) {
    const segment = segments[place] as KindSegment;
    for (const time of byKind[segment.kind] ?? none) {
      const start = Math.max(time.from, segment.from);
      const stop = Math.min(time.to, segment.to);
      if (start >= stop) continue;
      if (start !== end) {
        addInterval(to, { days, from, end, isChange, hosts });
        from = start;
      }
      end = stop;
      isChange = time.to >= segment.to && segments[place + 1]?.from === segment.to;
    }
  }
  addInterval(to, { days, from, end, isChange, hosts });
}

function addInterval(
  to: Counting,
  of: {
    readonly days: Days;
    readonly from: number;
    readonly end: number;
    readonly isChange: boolean;
    readonly hosts: number;
  },
): void {
  const { from, end, hosts } = of;
  if (Number.isNaN(from)) return;
  if (end === Number.POSITIVE_INFINITY) addAge(to.open, of.days.count - 1 - from, hosts);
  else if (end <= 0) return;
  else if (of.isChange) addAge(to.mended, end - from, hosts);
  else to.endedOtherwise += hosts;
}

function addAll(to: Counting, from: Counting, weight: number): void {
  for (const [age, many] of from.mended) addAge(to.mended, age, many * weight);
  for (const [age, many] of from.open) addAge(to.open, age, many * weight);
  to.endedOtherwise += from.endedOtherwise * weight;
}

function weightsOf(
  vulnerabilities: readonly string[],
  classesOf: AgesInput["classesOf"],
): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const name of vulnerabilities.flatMap((each) => classesOf(each))) {
    weights.set(name, (weights.get(name) ?? 0) + 1);
  }
  return weights;
}

/** Hosts with the same set, running kernel and marks are of one kind; each kind has a number. */
interface KindSegment extends Segment {
  readonly kind: number;
}

interface KindStory extends HostStory {
  readonly segments: readonly KindSegment[];
}

interface Fleet {
  readonly kinds: readonly (Omit<Segment, "from" | "to"> & { readonly marks: string })[];
  readonly storiesOf: readonly (readonly KindStory[])[];
  /** The kinds whose set holds a package. */
  readonly kindsWith: ReadonlyMap<number, readonly number[]>;
}

async function fleetOf({ stories, members, seen }: AgesInput, pause: Slices): Promise<Fleet> {
  const numbers = new Map<string, number>();
  const kinds: Fleet["kinds"][number][] = [];
  const storiesOf: KindStory[][] = [];
  for (const story of stories) {
    if (pause.isDue()) await pause.taken();
    const { marks } = story;
    const segments = story.segments.map((segment): KindSegment => {
      const { setId, kernelRunning } = segment;
      const key = `${setId} ${kernelRunning ?? ""}\n${marks}`;
      const kind = numbers.get(key) ?? numbers.size;
      numbers.set(key, kind);
      kinds[kind] = { setId, kernelRunning, marks };
      return { ...segment, kind };
    });
    const told = { ...story, segments };
    for (const kind of new Set(segments.map((segment) => segment.kind))) {
      const own = storiesOf[kind];
      if (own === undefined) storiesOf[kind] = [told];
      else own.push(told);
    }
  }
  const spoken = new Set(seen.packageIds);
  const kindsWith = new Map<number, number[]>();
  kinds.forEach(({ setId }, kind) => {
    for (const id of members.get(setId) ?? []) {
      if (!spoken.has(id)) continue;
      const own = kindsWith.get(id);
      if (own === undefined) kindsWith.set(id, [kind]);
      else own.push(kind);
    }
  });
  return { kinds, storiesOf, kindsWith };
}

/** What was known of some packages, as each kind of host has them. */
function timesByKind(
  { packages }: AgesInput,
  { kinds, kindsWith }: Fleet,
  places: Together["places"],
): ReadonlyMap<number, Times> {
  const found = new Map<number, KnownTime[]>();
  for (const [id, of] of places) {
    for (const kind of kindsWith.get(id) ?? []) {
      const { kernelRunning = null, marks = "" } = kinds[kind] ?? {};
      if (!runs(packages.get(id), kernelRunning)) continue;
      const own = found.get(kind);
      if (own === undefined) found.set(kind, [...of(marks)]);
      else own.push(...of(marks));
    }
  }
  return new Map([...found].map(([kind, times]) => [kind, joinedTimes(times)]));
}

function counting(): Counting {
  return { mended: new Map(), open: new Map(), endedOtherwise: 0 };
}

function at<K>(all: Map<K, Counting>, key: K): Counting {
  const found = all.get(key) ?? counting();
  all.set(key, found);
  return found;
}

function addAge(ages: Map<number, number>, age: number, many: number): void {
  ages.set(age, (ages.get(age) ?? 0) + many);
}

type Times = readonly KnownTime[];
const none: Times = [];

interface Together {
  /** What was known of each package; where marks make a difference, by these. */
  readonly places: ReadonlyMap<number, (marks: string) => Times>;
  readonly vulnerabilities: readonly string[];
}

/** Vulnerabilities by what was known of which package when. */
async function togetherKnown(
  { days, seen }: AgesInput,
  pause: Slices,
): Promise<readonly Together[]> {
  const keys = new Map<string, string[]>();
  const alone = new Set<string>();
  const kept = new Map<string, Map<number, (marks: string) => Times>>();
  for (const id of seen.packageIds) {
    if (pause.isDue()) await pause.taken();
    for (const [vulnerability, times] of timesOf(seen, id, days)) {
      const places = kept.get(vulnerability) ?? new Map<number, (marks: string) => Times>();
      const parts = keys.get(vulnerability) ?? [];
      kept.set(vulnerability, places);
      keys.set(vulnerability, parts);
      places.set(id, times.of);
      parts.push(times.text);
      if (times.text === "") alone.add(vulnerability);
    }
  }
  const together = new Map<string, { places: Together["places"]; vulnerabilities: string[] }>();
  for (const [vulnerability, places] of kept) {
    if (pause.isDue()) await pause.taken();
    const parts = keys.get(vulnerability) ?? [];
    const key = alone.has(vulnerability) ? vulnerability : parts.join(" ");
    const own = together.get(key) ?? { places, vulnerabilities: [] };
    own.vulnerabilities.push(vulnerability);
    together.set(key, own);
  }
  return [...together.values()];
}

interface PackageTimes {
  readonly of: (marks: string) => Times;
  /** Package and days; empty where hosts differ, so that such a vulnerability is followed alone. */
  readonly text: string;
}

function timesOf(seen: SeenTimes, id: number, days: Days): ReadonlyMap<string, PackageTimes> {
  const inDays = (marks: string): ReadonlyMap<string, Times> => {
    const found = new Map<string, KnownTime[]>();
    for (const { vulnerability, from, to, isThenAside } of seen.of(id, marks)) {
      const own = found.get(vulnerability) ?? [];
      const end = dayBeforeToo(days, to);
      const until = end === days.count ? Number.POSITIVE_INFINITY : end;
      own.push({ from: dayBeforeToo(days, from), to: until, isThenAside });
      found.set(vulnerability, own);
    }
    return found;
  };
  if (!seen.differs(id)) {
    return new Map(
      [...inDays("")].map(([vulnerability, times]) => [
        vulnerability,
        { of: () => times, text: `${id}:${times.map((t) => `${t.from}-${t.to}`).join(",")}` },
      ]),
    );
  }
  const byMarks = new Map<string, ReadonlyMap<string, Times>>();
  const timesFor = (vulnerability: string, marks: string): Times => {
    const known = byMarks.get(marks) ?? inDays(marks);
    byMarks.set(marks, known);
    return known.get(vulnerability) ?? [];
  };
  return new Map(
    [...seen.everOf(id)].map((vulnerability) => [
      vulnerability,
      { of: (marks: string) => timesFor(vulnerability, marks), text: "" },
    ]),
  );
}

export interface AgeSums {
  readonly count: number;
  readonly meanDays: number | null;
  readonly medianDays: number | null;
  /** Nine of ten are not longer. */
  readonly p90Days: number | null;
}

export function sumsOf(ages: AgeCounts): AgeSums {
  const sorted = [...ages].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, many]) => sum + many, 0);
  if (total === 0) return { count: 0, meanDays: null, medianDays: null, p90Days: null };
  const sum = sorted.reduce((all, [age, many]) => all + age * many, 0);
  const rank = (share: number): number => {
    let passed = 0;
    for (const [age, many] of sorted) {
      passed += many;
      if (passed >= share * total) return age;
    }
    return sorted.at(-1)?.[0] ?? 0;
  };
  const mean = Math.round((10 * sum) / total) / 10;
  return { count: total, meanDays: mean, medianDays: rank(0.5), p90Days: rank(0.9) };
}
