import type { Words } from "../base/word.ts";
import type { ExceptionState, ReasonClass } from "./exception.ts";
import type { Compliance } from "./exception-effect.ts";

/** How decisions about findings read. */
export const exceptionStateWords: Words<ExceptionState> = {
  requested: ["waiting", "waits for approval"],
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
