import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { HostId } from "../base/ids.ts";
import { HOUR_MS, type Instant, MINUTE_MS } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import type { World } from "../db/world.ts";
import { loadPast, loadTrend, type Trend } from "../intel/actions-trend.ts";
import { severityOf } from "../intel/cvss.ts";
import type { CvssVersion } from "../intel/cvss-vector.ts";
import { type Days, daysUntil } from "../intel/days.ts";
import { agesOf, type FleetAges } from "../intel/exposure-ages.ts";
import {
  type ExposureInterval,
  exposureIntervals,
  joinedTimes,
} from "../intel/exposure-intervals.ts";
import type { HostStory, Segment } from "../intel/host-story.ts";
import type { Knowledge, Members } from "../intel/knowledge.ts";
import { type PairTime, type SeenTimes, seenTimes } from "../intel/seen-times.ts";
import { loadFactsOf, loadKnowledge, loadMembers } from "../intel/store-knowledge.ts";
import {
  loadClaimTimes,
  loadNamedStories,
  loadPairTimes,
  loadSetsWith,
  loadStories,
  type NamedStory,
} from "../intel/store-story.ts";
import { runs } from "../intel/trend.ts";
import { foundHost } from "../inventory/actions.ts";
import { deadlinePolicy } from "./actions-deadline.ts";
import { debtOfFleet } from "./actions-debt.ts";
import { debtPolicy } from "./actions-deferral.ts";
import type { DeadlinePolicy } from "./deadline-policy.ts";
import { chosenScore } from "./score-choice.ts";

/** What histories tell of findings: trends, and from when to when which host was exposed to what. */
export interface OverdueTrend extends Trend {
  /** Findings on hosts that were past their date, by the day; null where nothing is known. */
  readonly overdue: readonly (number | null)[];
}

export async function findingTrend(
  world: World,
  actor: Actor,
  count: number,
): Promise<OverdueTrend> {
  const trend = await loadTrend(world, scopesFor(actor, "finding.read"), count);
  const [by = "team"] = (await debtPolicy(world)).groups;
  const { counts, knownFrom } = await debtOfFleet(world, actor, { by, days: count });
  const overdue = [...counts.overdue].map((each, day) => (day < knownFrom ? null : each));
  return { ...trend, overdue };
}

/** Exposures of one host to one vulnerability. */
export interface Exposed {
  readonly host: { readonly id: string; readonly name: string };
  readonly vulnerability: string;
  readonly sources: readonly string[];
  readonly intervals: readonly ExposureInterval[];
}

export interface ExposedPage {
  readonly items: readonly Exposed[];
  readonly next: number | null;
  readonly total: number;
  readonly ages: FleetAges["all"];
  readonly days: Days;
}

export const AGE_DAYS = 90;

/** How long a host's new packages may wait for being judged before a pause counts as one. */
const MATCHING_MS_MAX = 15 * MINUTE_MS;

interface Page {
  readonly skip: number;
  readonly limit: number;
}

/** The hosts that ever had a package with the vulnerability, by name; some were never exposed. */
export async function exposuresTo(
  world: World,
  actor: Actor,
  of: Page & { readonly vulnerability: string },
): Promise<ExposedPage> {
  const { db } = world;
  const { vulnerability, skip, limit } = of;
  const scopes = scopesFor(actor, "finding.read");
  const pairs = await loadPairTimes(db, { since: null, vulnerability });
  const seen = seenTimes(pairs, await loadClaimTimes(db, { since: null, vulnerability }));
  const setIds = await loadSetsWith(db, seen.packageIds);
  const stories = await loadNamedStories(db, { scopes, setIds, skip, limit: limit + 1 });
  const days = daysUntil(world.clock(), AGE_DAYS);
  const all = await loadStories(db, { scopes, setIds, days });
  const { packages } = await loadKnowledge(db);
  const members = await membersOf(world, [...stories, ...all]);
  const known = { seen, members, packages };
  const shown = stories.slice(0, limit).map(
    (story): Exposed => ({
      host: { id: story.id, name: story.name },
      vulnerability,
      sources: [...new Set(pairs.map(({ source }) => source))],
      intervals: intervalsOf(known, story, (pair) => pair.vulnerability === vulnerability),
    }),
  );
  return {
    items: shown,
    next: stories.length > limit ? skip + limit : null,
    total: all.reduce((sum, { hosts }) => sum + hosts, 0),
    ages: (await agesOf({ ...known, days, stories: all, classesOf: () => [] })).all,
    days,
  };
}

/** What one host was ever exposed to: what lasts first, the longest first. */
export async function exposuresOf(
  world: World,
  actor: Actor,
  of: Page & { readonly host: string },
): Promise<ExposedPage> {
  const { db } = world;
  const scopes = scopesFor(actor, "finding.read");
  const { id: hostId, name } = await foundHost(world, of.host, scopes);
  const filter = { scopes, hostId };
  const [story] = await loadNamedStories(db, { ...filter, skip: 0, limit: 1 });
  const days = daysUntil(world.clock(), AGE_DAYS);
  const setIds = [...new Set((story?.segments ?? []).map((segment) => segment.setId))];
  const pairs = await loadPairTimes(db, { since: null, setIds });
  const seen = seenTimes(pairs, await loadClaimTimes(db, { since: null }));
  const { packages } = await loadKnowledge(db);
  const stories = await loadStories(db, { ...filter, days });
  const known = { seen, members: await membersOf(world, stories), packages };
  const byVulnerability = Map.groupBy(pairs, (pair) => pair.vulnerability);
  const exposed = [...byVulnerability].flatMap(([vulnerability, own]): Exposed[] => {
    if (story === undefined) return [];
    const about = new Set(own.map(({ packageId }) => packageId));
    const isIt = (pair: PairTime): boolean => pair.vulnerability === vulnerability;
    const intervals = intervalsOf({ ...known, about }, story, isIt);
    const sources = [...new Set(own.map(({ source }) => source))];
    if (intervals.length === 0) return [];
    return [{ host: { id: hostId as HostId, name }, vulnerability, sources, intervals }];
  });
  const items = exposed.toSorted(byStanding);
  const end = of.skip + of.limit;
  return {
    items: items.slice(of.skip, end),
    next: items.length > end ? end : null,
    total: items.length,
    ages: (await agesOf({ ...known, days, stories, classesOf: () => [] })).all,
    days,
  };
}

function byStanding(a: Exposed, b: Exposed): number {
  const [one, two] = [a.intervals.at(-1), b.intervals.at(-1)];
  const [aEnd, bEnd] = [one?.to ?? Number.POSITIVE_INFINITY, two?.to ?? Number.POSITIVE_INFINITY];
  if (aEnd !== bEnd) return bEnd - aEnd;
  const difference = (one?.from ?? 0) - (two?.from ?? 0);
  return difference === 0 ? (a.vulnerability < b.vulnerability ? -1 : 1) : difference;
}

interface KnownOfSets {
  readonly seen: SeenTimes;
  readonly members: ReadonlyMap<number, Members>;
  readonly packages: Knowledge["packages"];
  /** The packages that matter; all where absent. */
  readonly about?: ReadonlySet<number>;
}

function intervalsOf(
  { seen, members, packages, about = new Set(seen.packageIds) }: KnownOfSets,
  story: NamedStory,
  isIt: (pair: PairTime) => boolean,
): readonly ExposureInterval[] {
  const never = Number.POSITIVE_INFINITY;
  const timesIn = ({ setId, kernelRunning }: Segment) => {
    const own = [...(members.get(setId) ?? [])].filter(
      (id) => about.has(id) && runs(packages.get(id), kernelRunning),
    );
    const pairs = own.flatMap((id) => seen.of(id, story.marks).filter(isIt));
    return joinedTimes(pairs.map((pair) => ({ ...pair, to: pair.to ?? never })));
  };
  return exposureIntervals({ segments: story.segments, timesIn, pauseMax: MATCHING_MS_MAX });
}

async function membersOf(
  { db }: World,
  stories: readonly { readonly segments: readonly Segment[] }[],
): Promise<ReadonlyMap<number, Members>> {
  const sets = stories.flatMap(({ segments }) => segments.map(({ setId }) => setId));
  return await loadMembers(db, [...new Set(sets)]);
}

export const ageClasses = ["critical", "high", "medium", "low", "none", "unknown"] as const;
export const EXPLOITED = "exploited";

export interface AgesOfFleet extends FleetAges {
  readonly days: Days;
  readonly by: string;
  readonly labels: readonly string[];
}

/** How long the fleet stays exposed, by severity, by known exploitation and by a label. */
export async function exposureAges(
  world: World,
  actor: Actor,
  asked: { readonly days: number; readonly by: string },
): Promise<AgesOfFleet> {
  const { db } = world;
  const { groups: labels } = await debtPolicy(world);
  if (!labels.includes(asked.by)) {
    throw new Failure(
      "invalid",
      `Ages are not told apart by the label ${JSON.stringify(asked.by.slice(0, 64))}. The debt policy names ${labels.join(", ")}.`,
    );
  }
  const scopes = scopesFor(actor, "finding.read");
  const days = daysUntil(world.clock(), asked.days);
  const knowledge = await loadKnowledge(db);
  const { seen } = await loadPast(world, knowledge);
  const label = asked.by;
  const stories = await loadStories(db, { scopes, days, label });
  const { scores } = await deadlinePolicy(world);
  const made = keptFor(agesTold, seen);
  const key = sha256(JSON.stringify([days.first, days.count, scores, stories]));
  const told = made.get(key) ?? agesUnder(world, { days, stories, knowledge, seen, scores });
  told.catch(() => made.delete(key));
  const ages = await keepLast(made, AGES_KEPT_MAX, [key, told]);
  return { ...ages, days, by: asked.by, labels };
}

/** The same hosts with the same sets under the same history have the same ages on the same day. */
const agesTold = new WeakMap<SeenTimes, Map<string, Promise<FleetAges>>>();
const AGES_KEPT_MAX = 8;

async function agesUnder(
  world: World,
  of: {
    readonly days: Days;
    readonly stories: readonly HostStory[];
    readonly knowledge: Knowledge;
    readonly seen: SeenTimes;
    readonly scores: DeadlinePolicy["scores"];
  },
): Promise<FleetAges> {
  const { days, stories, knowledge, seen } = of;
  const members = await membersOf(world, stories);
  const classesOf = await classesIn(world, of);
  return await agesOf({ days, stories, members, packages: knowledge.packages, seen, classesOf });
}

/** By the score that the policy picks, as of now. */
async function classesIn(
  world: World,
  of: {
    readonly knowledge: Knowledge;
    readonly seen: SeenTimes;
    readonly scores: DeadlinePolicy["scores"];
  },
): Promise<(vulnerability: string) => readonly string[]> {
  const { knowledge, seen, scores } = of;
  const ids = new Set(seen.packageIds.flatMap((id) => [...seen.everOf(id)]));
  const facts = await loadFactsOf(world.db, knowledge, [...ids]);
  const classes = new Map<string, readonly string[]>();
  for (const [id, { cvss, kev }] of facts) {
    const score = chosenScore(cvss, scores, null);
    const severity =
      score === null ? "unknown" : severityOf(score.score, score.version as CvssVersion);
    classes.set(id, kev === null ? [severity] : [severity, EXPLOITED]);
  }
  return (vulnerability) => classes.get(vulnerability) ?? [];
}

/** Days from one moment to another, to a tenth. */
export function daysBetween(from: Instant, to: Instant): number {
  return Math.round((10 * (to - from)) / (24 * HOUR_MS)) / 10;
}
