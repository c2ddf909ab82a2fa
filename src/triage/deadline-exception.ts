import { DAY_MS, type Instant } from "../base/instant.ts";

/**
 * What moves a deadline: an approved exception, never anything else. While it runs the clock stands at
 * it; when it ends, without a renewal, the old date counts again as if it had never been.
 */
export interface GrantedException {
  readonly owner: string;
  readonly reason: string;
  readonly compensatingControl: string;
  readonly approvedBy: string;
  readonly approvedAt: Instant;
  readonly expiresAt: Instant;
  /** Which renewal this is; 0 for the first exception. */
  readonly renewal: number;
}

export const EXCEPTION_DAYS_MAX = 90;
export const RENEWALS_MAX = 2;

/** Everything that keeps it from counting; empty where it counts. */
export function exceptionProblems(exception: GrantedException): readonly string[] {
  const problems: string[] = [];
  const needed = {
    owner: exception.owner,
    reason: exception.reason,
    "compensating control": exception.compensatingControl,
    approver: exception.approvedBy,
  };
  for (const [what, text] of Object.entries(needed)) {
    if (text.trim() === "") problems.push(`Missing: ${what}.`);
  }
  const lasts = exception.expiresAt - exception.approvedAt;
  if (lasts <= 0) problems.push("It ends before it begins.");
  if (lasts > EXCEPTION_DAYS_MAX * DAY_MS) {
    problems.push(`It lasts longer than ${EXCEPTION_DAYS_MAX} days.`);
  }
  if (exception.renewal > RENEWALS_MAX) {
    problems.push(`It was renewed ${RENEWALS_MAX} times before, which is the limit.`);
  }
  return problems;
}

/** The date that counts now: the later of date and exception while one runs, else the date itself. */
export function effectiveDeadline<Granted extends GrantedException>(
  date: Instant | null,
  exceptions: readonly Granted[],
  now: Instant,
): { readonly at: Instant | null; readonly by: Granted | null } {
  const running = exceptions
    .filter((exception) => exceptionProblems(exception).length === 0)
    .filter(({ approvedAt, expiresAt }) => approvedAt <= now && now < expiresAt)
    .toSorted((a, b) => b.expiresAt - a.expiresAt)[0];
  if (date === null || running === undefined || running.expiresAt <= date) {
    return { at: date, by: null };
  }
  return { at: running.expiresAt, by: running };
}
