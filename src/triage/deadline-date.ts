import { DAY_MS, HOUR_MS, type Instant } from "../base/instant.ts";
import {
  type Due,
  type KnownInputs,
  type Period,
  type Preset,
  type Ruling,
  ruling,
} from "./deadline-preset.ts";

/**
 * Dates from presets: when the clock started, when it runs out, and which of several dates counts. The
 * earliest wins. A clock starts at the first sight of a finding and is never set back by a new scan or
 * a host that was installed anew; only an approved exception moves a date, and only as far as it says.
 */
export interface ClockFacts {
  /** Every sight of the finding on the asset; the first counts. */
  readonly detections: readonly Instant[];
  /** When it was listed as known to be exploited. */
  readonly listedAt: Instant | null;
  /** When its fix was published. */
  readonly releasedAt: Instant | null;
}

export interface DueDate extends Ruling {
  readonly startedAt: Instant;
  /** What the clock ran from; the detection where its own start is not known. */
  readonly startedBy: "release" | "detection" | "listing";
  /** True where the preset's own start is unknown and the detection stands in for it. */
  readonly isStartAssumed: boolean;
  /** Null where the row has no date. */
  readonly at: Instant | null;
}

const DAYS_A_MONTH = 30;

/** The date of one preset; null while nobody has seen the finding anywhere. */
export function dueDate(preset: Preset, known: KnownInputs, clock: ClockFacts): DueDate | null {
  const start = startOf(preset, clock);
  if (start === null) return null;
  const ruled = ruling(preset, known);
  return { ...ruled, ...start, at: dateAfter(start.startedAt, ruled.row.due) };
}

type Start = Pick<DueDate, "startedAt" | "startedBy" | "isStartAssumed">;

function startOf(preset: Preset, clock: ClockFacts): Start | null {
  if (clock.detections.length === 0) return null;
  const detectedAt = Math.min(...clock.detections);
  const { listedAt, releasedAt } = clock;
  const byDetection = { startedAt: detectedAt, startedBy: "detection" } as const;
  switch (preset.clock) {
    case "release":
      return releasedAt === null
        ? { ...byDetection, isStartAssumed: true }
        : { startedAt: releasedAt, startedBy: "release", isStartAssumed: false };
    case "listing-or-detection":
      return listedAt !== null && listedAt < detectedAt
        ? { startedAt: listedAt, startedBy: "listing", isStartAssumed: false }
        : { ...byDetection, isStartAssumed: false };
    case "detection":
      return { ...byDetection, isStartAssumed: false };
  }
}

function dateAfter(start: Instant, due: Due): Instant | null {
  return typeof due === "string" ? null : periodEnd(start, due);
}

/** Months are calendar months in UTC: from the 31st to the last day where a month is shorter. */
export function periodEnd(start: Instant, { amount, unit }: Period): Instant {
  if (unit === "hours") return start + amount * HOUR_MS;
  if (unit === "days") return start + amount * DAY_MS;
  const from = new Date(start);
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + amount];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const midnight = Date.UTC(year, month, Math.min(from.getUTCDate(), lastDay));
  return midnight + (start % DAY_MS);
}

/** The date that counts: the earliest; what has none comes last, and the id decides between equals. */
export function effectiveDate(dates: readonly DueDate[]): DueDate | null {
  const compare = (a: DueDate, b: DueDate): number => {
    if (rank(a) === rank(b)) return byId(a, b);
    return rank(a) < rank(b) ? -1 : 1;
  };
  return dates.toSorted(compare)[0] ?? null;
}

function rank({ at, row }: DueDate): number {
  if (at !== null) return at;
  return row.due === "next-upgrade" ? Number.MAX_VALUE : Number.POSITIVE_INFINITY;
}

/** The shortest period, for comparing presets where nothing is dated yet. */
export function shortest(rulings: readonly Ruling[]): Ruling | null {
  const length = ({ row: { due } }: Ruling): number => {
    if (typeof due === "string") return due === "next-upgrade" ? Number.MAX_VALUE : Infinity;
    const hours = { hours: 1, days: 24, months: 24 * DAYS_A_MONTH }[due.unit];
    return due.amount * hours;
  };
  const compare = (a: Ruling, b: Ruling): number => {
    if (length(a) === length(b)) return byId(a, b);
    return length(a) < length(b) ? -1 : 1;
  };
  return rulings.toSorted(compare)[0] ?? null;
}

function byId(a: Ruling, b: Ruling): number {
  if (a.row.id === b.row.id) return 0;
  return a.row.id < b.row.id ? -1 : 1;
}

export function dueInWords(due: Due): string {
  if (due === "next-upgrade") return "next upgrade";
  if (due === "none") return "no deadline";
  const unit = due.amount === 1 ? due.unit.slice(0, -1) : due.unit;
  return `${due.amount} ${unit}`;
}
