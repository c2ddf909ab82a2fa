import { counted } from "../base/counted.ts";
import type { Digest } from "../base/digest.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Party } from "../policy/rings-procedures.ts";
import type { AskedProcedures } from "./model.ts";

/**
 * Whether everybody whom the policy asks has acknowledged how a plan is taken back, and who may.
 *
 * Invariants: an acknowledgement is of one text, by its digest, for one plan, so a new version or a new
 * plan has none; each party is another person; who asked for the plan is never the only one who speaks.
 */

/** A procedure of a plan as it is now; null where nobody has put it yet. */
export interface PlanProcedure {
  readonly name: string;
  readonly current: { readonly version: number; readonly digest: Digest } | null;
}

export interface Acknowledgement {
  readonly party: Party;
  readonly person: SubjectId;
  readonly handle: string;
  readonly digest: Digest;
  readonly reason: string;
  readonly at: Instant;
}

export interface ProcedureState {
  readonly asked: AskedProcedures;
  /** What somebody attached beside what the policy names. */
  readonly attached: readonly string[];
  readonly procedures: readonly PlanProcedure[];
  /** By people who may still sign in, newest last; of older texts too. */
  readonly given: readonly Acknowledgement[];
}

/** Names of all procedures of a plan: the policy's cannot be taken away by attaching others. */
export function procedureNames(asked: AskedProcedures, attached: readonly string[]): string[] {
  return [...new Set([...asked.names, ...attached])].sort();
}

export type MissingProcedure =
  | { readonly why: "none-attached"; readonly hosts: number }
  | { readonly why: "not-put"; readonly name: string }
  | { readonly why: "not-acknowledged"; readonly party: Party; readonly names: readonly string[] };

/** What keeps the plan from starting; empty where nothing does. */
export function missingProcedures(state: ProcedureState): readonly MissingProcedure[] {
  const { asked, attached, procedures, given } = state;
  if (asked.parties.length === 0) return [];
  const missing: MissingProcedure[] = [];
  if (asked.uncovered > 0 && attached.length === 0) {
    missing.push({ why: "none-attached", hosts: asked.uncovered });
  }
  for (const { name, current } of procedures) {
    if (current === null) missing.push({ why: "not-put", name });
  }
  for (const party of asked.parties) {
    const names = procedures.flatMap(({ name, current }) =>
      given.some((one) => one.party === party && one.digest === current?.digest) ? [] : [name],
    );
    const isSilent = procedures.length === 0 || names.length > 0;
    if (isSilent) missing.push({ why: "not-acknowledged", party, names });
  }
  return missing;
}

export function missingToText(missing: MissingProcedure): string {
  switch (missing.why) {
    case "none-attached":
      return `${counted(missing.hosts, "host")} of a tier that asks for a rollback procedure ${missing.hosts === 1 ? "has" : "have"} none: attach one with \`fettle plan procedure\`.`;
    case "not-put":
      return `The rollback procedure ${missing.name} is named, but nobody has put it: \`fettle procedure put ${missing.name} FILE\`.`;
    case "not-acknowledged":
      return missing.names.length === 0
        ? `Nobody has acknowledged for ${missing.party} how it is taken back.`
        : `Nobody has acknowledged the rollback procedure ${missing.names.join(", ")} for ${missing.party}.`;
  }
}

export type AcknowledgeRefusal =
  | "not-a-person"
  | "not-asked"
  | "nothing-there"
  | "expired"
  | "already-given"
  | "other-party"
  | "requester-alone"
  | "no-right";

/** Why a person may not acknowledge for a party now, in words for that person; null: they may. */
export function acknowledgeRefusal(facts: {
  readonly party: Party;
  readonly state: ProcedureState;
  readonly person: SubjectId;
  readonly isPerson: boolean;
  /** The person who asked for the plan. */
  readonly requester: SubjectId;
  /** Why the person does not speak for the party; null where they do. */
  readonly lacks: string | null;
  readonly now: Instant;
  readonly expiresAt: Instant;
}): { readonly why: AcknowledgeRefusal; readonly text: string } | null {
  const { party, state, person } = facts;
  const { parties } = state.asked;
  if (!facts.isPerson) {
    return {
      why: "not-a-person",
      text: "Only a person acknowledges. Sign in as yourself, not as a service.",
    };
  }
  if (!parties.includes(party)) {
    return { why: "not-asked", text: `The policy of this plan does not ask ${party}.` };
  }
  const digests = state.procedures.flatMap(({ current }) => current?.digest ?? []);
  if (digests.length === 0 || digests.length < state.procedures.length) {
    const text = "A rollback procedure is not there yet. Put and attach it first.";
    return { why: "nothing-there", text };
  }
  if (facts.now >= facts.expiresAt) {
    return { why: "expired", text: "The times of this plan are over. Make a new plan." };
  }
  const own = state.given.filter((one) => one.person === person && digests.includes(one.digest));
  const other = own.find((one) => one.party !== party);
  if (other !== undefined) {
    const text = `You have acknowledged this plan for ${other.party}, so somebody else has to for ${party}.`;
    return { why: "other-party", text };
  }
  if (digests.every((digest) => own.some((one) => one.digest === digest))) {
    return { why: "already-given", text: `You have acknowledged this for ${party} already.` };
  }
  if (person === facts.requester && parties.length === 1) {
    const text = `You asked for this plan, and ${party} is all that acknowledges it, so somebody else has to.`;
    return { why: "requester-alone", text };
  }
  return facts.lacks === null ? null : { why: "no-right", text: facts.lacks };
}

/** Why the person is no owner of what the plan touches; null where they are one. */
export function ownerRefusal(facts: {
  readonly owners: readonly string[];
  readonly handle: string;
  /** Where no owner is known, whoever may plan for all of the hosts speaks for what runs there. */
  readonly mayPlanAll: boolean;
}): string | null {
  const { owners } = facts;
  if (owners.includes(facts.handle)) return null;
  if (owners.length > 0) {
    const told = owners.slice(0, OWNERS_TOLD_MAX).join(", ");
    return `An owner of a service that the plan touches acknowledges for application: ${told}.`;
  }
  return facts.mayPlanAll
    ? null
    : "No owner of what the plan touches is known, so it needs the right plan.create over every host of the plan.";
}

const OWNERS_TOLD_MAX = 10;
