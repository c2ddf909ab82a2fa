import type { Instant } from "../base/instant.ts";
import { effectiveDeadline, type GrantedException } from "./deadline-exception.ts";
import type { Exception } from "./exception.ts";

/**
 * What exceptions do to the date of a case. The date itself stays; the one that counts moves only where
 * every one of its vulnerabilities is excepted on every host that is still affected, and then to the
 * earliest day on which one of these exceptions ends.
 */
export interface ReachedHosts {
  /** Numbers of the exceptions that reach these hosts. */
  readonly by: readonly number[];
  readonly hosts: number;
}

export interface CaseEffect {
  /** The date that counts now; null where there is none. */
  readonly at: Instant | null;
  readonly isExcepted: boolean;
  /** Hosts on which every vulnerability of the case is excepted. */
  readonly hostsExcepted: number;
  readonly hosts: number;
  /** Exceptions that reach at least one of its hosts, the longest first. */
  readonly by: readonly Exception[];
}

export function caseEffect(
  of: {
    readonly deadline: Instant | null;
    readonly vulnerabilities: readonly string[];
    readonly exceptions: readonly Exception[];
    readonly reached: readonly ReachedHosts[];
  },
  now: Instant,
): CaseEffect {
  const { deadline, vulnerabilities, reached } = of;
  const byNumber = new Map(of.exceptions.map((one) => [one.number, one]));
  const ends = reached.map(({ by, hosts }) => {
    const here = by.flatMap((number) => byNumber.get(number) ?? []);
    return { hosts, ends: vulnerabilities.map((id) => endFor(here, { id, deadline }, now)) };
  });
  const whole = ends.filter((group) => group.ends.every((end) => end !== null));
  const isExcepted = vulnerabilities.length > 0 && ends.length > 0 && whole.length === ends.length;
  const earliest = Math.min(...whole.flatMap((group) => group.ends.map((end) => end ?? now)));
  const used = new Set(reached.flatMap(({ by }) => by));
  const longestFirst = (a: Exception, b: Exception): number => b.until - a.until;
  return {
    at: isExcepted && deadline !== null ? Math.max(deadline, earliest) : deadline,
    isExcepted,
    hostsExcepted:
      vulnerabilities.length === 0 ? 0 : whole.reduce((sum, group) => sum + group.hosts, 0),
    hosts: ends.reduce((sum, group) => sum + group.hosts, 0),
    by: of.exceptions.filter((one) => used.has(one.number)).toSorted(longestFirst),
  };
}

/** Until when all of these are excepted where these exceptions reach; null where not all of them are. */
export function exceptedUntil(
  exceptions: readonly Exception[],
  of: { readonly vulnerabilities: readonly string[]; readonly deadline: Instant | null },
  now: Instant,
): Instant | null {
  const { vulnerabilities, deadline } = of;
  const ends = vulnerabilities.map((id) => endFor(exceptions, { id, deadline }, now));
  const known = ends.filter((end) => end !== null);
  return known.length === 0 || known.length < ends.length ? null : Math.min(...known);
}

/** Until when one vulnerability is excepted by these; null where it is not. */
function endFor(
  exceptions: readonly Exception[],
  of: { readonly id: string; readonly deadline: Instant | null },
  now: Instant,
): Instant | null {
  const granted = exceptions
    .filter((one) => one.scope.vulnerabilities.includes(of.id))
    .map(asGranted);
  const { by } = effectiveDeadline(Math.min(of.deadline ?? now, now), granted, now);
  return by?.expiresAt ?? null;
}

/** The exception as the rule of dates sees it. */
export function asGranted(exception: Exception): GrantedException {
  return {
    owner: exception.owner,
    reason: exception.reason,
    compensatingControl: exception.control,
    approvedBy: exception.approvedBy ?? "",
    approvedAt: exception.approvedAt ?? Number.POSITIVE_INFINITY,
    expiresAt: exception.until,
    renewal: exception.renewal,
  };
}

export type Compliance = "compliant" | "in-time" | "overdue" | "excepted" | "unknown";

/** Where something stands by its date; nothing counts as compliant only because nothing is known. */
export function complianceOf(
  of: {
    readonly deadline: Instant | null;
    readonly effective: Instant | null;
    readonly isExcepted: boolean;
    readonly isKnown: boolean;
    readonly isOpen: boolean;
  },
  now: Instant,
): Compliance {
  if (!of.isKnown) return "unknown";
  if (!of.isOpen) return "compliant";
  const isLate = of.effective !== null && of.effective <= now;
  if (isLate) return "overdue";
  return of.isExcepted ? "excepted" : "in-time";
}
