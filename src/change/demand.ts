import { counted } from "../base/counted.ts";
import type { SubjectId } from "../base/ids.ts";
import { type ChangePolicy, type RiskLevel, SERVICE_OWNER } from "../policy/change-control.ts";
import type { ChangeClass } from "../policy/rings.ts";

/**
 * Who has to approve a change, beside how many. A demand asks for a number of people out of a set; one
 * signature may meet several demands. Nobody who answers for the request counts for any of them, and a
 * signature of a stand-in counts for those whom they stand in for (`standsFor`).
 */
export interface Demand {
  /** As people read it: a group of the policy, or service-owner. */
  readonly label: string;
  readonly least: number;
  readonly members: readonly SubjectId[];
}

export interface Asked {
  readonly need: number;
  readonly demands: readonly Demand[];
  readonly needsCab: boolean;
  /** What was not asked for, and why. */
  readonly waived: readonly string[];
}

export interface People {
  /** Live accounts by handle. */
  readonly byHandle: ReadonlyMap<string, SubjectId>;
  /** Owners of the touched services who may approve somewhere. */
  readonly serviceOwners: readonly SubjectId[];
  /** Whoever answers for the request. */
  readonly requester: SubjectId;
}

/** What a change of this class and risk needs; `planNeed` is what rings and hosts demand already. */
export function askedOf(
  policy: Pick<ChangePolicy, "approval" | "emergency" | "groups" | "serviceOwnerMissing">,
  change: {
    readonly class: ChangeClass;
    readonly level: RiskLevel;
    readonly planNeed: number;
  },
  people: People,
): Asked {
  const { approval, emergency } = policy;
  const isEmergency = change.class === "emergency";
  // An emergency has no time for a board's meeting: its own approvers decide, and it is looked at later.
  const rule = isEmergency ? { ...emergency, cab: false } : approval[change.level];
  const demands: Demand[] = [];
  const waived: string[] = [];
  for (const label of new Set(rule.from)) {
    const named = label === SERVICE_OWNER ? people.serviceOwners : membersOf(policy, label, people);
    const members = [...new Set(named)].filter((id) => id !== people.requester).sort();
    const isWaived =
      label === SERVICE_OWNER && members.length === 0 && policy.serviceOwnerMissing === "waive";
    if (isWaived) waived.push(WAIVED);
    else demands.push({ label, least: 1, members });
  }
  const need = Math.max(change.planNeed, rule.approvers);
  return { need, demands, needsCab: rule.cab, waived };
}

const WAIVED =
  "No service on its hosts has an owner who may approve and did not ask for the change, so no service owner is asked for.";

function membersOf(
  { groups }: Pick<ChangePolicy, "groups">,
  label: string,
  { byHandle }: People,
): readonly SubjectId[] {
  return (groups[label] ?? []).flatMap((handle) => byHandle.get(handle) ?? []);
}

/** A signature that counts: its person may still be trusted with it, and did not ask for the change. */
export interface CountedApproval {
  readonly person: SubjectId;
  readonly standsFor: readonly SubjectId[];
}

export type CabStand = "not-needed" | "open" | "approved";

/** What is still missing; nothing missing is what "approved" means. */
export type Missing =
  | { readonly what: "approvals"; readonly have: number; readonly need: number }
  | {
      readonly what: "demand";
      readonly label: string;
      readonly have: number;
      readonly least: number;
      /** Who can meet it: they have not signed yet. */
      readonly candidates: readonly SubjectId[];
    }
  | { readonly what: "cab" };

export function missingFor(of: {
  readonly need: number;
  readonly demands: readonly Demand[];
  readonly cab: CabStand;
  readonly approvals: readonly CountedApproval[];
}): readonly Missing[] {
  const people = new Set(of.approvals.map(({ person }) => person));
  const missing: Missing[] = [];
  if (people.size < of.need) {
    missing.push({ what: "approvals", have: people.size, need: of.need });
  }
  for (const { label, least, members } of of.demands) {
    const have = metBy(members, of.approvals);
    if (have >= least) continue;
    const candidates = members.filter((member) => !people.has(member));
    missing.push({ what: "demand", label, have, least, candidates });
  }
  if (of.cab === "open") missing.push({ what: "cab" });
  return missing;
}

/** How many people meet a demand; the view `approved_change` counts by the same rule. */
function metBy(members: readonly SubjectId[], approvals: readonly CountedApproval[]): number {
  const meets = ({ person, standsFor }: CountedApproval): boolean =>
    [person, ...standsFor].some((one) => members.includes(one));
  return new Set(approvals.filter(meets).map(({ person }) => person)).size;
}

export function missingToText(missing: Missing, nameOf: (subject: SubjectId) => string): string {
  switch (missing.what) {
    case "approvals": {
      const left = missing.need - missing.have;
      return `${counted(left, "more approval")} of ${missing.need}`;
    }
    case "demand": {
      const who = labelText(missing.label);
      const names = missing.candidates.map(nameOf).filter((name) => name !== "");
      return names.length === 0
        ? `an approval of ${who}, of whom nobody is there who did not ask for it`
        : `an approval of ${who}: ${names.join(", ")}`;
    }
    case "cab":
      return "the decision of the advisory board";
  }
}

export function labelText(label: string): string {
  return label === SERVICE_OWNER ? "an owner of its services" : `the group ${label}`;
}
