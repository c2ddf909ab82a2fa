import { sha256 } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import type { Selector } from "../base/labels.ts";
import type { Db } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { type Days, dayName, dayOf, daysUntil } from "./days.ts";
import type { AlikeHosts } from "./host-story.ts";
import type { Knowledge } from "./knowledge.ts";
import { type ClaimTime, type SeenTimes, seenTimes } from "./seen-times.ts";
import { loadKnowledge, loadMembers } from "./store-knowledge.ts";
import { loadChanges, loadNoted, type Noted } from "./store-knowledge-change.ts";
import { loadKnownSince } from "./store-past.ts";
import {
  type KevTime,
  loadAlikeHosts,
  loadClaimTimes,
  loadKevTimes,
  loadPairTimes,
} from "./store-story.ts";
import { type TrendDay, trendOf } from "./trend.ts";

/** How exposure moved, day by day, on the hosts within scopes. Nothing of it is kept. */
export const TREND_DAYS_MAX = 366;

export interface DatedTrendDay extends TrendDay {
  /** `2026-11-22`, in UTC. */
  readonly day: string;
}

export interface Trend {
  readonly days: Days;
  readonly trend: readonly DatedTrendDay[];
  readonly knownSince: Instant | null;
}

/** What was ever known of packages, laid out for asking it of sets. */
export interface History {
  readonly seen: SeenTimes;
  readonly kev: readonly KevTime[];
}

interface ReadHistory extends History {
  readonly claims: readonly ClaimTime[];
  /** The changes that are in it. */
  readonly noted: Noted;
}

/** It holds as long as the knowledge does. */
const histories = new WeakMap<Knowledge, Promise<ReadHistory>>();
/** The newest, for reading only what changed since. */
const newest = new WeakMap<object, ReadHistory>();

/**
 * The history of everything from the beginning, one for all who ask: of a hundred thousand findings each is
 * some hundred megabytes, and one for each number of days made trend, debt and ages put each other out.
 */
export async function loadPast({ db }: World, knowledge: Knowledge): Promise<History> {
  const made = histories.get(knowledge) ?? readHistory(db, newest.get(db) ?? null);
  histories.set(knowledge, made);
  made.catch(() => histories.delete(knowledge));
  const read = await made;
  newest.set(db, read);
  return read;
}

async function readHistory(db: Db, before: ReadHistory | null): Promise<ReadHistory> {
  // First what is noted: what is written meanwhile is then read once more the next time.
  const noted = await loadNoted(db);
  const changes = before === null ? null : await loadChanges(db, before.noted, noted);
  const [claims, kev] = await Promise.all([
    loadClaimTimes(db, { since: null }),
    loadKevTimes(db, 0),
  ]);
  const isSame = before !== null && JSON.stringify(before.claims) === JSON.stringify(claims);
  if (!isSame || changes === null || changes.whole.has("source")) {
    return {
      seen: seenTimes(await loadPairTimes(db, { since: null }), claims),
      kev,
      claims,
      noted,
    };
  }
  const { sources } = changes;
  if (sources.length === 0) return { ...before, kev, noted };
  const pairs = await loadPairTimes(db, { since: null, sources });
  return { seen: before.seen.withSources(new Set(sources), pairs), kev, claims, noted };
}

export async function loadTrend(
  world: World,
  scopes: readonly Selector[],
  count: number,
): Promise<Trend> {
  const { db } = world;
  const days = daysUntil(world.clock(), count);
  const knowledge = await loadKnowledge(db);
  const history = await loadPast(world, knowledge);
  const alike = await loadAlikeHosts(db, { scopes, days });
  const knownSince = await loadKnownSince(db);
  const knownFrom = knownSince === null ? days.count : dayOf(days, knownSince);
  const trend = await trendUnder({ world, knowledge, history, alike, days, knownFrom });
  return { days, knownSince, trend };
}

/** The same hosts with the same sets under the same history have the same trend. */
const trends = new WeakMap<History, Map<string, Promise<readonly DatedTrendDay[]>>>();
/** Pages ask for several numbers of days, and people with different scopes. */
const TRENDS_KEPT_MAX = 8;

interface TrendBasis {
  readonly world: World;
  readonly knowledge: Knowledge;
  readonly history: History;
  readonly alike: readonly AlikeHosts[];
  readonly days: Days;
  readonly knownFrom: number;
}

async function trendUnder(of: TrendBasis): Promise<readonly DatedTrendDay[]> {
  const { history, alike, days, knownFrom } = of;
  const key = sha256(JSON.stringify([days.first, days.count, knownFrom, alike]));
  const made = keptFor(trends, history);
  const trend = made.get(key) ?? toldTrend(of);
  trend.catch(() => made.delete(key));
  return await keepLast(made, TRENDS_KEPT_MAX, [key, trend]);
}

async function toldTrend(of: TrendBasis): Promise<readonly DatedTrendDay[]> {
  const { world, knowledge, history, alike, days, knownFrom } = of;
  const members = await loadMembers(world.db, [...new Set(alike.map(({ setId }) => setId))]);
  const { packages } = knowledge;
  const told = await trendOf({ days, alike, members, packages, knownFrom, ...history });
  return told.map((each, day) => ({ day: dayName(days, day), ...each }));
}
