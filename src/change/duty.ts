import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { ChangePolicy } from "../policy/change-control.ts";
import type { ChangeState } from "./model.ts";
import { workingDaysAfter } from "./working-days.ts";

/**
 * What an emergency owes: somebody who had no part in it decides afterwards whether it was right, and a
 * review says what came of it. Both are due some working days after it began; half-way people are
 * reminded, and what is overdue stays on its own list until it is done.
 */
export const dutyKinds = ["retrospective", "review"] as const;
export type DutyKind = (typeof dutyKinds)[number];

export interface Duty {
  readonly kind: DutyKind;
  readonly openedAt: Instant;
  readonly dueAt: Instant;
  readonly remindedAt: Instant | null;
  readonly overdueAt: Instant | null;
  readonly doneAt: Instant | null;
}

export function dutiesOf(
  policy: Pick<ChangePolicy, "emergency" | "workingDays">,
  startedAt: Instant,
): readonly Pick<Duty, "kind" | "openedAt" | "dueAt">[] {
  return dutyKinds.map((kind) => ({
    ...{ kind, openedAt: startedAt },
    dueAt: workingDaysAfter(policy.workingDays, startedAt, policy.emergency[kind]),
  }));
}

/** What is to be told of a duty at a moment, once each; null for nothing. */
export function dutyCall(duty: Duty, now: Instant): "remind" | "overdue" | null {
  if (duty.doneAt !== null) return null;
  if (now >= duty.dueAt) return duty.overdueAt === null ? "overdue" : null;
  const halfWay = duty.openedAt + (duty.dueAt - duty.openedAt) / 2;
  return now >= halfWay && duty.remindedAt === null ? "remind" : null;
}

/** Why somebody may not decide afterwards about an emergency; null when they may. */
export function retrospectRefusal(facts: {
  readonly isPerson: boolean;
  readonly person: SubjectId;
  readonly requester: SubjectId;
  readonly approvedBy: readonly SubjectId[];
  readonly duty: Pick<Duty, "doneAt"> | null;
}): string | null {
  if (facts.duty === null) return "This change owes no decision afterwards.";
  if (facts.duty.doneAt !== null) return "Somebody has decided about it afterwards already.";
  if (!facts.isPerson) return "Only a person decides. Sign in as yourself, not as a service.";
  if (facts.person === facts.requester) return "Whoever asked for it does not decide about it.";
  return facts.approvedBy.includes(facts.person)
    ? "You approved it. Somebody who had no part in it decides afterwards."
    : null;
}

const ended = ["completed", "failed", "backed-out"] as const satisfies readonly ChangeState[];

/** Why somebody may not review a change; null when they may. */
export function reviewRefusal(facts: {
  readonly isPerson: boolean;
  readonly person: SubjectId;
  readonly requester: SubjectId;
  readonly state: ChangeState;
  readonly isReviewed: boolean;
}): string | null {
  if (facts.isReviewed) return "It was reviewed already.";
  if (!(ended as readonly ChangeState[]).includes(facts.state)) {
    return `The change is ${facts.state}; what was carried out and has ended is reviewed.`;
  }
  if (!facts.isPerson) return "Only a person reviews. Sign in as yourself, not as a service.";
  return facts.person === facts.requester
    ? "Whoever asked for it does not review it alone; somebody else has to."
    : null;
}

export const closureCodes = [
  "successful",
  "successful-with-issues",
  "backed-out",
  "failed",
  "cancelled",
] as const;
export type ClosureCode = (typeof closureCodes)[number];

/** How a change ended, in the words of its record; null while it has not. */
export function closureOf(
  state: ChangeState,
  review: { readonly closure: ClosureCode } | null,
): ClosureCode | null {
  if (review !== null) return review.closure;
  switch (state) {
    case "completed":
      return "successful";
    case "failed":
      return "failed";
    case "backed-out":
      return "backed-out";
    case "rejected":
    case "withdrawn":
    case "expired":
      return "cancelled";
    case "requested":
    case "approved":
    case "running":
      return null;
  }
}

/** Which closure a reviewer may give: a review makes a success no less, and a failure no success. */
export function closuresFor(state: ChangeState): readonly ClosureCode[] {
  const own = closureOf(state, null);
  if (own === "successful") return ["successful", "successful-with-issues"];
  return own === null ? [] : [own];
}
