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

/** What was known of packages since a day, laid out for asking it of sets. */
export interface History {
  readonly seen: SeenTimes;
  readonly kev: readonly KevTime[];
}

interface ReadHistory extends History {
  readonly claims: readonly ClaimTime[];
  /** The changes that are in it. */
  readonly noted: Noted;
}

/** It holds as long as the knowledge does; a new day begins a new one. */
const histories = new WeakMap<Knowledge, Map<Instant, Promise<ReadHistory>>>();
/** The newest of each beginning, for reading only what changed since. */
const newest = new WeakMap<object, Map<Instant, ReadHistory>>();
const HISTORIES_KEPT_MAX = 4;

/** The history of everything from a moment on; without one, from the beginning. */
export async function loadPastOf(
  { db }: World,
  knowledge: Knowledge,
  since: Instant | null,
): Promise<History> {
  const made = keptFor(histories, knowledge);
  const last = keptFor(newest, db);
  const key = since ?? 0;
  const known = made.get(key) ?? readHistory(db, since, last.get(key) ?? null);
  known.catch(() => made.delete(key));
  const read = await keepLast(made, HISTORIES_KEPT_MAX, [key, known]);
  return keepLast(last, HISTORIES_KEPT_MAX, [key, read]);
}

async function readHistory(
  db: Db,
  since: Instant | null,
  before: ReadHistory | null,
): Promise<ReadHistory> {
  // First what is noted: what is written meanwhile is then read once more the next time.
  const noted = await loadNoted(db);
  const changes = before === null ? null : await loadChanges(db, before.noted, noted);
  const [claims, kev] = await Promise.all([
    loadClaimTimes(db, { since }),
    loadKevTimes(db, since ?? 0),
  ]);
  const isSame = before !== null && JSON.stringify(before.claims) === JSON.stringify(claims);
  if (!isSame || changes === null || changes.whole.has("source")) {
    return { seen: seenTimes(await loadPairTimes(db, { since }), claims), kev, claims, noted };
  }
  const { sources } = changes;
  if (sources.length === 0) return { ...before, kev, noted };
  const pairs = await loadPairTimes(db, { since, sources });
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
  const history = await loadPastOf(world, knowledge, days.first);
  const alike = await loadAlikeHosts(db, { scopes, days });
  const knownSince = await loadKnownSince(db);
  const knownFrom = knownSince === null ? days.count : dayOf(days, knownSince);
  const trend = await trendUnder({ world, knowledge, history, alike, days, knownFrom });
  return { days, knownSince, trend };
}

/** The same hosts with the same sets under the same history have the same trend. */
const trends = new WeakMap<History, { key: string; trend: Promise<readonly DatedTrendDay[]> }>();

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
  const key = JSON.stringify([days.first, days.count, knownFrom, alike]);
  const kept = trends.get(history);
  if (kept?.key === key) return await kept.trend;
  const trend = toldTrend(of);
  trends.set(history, { key, trend });
  trend.catch(() => trends.delete(history));
  return await trend;
}

async function toldTrend(of: TrendBasis): Promise<readonly DatedTrendDay[]> {
  const { world, knowledge, history, alike, days, knownFrom } = of;
  const members = await loadMembers(world.db, [...new Set(alike.map(({ setId }) => setId))]);
  const { packages } = knowledge;
  const told = await trendOf({ days, alike, members, packages, knownFrom, ...history });
  return told.map((each, day) => ({ day: dayName(days, day), ...each }));
}
