import { DAY_MS, instantToText } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import type { Knowledge } from "../intel/knowledge.ts";
import { loadKnowledge, loadMembers } from "../intel/store-knowledge.ts";
import {
  firstDayEnd,
  loadKevDays,
  loadKnownFrom,
  loadPairDays,
  loadSetDays,
} from "./store-trend.ts";
import { type KevDays, type PairDays, type TrendDay, trendOf } from "./trend.ts";

export interface DatedTrendDay extends TrendDay {
  /** `2026-11-22`, in UTC. */
  readonly day: string;
}

interface History {
  readonly first: number;
  readonly pairs: readonly PairDays[];
  readonly kev: readonly KevDays[];
  readonly knownFrom: number;
}

/** What was known of packages by the day holds as long as the knowledge, and until the next day. */
const histories = new WeakMap<Knowledge, Promise<History>>();

export async function loadTrend(
  world: World,
  scopes: readonly Selector[],
): Promise<readonly DatedTrendDay[]> {
  const { db } = world;
  const first = firstDayEnd(world.clock());
  const knowledge = await loadKnowledge(db);
  const history = await historyOf(world, knowledge, first);
  const sets = await loadSetDays(db, { scopes, first });
  const key = JSON.stringify(sets);
  const kept = trends.get(history);
  if (kept?.key === key) return kept.trend;
  const { pairs, kev, knownFrom } = history;
  const members = await loadMembers(db, [...new Set(sets.map((set) => set.setId))]);
  const trend = trendOf({ sets, members, pairs, kev, knownFrom }).map((told, day) => ({
    day: instantToText(first + (day - 1) * DAY_MS).slice(0, 10),
    ...told,
  }));
  trends.set(history, { key, trend });
  return trend;
}

/** The same hosts with the same sets under the same history have the same trend. */
const trends = new WeakMap<
  History,
  { readonly key: string; readonly trend: readonly DatedTrendDay[] }
>();

async function historyOf(world: World, knowledge: Knowledge, first: number): Promise<History> {
  const kept = await histories.get(knowledge);
  if (kept?.first === first) return kept;
  const reading = readHistory(world, first);
  histories.set(knowledge, reading);
  reading.catch(() => histories.delete(knowledge));
  return reading;
}

async function readHistory({ db }: World, first: number): Promise<History> {
  const [pairs, kev, knownFrom] = await Promise.all([
    loadPairDays(db, first),
    loadKevDays(db, first),
    loadKnownFrom(db, first),
  ]);
  return { first, pairs, kev, knownFrom };
}
