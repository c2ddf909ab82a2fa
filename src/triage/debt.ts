import { type Slices, slices } from "../base/slices.ts";
import type { Days } from "../intel/days.ts";
import type { Exposure } from "./model.ts";

/**
 * Debt: the risk of everything that stays open although it should not, day by day, from histories. A
 * finding on a host weighs on a day when it is excepted, put off, or past its date on that day; as one
 * of these, in this order. Weights, dates and labels are those of today; what was on which host, what was
 * known of it, and what was excepted or put off, are those of the day. Hosts that are alike are counted
 * together, so the work grows with what is distinct.
 */
export const debtKinds = ["overdue", "deferred", "excepted"] as const;
export type DebtKind = (typeof debtKinds)[number];

/** Hosts that are alike in all that debt asks. */
export interface DebtGroup {
  readonly setId: number;
  readonly kernelRunning: string | null;
  /** What filters ask of them. */
  readonly marks: string;
  readonly exposure: Exposure;
  /** One digit for each preset of the deadline policy. */
  readonly presets: string;
  /** Numbers of the exceptions that reach them. */
  readonly exceptions: readonly number[];
  /** Value of the label by which debt is told apart; null where they have none. */
  readonly label: string | null;
  /** The service that contains the set; absent where hosts have it. */
  readonly service?: string;
  /** Hosts that are alike; a service counts as one. */
  readonly hosts: number;
  /** The days `from` up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
}

/** A finding of one set: once however many of its packages have it, anew after a pause. */
export interface SetFinding {
  readonly vulnerability: string;
  readonly ecosystem: string;
  readonly source: string;
  readonly from: number;
  readonly to: number;
}

/** Days on which something that was decided held for a finding. */
export interface Held {
  readonly from: number;
  readonly to: number;
  readonly covers: (finding: SetFinding) => boolean;
}

export interface DebtInput<F extends SetFinding = SetFinding> {
  readonly days: Days;
  readonly groups: readonly DebtGroup[];
  /** Findings in parts, each of one source; the same part is the same object. */
  readonly partsOf: (group: DebtGroup) => readonly (readonly F[])[];
  /** Dates and weights of findings on hosts of a group. */
  readonly weighedOn: (group: DebtGroup) => Weighed<F>;
  readonly exceptions: ReadonlyMap<number, Held>;
  readonly deferrals: readonly Held[];
}

export interface Weighed<F extends SetFinding = SetFinding> {
  /** The first day on which it is past its date; `days.count` where it is not. */
  readonly overdueFrom: (finding: F) => number;
  /** Points a day and host. */
  readonly pointsOf: (finding: F) => number;
}

/** One number a day for each kind. */
export type Curve = Readonly<Record<DebtKind, Float64Array>>;

export interface SourceDebt {
  readonly ecosystem: string;
  readonly source: string;
  /** Points on the last day. */
  readonly points: Readonly<Record<DebtKind, number>>;
  readonly hosts: number;
  /** Names of services that contain it. */
  readonly services: readonly string[];
  readonly vulnerabilities: readonly string[];
}

/** Findings on hosts and in services on the last day: those that weigh, and those that are in time. */
export type Standing = Readonly<Record<DebtKind | "inTime", number>>;

export interface Debt {
  readonly byLabel: ReadonlyMap<string | null, Curve>;
  /** Findings on hosts by the day, each counted once. */
  readonly counts: Curve;
  readonly standing: Standing;
  /** What weighs most on the last day comes first. */
  readonly sources: readonly SourceDebt[];
}

/** In turns, so that the server answers others meanwhile. */
export async function debtOf<F extends SetFinding>(input: DebtInput<F>): Promise<Debt> {
  const count = input.days.count;
  const byLabel = new Map<string | null, Curve>();
  const counts = emptyCurve(count);
  const sources = new Map<string, OpenSource>();
  const standing = { overdue: 0, deferred: 0, excepted: 0, inTime: 0 };
  const known = new Map<string, GroupDebt>();
  const debtOfPart = partDebts(input);
  const pause = slices();
  for (const group of input.groups) {
    if (pause.isDue()) await pause.taken();
    const key = [group.setId, group.kernelRunning, group.marks, group.exposure, group.presets].join(
      "\n",
    );
    const whole = `${key}\n${group.exceptions.join(",")}`;
    const debt = known.get(whole) ?? (await groupDebt(input, { group, debtOfPart, pause }));
    known.set(whole, debt);
    const curve = byLabel.get(group.label) ?? emptyCurve(count);
    byLabel.set(group.label, curve);
    addDays(curve, debt.curve, group);
    addDays(counts, debt.counts, group);
    if (group.from === count || group.to < count) continue;
    addSources(sources, debt, group);
    standing.inTime += debt.inTime * group.hosts;
    for (const { openCounts } of debt.open) {
      for (const kind of debtKinds) standing[kind] += openCounts[kind] * group.hosts;
    }
  }
  const told = [...sources.values()].map(({ parts, services, ...rest }) => ({
    ...rest,
    services: [...services].sort(),
    vulnerabilities: [...new Set([...parts].flatMap((part) => part.vulnerabilities))].sort(),
  }));
  return { byLabel, counts, standing, sources: told.toSorted(byPoints) };
}

function addDays(
  to: Curve,
  each: Curve,
  { from, to: end, hosts }: Pick<DebtGroup, "from" | "to" | "hosts">,
): void {
  for (const kind of debtKinds) {
    const [sum, one] = [to[kind], each[kind]];
    for (let day = from; day < end; day += 1) sum[day] = (sum[day] ?? 0) + (one[day] ?? 0) * hosts;
  }
}

function byPoints(a: SourceDebt, b: SourceDebt): number {
  const difference = sumOf(b.points) - sumOf(a.points);
  if (difference !== 0) return difference;
  return a.source < b.source ? -1 : 1;
}

export function sumOf(points: Readonly<Record<DebtKind, number>>): number {
  return points.overdue + points.deferred + points.excepted;
}

interface GroupDebt {
  readonly curve: Curve;
  readonly counts: Curve;
  /** What stands on the last day. */
  readonly open: readonly PartDebt[];
  /** Findings of the last day that weigh nothing yet. */
  readonly inTime: number;
}

/** The debt of one part of the findings of a host. */
interface PartDebt {
  readonly ecosystem: string;
  readonly source: string;
  /** Null where it never weighs. */
  readonly curve: Curve | null;
  readonly counts: Curve | null;
  /** Of the last day. */
  readonly points: Readonly<Record<DebtKind, number>>;
  readonly openCounts: Readonly<Record<DebtKind, number>>;
  readonly vulnerabilities: readonly string[];
  readonly inTime: number;
}

type PartDebts<F> = (part: readonly F[], group: DebtGroup) => PartDebt | null;

/** The debt of one host of the group. */
async function groupDebt<F extends SetFinding>(
  input: DebtInput<F>,
  of: {
    readonly group: DebtGroup;
    readonly debtOfPart: PartDebts<F>;
    readonly pause: Slices;
  },
): Promise<GroupDebt> {
  const { count } = input.days;
  const curve = emptyCurve(count);
  const counts = emptyCurve(count);
  const open: PartDebt[] = [];
  let inTime = 0;
  const whole = { from: 0, to: count, hosts: 1 };
  for (const part of input.partsOf(of.group)) {
    if (of.pause.isDue()) await of.pause.taken();
    const debt = of.debtOfPart(part, of.group);
    if (debt === null) continue;
    inTime += debt.inTime;
    if (debt.curve === null || debt.counts === null) continue;
    addDays(curve, debt.curve, whole);
    addDays(counts, debt.counts, whole);
    if (debt.vulnerabilities.length > 0) open.push(debt);
  }
  return { curve, counts, open, inTime };
}

/** Hosts share parts, and most are alike in what weighs them: each such part is weighed once. */
function partDebts<F extends SetFinding>(input: DebtInput<F>): PartDebts<F> {
  const made = new Map<readonly F[], Map<string, PartDebt | null>>();
  return (part, group) => {
    const own = made.get(part) ?? new Map<string, PartDebt | null>();
    made.set(part, own);
    const key = `${group.exposure}\n${group.presets}\n${group.exceptions.join(",")}`;
    const known = own.get(key);
    const debt = known === undefined ? partDebt(input, part, group) : known;
    own.set(key, debt);
    return debt;
  };
}

function partDebt<F extends SetFinding>(
  input: DebtInput<F>,
  part: readonly F[],
  group: DebtGroup,
): PartDebt | null {
  const { count } = input.days;
  const [first] = part;
  if (first === undefined) return null;
  const [curve, counts] = [emptyCurve(count), emptyCurve(count)];
  const points = { overdue: 0, deferred: 0, excepted: 0 };
  const openCounts = { overdue: 0, deferred: 0, excepted: 0 };
  const vulnerabilities: string[] = [];
  let present = 0;
  let weighs = false;
  const exceptions = group.exceptions.flatMap((number) => input.exceptions.get(number) ?? []);
  const weighed = input.weighedOn(group);
  for (const finding of part) {
    if (finding.from < count && finding.to === count) present += 1;
    const each = weighed.pointsOf(finding);
    const excepted = exceptions.filter((held) => held.covers(finding));
    const deferred = input.deferrals.filter((held) => held.covers(finding));
    const overdueFrom = weighed.overdueFrom(finding);
    // Before its date a finding weighs only where something was decided about it.
    const isDecided = excepted.length + deferred.length > 0;
    const start = isDecided ? finding.from : Math.max(finding.from, overdueFrom);
    for (let day = start; day < finding.to; day += 1) {
      const kind = kindOn(day, { excepted, deferred, overdueFrom });
      if (kind === null) continue;
      weighs = true;
      curve[kind][day] = (curve[kind][day] ?? 0) + each;
      counts[kind][day] = (counts[kind][day] ?? 0) + 1;
      if (day !== count - 1) continue;
      points[kind] += each;
      openCounts[kind] += 1;
      vulnerabilities.push(finding.vulnerability);
    }
  }
  const { ecosystem, source } = first;
  const told = weighs ? { curve, counts } : { curve: null, counts: null };
  const inTime = present - vulnerabilities.length;
  return { ecosystem, source, ...told, points, openCounts, vulnerabilities, inTime };
}

function kindOn(
  day: number,
  of: {
    readonly excepted: readonly Held[];
    readonly deferred: readonly Held[];
    readonly overdueFrom: number;
  },
): DebtKind | null {
  if (isHeld(of.excepted, day)) return "excepted";
  if (isHeld(of.deferred, day)) return "deferred";
  return day >= of.overdueFrom ? "overdue" : null;
}

function isHeld(held: readonly Held[], day: number): boolean {
  for (const { from, to } of held) if (from <= day && day < to) return true;
  return false;
}

function emptyCurve(count: number): Record<DebtKind, Float64Array> {
  return {
    overdue: new Float64Array(count),
    deferred: new Float64Array(count),
    excepted: new Float64Array(count),
  };
}

interface OpenSource {
  readonly ecosystem: string;
  readonly source: string;
  readonly points: Record<DebtKind, number>;
  hosts: number;
  readonly services: Set<string>;
  readonly parts: Set<PartDebt>;
}

function addSources(
  sources: Map<string, OpenSource>,
  debt: GroupDebt,
  { hosts, service }: DebtGroup,
): void {
  const here = new Set<OpenSource>();
  for (const part of debt.open) {
    const { ecosystem, source } = part;
    const key = `${ecosystem}\n${source}`;
    const known = sources.get(key) ?? {
      ...{ ecosystem, source, hosts: 0 },
      points: { overdue: 0, deferred: 0, excepted: 0 },
      services: new Set<string>(),
      parts: new Set<PartDebt>(),
    };
    sources.set(key, known);
    for (const kind of debtKinds) known.points[kind] += part.points[kind] * hosts;
    known.parts.add(part);
    here.add(known);
  }
  for (const source of here) {
    if (service === undefined) source.hosts += hosts;
    else source.services.add(service);
  }
}

/** Points a day summed up from the first day on: what has been carried so far. */
export function cumulated(curve: Curve): Float64Array {
  const count = curve.overdue.length;
  const sums = new Float64Array(count);
  let sum = 0;
  for (let day = 0; day < count; day += 1) {
    for (const kind of debtKinds) sum += curve[kind][day] ?? 0;
    sums[day] = sum;
  }
  return sums;
}
