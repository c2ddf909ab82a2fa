import { counted } from "../base/counted.ts";
import type { Id, PatchId, SubjectId } from "../base/ids.ts";
import { DAY_MS, type Instant, instantToText } from "../base/instant.ts";

/**
 * Deferrals: an update that is put off on purpose, with a reason, somebody who answers for it and an
 * end. A deferral moves no date: what is put off past its deadline is overdue all the same, and only an
 * exception that somebody else approved can change that. It says what waiting costs before it is
 * accepted, and ends by itself.
 */
export const deferralMoves = {
  active: { end: "ended", cancel: "cancelled" },
  ended: {},
  cancelled: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type DeferralState = keyof typeof deferralMoves;
export const deferralStates = Object.keys(deferralMoves) as readonly DeferralState[];

export const deferralReasons = [
  "compliance-hold",
  "pending-audit",
  "test-backlog",
  "change-freeze",
  "other",
] as const;
export type DeferralReason = (typeof deferralReasons)[number];

export type DeferralId = Id<"deferral">;

export interface Deferral {
  readonly id: DeferralId;
  /** Shown as `D-<number>`. */
  readonly number: number;
  readonly state: DeferralState;
  readonly patch: PatchId | null;
  readonly ecosystem: string;
  readonly source: string;
  readonly vulnerabilities: readonly string[];
  readonly reasonClass: DeferralReason;
  readonly reason: string;
  readonly owner: SubjectId;
  readonly until: Instant;
  readonly cost: DeferralCost;
  readonly startedBy: SubjectId;
  readonly startedAt: Instant;
  readonly movedAt: Instant;
  readonly closedReason: string | null;
}

/** What waiting costs: what stands open, for how long, weighed by the debt policy. */
export interface DeferralCost {
  readonly days: number;
  readonly hosts: number;
  readonly exposedHosts: number;
  /** Findings on hosts × days. */
  readonly findingDays: number;
  readonly pointsPerDay: number;
  readonly points: number;
  readonly knownExploited: readonly string[];
  readonly deadline: Instant | null;
  /** Days for which it would be overdue at the end; 0 where it would not. */
  readonly daysOverdue: number;
  /** Version of the policy that weighed. */
  readonly policy: string;
}

export interface OpenRisk {
  readonly vulnerability: string;
  readonly hosts: number;
  readonly exposedHosts: number;
  /** Points of one of them on one host that is not exposed, for one day. */
  readonly points: number;
  readonly isKnownExploited: boolean;
}

export function deferralCost(of: {
  readonly risks: readonly OpenRisk[];
  readonly exposedFactor: number;
  readonly from: Instant;
  readonly until: Instant;
  readonly deadline: Instant | null;
  readonly policy: string;
}): DeferralCost {
  const days = Math.max(0, (of.until - of.from) / DAY_MS);
  const pairs = of.risks.reduce((sum, risk) => sum + risk.hosts, 0);
  const pointsPerDay = of.risks.reduce((sum, risk) => {
    const more = (of.exposedFactor - 1) * risk.exposedHosts;
    return sum + risk.points * (risk.hosts + more);
  }, 0);
  const late = of.deadline === null ? 0 : Math.max(0, of.until - Math.max(of.deadline, of.from));
  return {
    days: rounded(days),
    hosts: Math.max(0, ...of.risks.map((risk) => risk.hosts)),
    exposedHosts: Math.max(0, ...of.risks.map((risk) => risk.exposedHosts)),
    findingDays: rounded(pairs * days),
    pointsPerDay: rounded(pointsPerDay),
    points: rounded(pointsPerDay * days),
    knownExploited: of.risks.filter((risk) => risk.isKnownExploited).map((r) => r.vulnerability),
    deadline: of.deadline,
    daysOverdue: rounded(late / DAY_MS),
    policy: of.policy,
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

export function costInWords(cost: DeferralCost): readonly string[] {
  const number = (value: number): string => value.toLocaleString("en");
  const open = `${counted(cost.hosts, "host")} open for ${number(cost.days)} days, ${number(cost.exposedHosts)} of them exposed or silent about it: ${number(cost.findingDays)} days of open findings.`;
  const points = `That is ${number(cost.points)} points of debt, ${number(cost.pointsPerDay)} a day.`;
  const exploited = cost.knownExploited.length;
  const kev =
    exploited === 0 ? [] : [`${exploited} of the flaws are known to be exploited already.`];
  const late =
    cost.deadline === null
      ? "There is no date that it would miss."
      : cost.daysOverdue === 0
        ? `It ends before the deadline of ${instantToText(cost.deadline).slice(0, 10)}.`
        : `The deadline of ${instantToText(cost.deadline).slice(0, 10)} stays: it would be overdue for ${number(cost.daysOverdue)} days. Only an exception moves it.`;
  return [open, points, ...kev, late];
}

/** Why it cannot end at that time; null where it can. */
export function deferralProblem(until: Instant, now: Instant, daysMax: number): string | null {
  if (until <= now) return "The deferral would be over already. Give a time to come.";
  if (until - now <= daysMax * DAY_MS) return null;
  return `The policy lets an update be put off for ${daysMax} days at most: until ${instantToText(now + daysMax * DAY_MS)}.`;
}
