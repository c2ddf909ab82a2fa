import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Change } from "./model.ts";
import { nextState } from "./model.ts";

/** Whether a person may approve a change now, and if not, why, in words for that person. */

export type ApprovalRefusal =
  | "not-a-person"
  | "own-request"
  | "wrong-state"
  | "expired"
  | "already-approved";

export type MayApprove =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly why: ApprovalRefusal; readonly text: string };

export interface WouldBeApprover {
  readonly person: SubjectId;
  readonly handle: string;
  readonly isPerson: boolean;
}

export function mayApprove(facts: {
  readonly change: Change;
  /** Handle in the statement. */
  readonly requester: string;
  readonly approver: WouldBeApprover;
  /** Who approved this very plan already. */
  readonly approvedBy: readonly SubjectId[];
  readonly now: Instant;
}): MayApprove {
  const { change, approver } = facts;
  const number = `C-${change.number}`;
  if (!approver.isPerson) {
    return refused(
      "not-a-person",
      "Only a person approves. Sign in as yourself, not as a service.",
    );
  }
  // By the subject and by the handle that hosts see: neither may be the same (protocol §6.12).
  if (approver.person === change.requesterPerson || approver.handle === facts.requester) {
    return refused("own-request", `You asked for ${number}, so somebody else has to approve it.`);
  }
  if (nextState(change.state, "approve") === null) {
    return refused(
      "wrong-state",
      `${number} is ${change.state}; only requested changes are approved.`,
    );
  }
  if (facts.now >= change.expiresAt) {
    return refused("expired", `${number} has expired. Its requester can plan it again.`);
  }
  if (facts.approvedBy.includes(approver.person)) {
    return refused("already-approved", `You have approved this plan of ${number} already.`);
  }
  return { isAllowed: true };
}

function refused(why: ApprovalRefusal, text: string): MayApprove {
  return { isAllowed: false, why, text };
}
