import { DAY_MS, type Instant } from "../base/instant.ts";

/**
 * How long something is still supported, and in which order what is not should go. Publishers name a
 * day, or only whether support is over; without either nothing is known, and that is told as such.
 */
export const supportStates = ["ended", "extended", "ends-soon", "supported", "unknown"] as const;
export type SupportState = (typeof supportStates)[number];

export const supportStrategies = ["migrate", "isolate", "extend", "accept"] as const;
export type SupportStrategy = (typeof supportStrategies)[number];

/** A day by which support ends, or only whether it has. */
export type End = Instant | boolean | null;

export interface SupportDates {
  readonly supportEnds: End;
  readonly extendedEnds: End;
}

export interface SupportJudgement {
  readonly state: SupportState;
  /** The day that counts for these hosts; null where nobody named one. */
  readonly endsAt: Instant | null;
  /** Below 0 once it is over. */
  readonly daysLeft: number | null;
}

/** `hasExtended`: these hosts get the longer support. */
export function judgeSupport(
  dates: SupportDates | null,
  at: { readonly now: Instant; readonly soonDays: number; readonly hasExtended: boolean },
): SupportJudgement {
  if (dates === null) return { state: "unknown", endsAt: null, daysLeft: null };
  const { now } = at;
  const own = over(dates.supportEnds, now);
  const longer = over(dates.extendedEnds, now);
  if (own === true && at.hasExtended && longer === false) {
    return { state: "extended", ...dayOf(dates.extendedEnds, now) };
  }
  const day = dayOf(dates.supportEnds, now);
  if (own === null) return { state: "unknown", ...day };
  if (own) {
    const last = at.hasExtended && longer === true ? dayOf(dates.extendedEnds, now) : day;
    return { state: "ended", ...last };
  }
  // With longer support that they get, the end of the ordinary one is no end.
  const isSafe = at.hasExtended && longer === false;
  const isSoon = day.daysLeft !== null && day.daysLeft <= at.soonDays && !isSafe;
  return { state: isSoon ? "ends-soon" : "supported", ...day };
}

/** Whether it is over; null where nobody knows. */
function over(end: End, now: Instant): boolean | null {
  if (end === null || typeof end === "boolean") return end;
  return end <= now;
}

function dayOf(end: End, now: Instant): Omit<SupportJudgement, "state"> {
  if (typeof end !== "number") return { endsAt: null, daysLeft: null };
  return { endsAt: end, daysLeft: Math.floor((end - now) / DAY_MS) };
}

export interface ModernisationInput {
  readonly judgement: SupportJudgement;
  readonly hosts: number;
  /** Open vulnerabilities there: all, those without a fix, those known to be exploited. */
  readonly open: number;
  readonly unfixed: number;
  readonly exploited: number;
}

export interface ModernisationRank {
  readonly score: number;
  /** Each factor with what it comes from, in the order in which they are multiplied. */
  readonly path: readonly { readonly factor: string; readonly value: number }[];
}

const YEAR_DAYS = 365;
const LATE_YEARS_MAX = 4;
/** What is exploited weighs as much as this many others, what nobody mends as this many. */
const EXPLOITED_WEIGHT = 20;
const UNFIXED_WEIGHT = 3;
const OPEN_PER_POINT = 50;

/**
 * What should be modernised first: risk × hosts × time. The number only orders; each factor is shown
 * with what it comes from, so that people can see why one stands before the other.
 */
export function modernisationRank(input: ModernisationInput): ModernisationRank {
  const { judgement, hosts, open, unfixed, exploited } = input;
  const points = exploited * EXPLOITED_WEIGHT + unfixed * UNFIXED_WEIGHT + open;
  const risk = 1 + points / OPEN_PER_POINT;
  const path = [
    {
      factor: `risk: ${open} open, ${unfixed} without a fix, ${exploited} known exploited`,
      value: rounded(risk),
    },
    { factor: hosts === 1 ? "1 host" : `${hosts} hosts`, value: hosts },
    { factor: timeText(judgement), value: rounded(timeFactor(judgement)) },
  ];
  return { score: rounded(path.reduce((product, { value }) => product * value, 1)), path };
}

function timeFactor({ state, daysLeft }: SupportJudgement): number {
  switch (state) {
    case "supported":
      return 0;
    case "unknown":
      return 0.5;
    case "ended":
      return 1 + Math.min(LATE_YEARS_MAX, -(daysLeft ?? 0) / YEAR_DAYS);
    case "ends-soon":
    case "extended":
      return YEAR_DAYS / (YEAR_DAYS + Math.max(0, daysLeft ?? 0));
  }
}

function timeText({ state, daysLeft }: SupportJudgement): string {
  if (state === "supported") return "still supported";
  if (state === "unknown") return "its end is not known";
  if (daysLeft === null) return "support has ended";
  if (state === "ended") return `ended ${days(-daysLeft)} ago`;
  return `ends in ${days(daysLeft)}`;
}

function days(count: number): string {
  return count === 1 ? "1 day" : `${count} days`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
