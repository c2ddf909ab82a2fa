import type { SubjectId } from "../base/ids.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { type Exception, type ExceptionVerb, exceptionAfter } from "./exception.ts";
import { type Broken, brokenInWords } from "./exception-broken.ts";
import { type ExceptionLimits, untilProblem } from "./exception-limits.ts";

/** Who may do what with an exception now, and if not, why, in words for that person. */
export interface Decider {
  readonly subject: SubjectId;
  /** The person who answers for what the subject does. */
  readonly person: SubjectId;
  readonly isPerson: boolean;
  /** Whether the right reaches every host that the exception could reach. */
  readonly covers: boolean;
}

export interface Refusal {
  readonly code: "forbidden" | "blocked";
  readonly text: string;
}

export type DecisionVerb = "approve" | "refuse" | "withdraw" | "revoke";

export function mayDecide(
  verb: DecisionVerb,
  exception: Exception,
  decider: Decider,
): Refusal | null {
  const ref = `X-${exception.number}`;
  const isOwn = decider.person === exception.requesterPerson;
  if (verb === "approve" && !decider.isPerson) {
    return refused("forbidden", "Only a person approves. Sign in as yourself, not as a service.");
  }
  if (verb === "approve" && isOwn) {
    return refused("forbidden", `You asked for ${ref}, so somebody else has to approve it.`);
  }
  if (verb === "withdraw" && !isOwn) {
    return refused(
      "forbidden",
      `Only who asked for ${ref} can withdraw it. An approver can refuse or revoke it.`,
    );
  }
  if (verb !== "withdraw" && !decider.covers) {
    return refused(
      "forbidden",
      `Your right does not reach every host that ${ref} could reach, by the words of its expression.`,
    );
  }
  if (exceptionAfter(exception.state, verb) === null) {
    return refused("blocked", `${ref} is ${exception.state}.`);
  }
  return null;
}

/** What else stands against an approval at this moment. */
export function approvalProblem(
  exception: Exception,
  at: {
    readonly now: Instant;
    readonly limits: ExceptionLimits;
    readonly broken: Broken | null;
  },
): string | null {
  const ref = `X-${exception.number}`;
  if (at.now >= exception.until) {
    return `${ref} would have ended ${instantToText(exception.until)}. Ask for a new one.`;
  }
  if (at.limits.refusal !== null) return at.limits.refusal;
  if (at.broken !== null) {
    return `${ref} asks for something else than what is the case now. ${brokenInWords(at.broken)} It has to be asked for anew.`;
  }
  return untilProblem(exception.until, at.now);
}

function refused(code: Refusal["code"], text: string): Refusal {
  return { code, text };
}

export const verbLabels: Readonly<Record<DecisionVerb, string>> = {
  approve: "Approve",
  refuse: "Refuse",
  withdraw: "Withdraw",
  revoke: "Revoke",
};

/** The states that a verb leaves. */
export function leaves(verb: ExceptionVerb, states: readonly Exception["state"][]) {
  return states.filter((state) => exceptionAfter(state, verb) !== null);
}
