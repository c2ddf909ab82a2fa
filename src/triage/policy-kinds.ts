import { Failure } from "../base/failure.ts";
import { calendarKind } from "../calendar/calendar-policy.ts";
import { cadenceKind } from "../policy/cadence.ts";
import { changeKind } from "../policy/change-control.ts";
import { classificationKind } from "../policy/classification.ts";
import { ownersKind } from "../policy/owners.ts";
import { kindOfText, type PolicyKind } from "../policy/policy-kind.ts";
import { priorityKind } from "../policy/priority.ts";
import { ringsKind } from "../policy/rings.ts";
import { runtimePolicyKind } from "../policy/runtime.ts";
import { deadlinesKind } from "./deadline-policy.ts";
import { debtKind } from "./debt-policy.ts";

/** Every kind of policy file there is, in the order in which a patch meets them. */
export const policyKinds: readonly PolicyKind[] = [
  classificationKind,
  priorityKind,
  deadlinesKind,
  debtKind,
  runtimePolicyKind,
  cadenceKind,
  calendarKind,
  changeKind,
  ownersKind,
  ringsKind,
];

/** What a text is a policy of; refuses one that says no known kind. */
export function requireKind(text: string): PolicyKind {
  const said = kindOfText(text);
  const found = policyKinds.find(({ kind }) => kind === said);
  if (found !== undefined) return found;
  const known = policyKinds.map(({ kind }) => kind).join(", ");
  throw new Failure(
    "invalid",
    said === null
      ? `The file does not say what it is a policy of. Begin it with "kind: " and one of ${known}.`
      : `No policy is of the kind "${said}". Known are ${known}.`,
  );
}
