import { DAY_MS, durationToText, type Instant, instantToText } from "../base/instant.ts";
import { EXCEPTION_DAYS_MAX, RENEWALS_MAX } from "./deadline-exception.ts";
import type { Exception } from "./exception.ts";

/**
 * How long an exception may last and how often it may follow on another, told before it is asked for
 * and judged again when it is approved. Whatever was excepted before for some of the same findings on
 * some of the same hosts counts as what it renews, whether it was asked for as a renewal or as new.
 */

/** After a year without one, an exception is a first one again. */
const COUNTS_DAYS = 365;

export interface ExceptionLimits {
  readonly daysMax: number;
  readonly renewalsMax: number;
  /** The latest end, counted from now. */
  readonly latestUntil: Instant;
  /** Which renewal it would be; 0 for a first exception. */
  readonly renewal: number;
  /** What it would follow on. */
  readonly renews: Exception | null;
  /** Why none can be asked for at all; null where one can. */
  readonly refusal: string | null;
}

/** `before`: exceptions for some of the same findings and hosts that were approved at any time. */
export function exceptionLimits(before: readonly Exception[], now: Instant): ExceptionLimits {
  const counting = before.filter(
    (one) => one.approvedAt !== null && endOf(one) + COUNTS_DAYS * DAY_MS > now,
  );
  const renews = counting.toSorted((a, b) => b.renewal - a.renewal || b.number - a.number)[0];
  const renewal = renews === undefined ? 0 : renews.renewal + 1;
  return {
    daysMax: EXCEPTION_DAYS_MAX,
    renewalsMax: RENEWALS_MAX,
    latestUntil: now + EXCEPTION_DAYS_MAX * DAY_MS,
    renewal,
    renews: renews ?? null,
    refusal:
      renewal <= RENEWALS_MAX || renews === undefined
        ? null
        : `X-${renews.number} was renewal ${renews.renewal} of ${RENEWALS_MAX} for some of these findings on some of these hosts: there is no further one. Fix them, or take the hosts out of service.`,
  };
}

/** When it stopped counting, or will. */
function endOf(exception: Exception): Instant {
  return exception.state === "approved" ? exception.until : exception.movedAt;
}

/** Why an exception cannot end at that time; null where it can. */
export function untilProblem(until: Instant, now: Instant): string | null {
  if (until <= now) return "The exception would be over already. Give a time to come.";
  const most = EXCEPTION_DAYS_MAX * DAY_MS;
  if (until - now <= most) return null;
  return `An exception lasts at most ${EXCEPTION_DAYS_MAX} days: until ${instantToText(now + most)}, not for ${durationToText(until - now)}.`;
}

export function limitsInWords(limits: ExceptionLimits): readonly string[] {
  const { renewal, renews, daysMax, renewalsMax } = limits;
  if (limits.refusal !== null) return [limits.refusal];
  const lasts = `It ends by itself after at most ${daysMax} days, and when what it rests on is no longer so.`;
  const first = `It can be renewed ${renewalsMax} times, approved anew each time.`;
  const left = renewalsMax - renewal;
  const again = `It follows on X-${renews?.number} and counts as renewal ${renewal} of ${renewalsMax}; ${left === 0 ? "there is none after it" : `${left} more can follow`}.`;
  const other =
    "Somebody else than you has to approve it. The date of the findings stays what it is.";
  return [lasts, renewal === 0 ? first : again, other];
}
