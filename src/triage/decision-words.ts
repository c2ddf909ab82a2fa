import type { Words } from "../base/word.ts";
import type { IntervalState } from "../intel/exposure-intervals.ts";
import type { DebtKind } from "./debt.ts";
import type { DeferralReason, DeferralState } from "./deferral.ts";
import type { ExceptionState, ReasonClass } from "./exception.ts";
import type { Compliance } from "./exception-effect.ts";
import type { KnownIssueState } from "./known-issue.ts";

/** How decisions about findings read. */
export const exceptionStateWords: Words<ExceptionState> = {
  requested: ["waiting", "asked for"],
  approved: ["attention", "in force"],
  expired: ["unknown", "expired"],
  revoked: ["unknown", "revoked"],
  ended: ["bad", "ended by itself"],
  refused: ["unknown", "refused"],
  withdrawn: ["unknown", "withdrawn"],
};

export const reasonClassWords: Words<ReasonClass> = {
  conflict: ["attention", "conflicts with something else"],
  legacy: ["attention", "legacy system"],
  "vendor-prohibition": ["attention", "the vendor forbids it"],
  "no-fix": ["waiting", "there is no fix"],
  other: ["attention", "another reason"],
};

export const complianceWords: Words<Compliance> = {
  compliant: ["good", "compliant"],
  "in-time": ["waiting", "in time"],
  overdue: ["bad", "overdue"],
  excepted: ["attention", "excepted"],
  unknown: ["unknown", "not known"],
};

export const deferralStateWords: Words<DeferralState> = {
  active: ["waiting", "put off"],
  ended: ["unknown", "ended"],
  cancelled: ["unknown", "cancelled"],
};

export const deferralReasonWords: Words<DeferralReason> = {
  "compliance-hold": ["waiting", "held for compliance"],
  "pending-audit": ["waiting", "an audit is pending"],
  "test-backlog": ["waiting", "tests are behind"],
  "change-freeze": ["waiting", "changes are frozen"],
  other: ["waiting", "another reason"],
};

export const knownIssueStateWords: Words<KnownIssueState> = {
  draft: ["waiting", "draft"],
  published: ["good", "published"],
  withdrawn: ["unknown", "withdrawn"],
};

export const debtKindWords: Words<DebtKind> = {
  overdue: ["bad", "overdue"],
  deferred: ["waiting", "put off"],
  excepted: ["attention", "excepted"],
};

/** How an exposure stands: that it lasts, or why it ended. */
export const intervalEndWords: Words<IntervalState> = {
  lasts: ["bad", "lasts"],
  changed: ["good", "the host was changed"],
  "not-said": ["unknown", "no feed says so any longer"],
  "set-aside": ["attention", "set aside by a statement"],
  "host-gone": ["unknown", "the host went, or its packages are no longer known"],
};
