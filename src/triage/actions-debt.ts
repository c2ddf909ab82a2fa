import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import { slices } from "../base/slices.ts";
import type { World } from "../db/world.ts";
import { loadPast } from "../intel/actions-trend.ts";
import { type Days, dayOf, daysUntil } from "../intel/days.ts";
import type { Knowledge } from "../intel/knowledge.ts";
import type { Vulnerability } from "../intel/model.ts";
import type { SeenTimes } from "../intel/seen-times.ts";
import { loadFactsOf, loadKnowledge, loadMembers } from "../intel/store-knowledge.ts";
import { deadlinePolicy, sightingGiven, sourcesToAsk } from "./actions-deadline.ts";
import { debtPolicy } from "./actions-deferral.ts";
import { candidateDates, type Sighting } from "./deadline.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import { type Debt, type DebtGroup, debtOf, type Held, type Weighed } from "./debt.ts";
import { detections, kindOf, type NamedRow } from "./debt-detections.ts";
import { type KeptFindings, keptFindings, type SetTimes, setFindings } from "./debt-findings.ts";
import { type DebtPolicy, pointsOf, type RiskFacts } from "./debt-policy.ts";
import type { Deferral } from "./deferral.ts";
import type { Exception } from "./exception.ts";
import { coversFinding } from "./exception-scope.ts";
import { type DetectionRow, loadOfferedTimes, type OfferedTimes } from "./store-deadline.ts";
import {
  countUnknownHosts,
  type DebtRow,
  loadDebtGroups,
  loadKnownSince,
  loadServiceGroups,
} from "./store-debt.ts";
import { loadDeferrals } from "./store-deferral.ts";
import { loadEverApproved } from "./store-exception.ts";

/** Debt as it follows from the histories now; nothing of it is stored. */
export interface DatedDebt extends Debt {
  readonly days: Days;
  /** The first day that is known; the days before it are not. */
  readonly knownFrom: number;
  readonly by: string;
  readonly unknownHosts: number;
  readonly policy: DebtPolicy;
}

export const DEBT_DAYS_MAX = 180;

export async function debtOfFleet(
  world: World,
  actor: Actor,
  asked: { readonly by: string; readonly days: number },
): Promise<DatedDebt> {
  const policy = await debtPolicy(world);
  if (!policy.groups.includes(asked.by)) {
    throw new Failure(
      "invalid",
      `Debt is not told apart by the label ${JSON.stringify(asked.by.slice(0, 64))}. The policy ${policy.file} names ${policy.groups.join(", ")}.`,
    );
  }
  const days = daysUntil(world.clock(), asked.days);
  const dates = await deadlinePolicy(world);
  const exceptions = (await loadEverApproved(world.db)).filter((one) => heldOf(one, days) !== null);
  const where = {
    scopes: scopesFor(actor, "finding.read"),
    policy: dates,
    label: asked.by,
    exceptions,
    days,
  };
  const groups = [
    ...(await loadDebtGroups(world.db, where)),
    ...(await loadServiceGroups(world.db, where)),
  ];
  const deferrals = await loadDeferrals(world.db, { scopes: scopesFor(actor, "finding.read") });
  const debt = await debtUnder(world, { days, groups, dates, policy, exceptions, deferrals });
  const since = await loadKnownSince(world.db);
  const knownFrom = since === null ? days.count : dayOf(days, since);
  const unknownHosts = await countUnknownHosts(world.db, scopesFor(actor, "finding.read"));
  return { ...debt, days, knownFrom, by: asked.by, unknownHosts, policy };
}

interface DebtBasis {
  readonly days: Days;
  readonly groups: readonly DebtRow[];
  readonly dates: DeadlinePolicy;
  readonly policy: DebtPolicy;
  readonly exceptions: readonly Exception[];
  readonly deferrals: readonly Deferral[];
}

/** What the same hosts were seen with under the same history, and the debt that was told of it last. */
interface Detected {
  readonly partsOf: (group: DebtGroup) => readonly (readonly SetTimes[])[];
  readonly vulnerabilities: readonly string[];
  readonly rows: readonly NamedRow[];
  told: Told | null;
}

interface Told {
  readonly key: string;
  /** The next date: from then on a finding is overdue that is not yet. */
  readonly until: Instant;
  readonly debt: Promise<Debt>;
}

/** Whoever asks while it is worked out waits for the same. */
const detected = new WeakMap<SeenTimes, Map<string, Promise<Detected>>>();
const DETECTED_KEPT_MAX = 8;

/** What was found of sets, by the days: most sets are the same after a change of hosts or feeds. */
const findingsKept = new WeakMap<object, Map<string, KeptFindings>>();
const DAYS_KEPT_MAX = 3;

/**
 * The same hosts, rules and decisions under the same history give the same debt, until the next date
 * has passed. All of them but the history are read each time and named by their text.
 */
async function debtUnder(world: World, of: DebtBasis): Promise<Debt> {
  const { days, groups, dates } = of;
  const knowledge = await loadKnowledge(world.db);
  const { seen } = await loadPast(world, knowledge);
  const made = keptFor(detected, seen);
  const hosts = sha256(JSON.stringify([days.first, days.count, dates.version, groups]));
  const looking = made.get(hosts) ?? detectedOn(world, { knowledge, seen, groups, days });
  looking.catch(() => made.delete(hosts));
  const basis = await keepLast(made, DETECTED_KEPT_MAX, [hosts, looking]);
  const rows = basis.rows.map(({ row }) => row);
  const offers = await loadOfferedTimes(world.db, sourcesToAsk(dates, rows));
  const key = toldKey(of, offers);
  if (basis.told?.key === key && days.now < basis.told.until) return await basis.told.debt;
  const facts = await loadFactsOf(world.db, knowledge, basis.vulnerabilities);
  const overdue = await overdueDays(basis.rows, sightingGiven(dates, offers), { ...of, facts });
  const debt = debtOf({
    days,
    groups,
    partsOf: basis.partsOf,
    weighedOn: weigher({ ...of, facts, overdue: overdue.of }),
    exceptions: new Map(of.exceptions.flatMap((one) => heldEntry(one, days))),
    deferrals: of.deferrals.flatMap((one) => deferralHeld(one, days)),
  });
  const told = { key, until: overdue.next, debt };
  basis.told = told;
  debt.catch(() => {
    if (basis.told === told) basis.told = null;
  });
  return await debt;
}

function toldKey(of: DebtBasis, offers: readonly OfferedTimes[]): string {
  const { days, policy, exceptions, deferrals } = of;
  const offered = offers.map((offer) => JSON.stringify(offer)).sort();
  // On which days a decision held follows from it and from now, which ends some of them.
  const held = [
    ...exceptions.flatMap((one) => heldEntry(one, days)),
    ...deferrals.map((one) => deferralHeld(one, days)),
  ];
  return sha256(JSON.stringify([policy.version, exceptions, deferrals, held, offered]));
}

async function detectedOn(
  world: World,
  of: {
    readonly knowledge: Knowledge;
    readonly seen: SeenTimes;
    readonly groups: readonly DebtRow[];
    readonly days: Days;
  },
): Promise<Detected> {
  const { seen, groups, days, knowledge } = of;
  const setIds = [...new Set(groups.map((group) => group.setId))];
  const members = await loadMembers(world.db, setIds);
  const made = keptFor(findingsKept, world.db);
  const key = `${days.first} ${days.count}`;
  const kept = keepLast(made, DAYS_KEPT_MAX, [key, made.get(key) ?? keptFindings()]);
  const partsOf = setFindings({ members, seen, packages: knowledge.packages }, days, kept);
  const rows = await detections(groups, partsOf);
  const vulnerabilities = [...new Set(rows.map(({ row }) => row.vulnerability))];
  return { partsOf, vulnerabilities, rows, told: null };
}

/** By the kind of the hosts, then by the number of the finding. */
type ByFinding<T> = ReadonlyMap<string, ReadonlyMap<number, T>>;

/** The first day on which each finding is past its date; clocks that stand have none. In turns. */
async function overdueDays(
  rows: readonly NamedRow[],
  sightingOf: (row: DetectionRow) => Sighting,
  of: {
    readonly dates: DeadlinePolicy;
    readonly days: Days;
    readonly facts: ReadonlyMap<string, Vulnerability>;
  },
): Promise<{ readonly of: ByFinding<number>; readonly next: Instant }> {
  const days = new Map<string, Map<number, number>>();
  let next = Number.POSITIVE_INFINITY;
  const pause = slices();
  const wayOf = new Map<string, (ecosystem: string) => number>();
  for (const { kind, number, row } of rows) {
    if (pause.isDue()) await pause.taken();
    const numbers = wayOf.get(kind) ?? wayNumbers(of.dates, kind);
    wayOf.set(kind, numbers);
    const way = numbers(row.ecosystem);
    const date = dateOf(of.dates, sightingOf(row), { facts: of.facts, way });
    if (date === null) continue;
    if (date > of.days.now) next = Math.min(next, date);
    const own = days.get(kind) ?? new Map<number, number>();
    days.set(kind, own.set(number, dayOf(of.days, date)));
  }
  return { of: days, next };
}

/** Dates by what they follow from; they hold as long as the facts of the vulnerability do. */
const datesMade = new WeakMap<Vulnerability, Map<string, Instant | null>>();
/** Of one vulnerability: kinds of hosts, times of first sights and policies differ. */
const DATES_KEPT_MAX = 64;

/** Policies, ecosystems and kinds of hosts are few: each such way to be dated has a number. */
const ways = new Map<string, number>();

/** Where all that is asked is of one kind of hosts and one policy. */
function wayNumbers(policy: DeadlinePolicy, kind: string): (ecosystem: string) => number {
  const known = new Map<string, number>();
  return (ecosystem) => {
    const before = known.get(ecosystem);
    if (before !== undefined) return before;
    const way = `${policy.version} ${kind} ${ecosystem}`;
    const number = ways.get(way) ?? ways.size;
    ways.set(way, number);
    known.set(ecosystem, number);
    return number;
  };
}

function dateOf(
  policy: DeadlinePolicy,
  sighting: Sighting,
  of: { readonly facts: ReadonlyMap<string, Vulnerability>; readonly way: number },
): Instant | null {
  const { facts, way } = of;
  const fact = facts.get(sighting.vulnerability);
  const { detectedAt, waits } = sighting;
  const made = fact === undefined ? new Map<string, Instant | null>() : keptFor(datesMade, fact);
  const pauses = waits.map(({ from, to }) => `${from}-${to}`).join();
  const key = `${way} ${detectedAt} ${pauses}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const date = candidateDates(policy, [sighting], facts)[0]?.at ?? null;
  return keepLast(made, DATES_KEPT_MAX, [key, date]);
}

function weigher(of: {
  readonly days: Days;
  readonly policy: DebtPolicy;
  readonly facts: ReadonlyMap<string, RiskFacts>;
  readonly overdue: ByFinding<number>;
}): (group: DebtGroup) => Weighed<SetTimes> {
  const known: number[] = [];
  const points = ({ number, vulnerability }: SetTimes): number => {
    const found = known[number] ?? pointsOf(of.policy, of.facts.get(vulnerability) ?? null);
    known[number] = found;
    return found;
  };
  return (group) => {
    const overdue = of.overdue.get(kindOf(group));
    const factor = group.exposure === "internal" ? 1 : of.policy.weights.exposed;
    return {
      overdueFrom: ({ number }) => overdue?.get(number) ?? of.days.count,
      pointsOf: (finding) => points(finding) * factor,
    };
  };
}

function heldEntry(exception: Exception, days: Days): readonly (readonly [number, Held])[] {
  const held = heldOf(exception, days);
  return held === null ? [] : [[exception.number, held]];
}

/** The days on which an exception counted; null where it was none of these. */
function heldOf(exception: Exception, days: Days): Held | null {
  if (exception.approvedAt === null) return null;
  const isRunning = exception.state === "approved";
  const end = isRunning ? exception.until : Math.min(exception.until, exception.movedAt);
  const { scope } = exception;
  return held(days, exception.approvedAt, end, (finding) => coversFinding(scope, finding));
}

function deferralHeld(deferral: Deferral, days: Days): readonly Held[] {
  const end =
    deferral.state === "active" ? deferral.until : Math.min(deferral.until, deferral.movedAt);
  const vulnerabilities = new Set(deferral.vulnerabilities);
  const found = held(
    days,
    deferral.startedAt,
    end,
    (finding) =>
      finding.source === deferral.source &&
      finding.ecosystem === deferral.ecosystem &&
      vulnerabilities.has(finding.vulnerability),
  );
  return found === null ? [] : [found];
}

function held(days: Days, start: Instant, end: Instant, covers: Held["covers"]): Held | null {
  const [from, to] = [dayOf(days, start), dayOf(days, end)];
  return from < to ? { from, to, covers } : null;
}
