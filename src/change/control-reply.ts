import { z } from "zod";
import type { SubjectId } from "../base/ids.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { riskLevels } from "../policy/change-control.ts";
import { signOffRoles } from "../policy/owners.ts";
import { type Tally, type Vote, voteChoices } from "./board-vote.ts";
import { labelText } from "./demand.ts";
import { type ClosureCode, closureCodes, closureOf, type Duty, dutyKinds } from "./duty.ts";
import { nextStep } from "./escalation.ts";
import { type Assessment, assessmentSchema, type Change } from "./model.ts";
import { type GivenSignOff, roleText } from "./sign-off.ts";

/** How a change is controlled, as the API tells it. */
const time = z.iso.datetime({ offset: true });

export const followUpSchema = z.strictObject({
  what: z.string().trim().min(1).max(400),
  /** The handle of who does it. */
  owner: z.string().trim().min(1).max(64),
  due: z.iso.date(),
});

export const dutySchema = z.strictObject({
  kind: z.enum(dutyKinds),
  openedAt: time,
  dueAt: time,
  isOverdue: z.boolean(),
  doneAt: time.nullable(),
  doneBy: z.string().nullable(),
  outcome: z.string().nullable(),
});

export const controlSchema = z
  .strictObject({
    level: z.enum(riskLevels),
    /** Null where the change was asked for before risk was weighed. */
    points: z.number().nullable(),
    parts: z.array(assessmentSchema.shape.parts.element),
    waived: z.array(z.string()),
    /** A standard change: the template from which it was made. */
    template: z.strictObject({ name: z.string(), digest: z.string() }).nullable(),
    policy: z.strictObject({ file: z.string(), digest: z.string() }).nullable(),
    raised: z
      .strictObject({ to: z.enum(riskLevels), by: z.string(), reason: z.string(), at: time })
      .nullable(),
    /** Who has to approve beside how many. */
    demands: z.array(
      z.strictObject({
        label: z.string(),
        text: z.string(),
        least: z.number().int(),
        members: z.array(z.string()),
      }),
    ),
    /** Whose word it needs before which wave, and what they said. */
    signOffs: z.array(
      z.strictObject({
        role: z.enum(signOffRoles),
        of: z.string(),
        text: z.string(),
        before: z.number().int(),
        members: z.array(z.string()),
        given: z.strictObject({ by: z.string(), words: z.string(), at: time }).nullable(),
      }),
    ),
    /** Who holds this up, as sentences; empty when it waits for nobody. */
    heldUpBy: z.array(z.string()),
    /** By the ownership map; null where no rule of it fits. */
    ownership: z
      .strictObject({
        rule: z.string(),
        decides: z.array(z.string()),
        approves: z.array(z.string()),
        executes: z.array(z.string()),
        told: z.array(z.string()),
        escalated: z.array(z.strictObject({ to: z.array(z.string()), at: time })),
        next: z.strictObject({ to: z.array(z.string()), at: time }).nullable(),
      })
      .nullable(),
    board: z.strictObject({
      isAsked: z.boolean(),
      members: z.array(z.string()),
      votes: z.array(
        z.strictObject({
          member: z.string(),
          choice: z.enum(voteChoices),
          reason: z.string(),
          at: time,
        }),
      ),
      tally: z
        .strictObject({
          approve: z.number().int(),
          reject: z.number().int(),
          abstain: z.number().int(),
          quorum: z.number().int(),
          outcome: z.enum(["approved", "rejected"]).nullable(),
          because: z.string(),
        })
        .nullable(),
      decision: z
        .strictObject({
          outcome: z.enum(["approved", "rejected"]),
          isVeto: z.boolean(),
          because: z.string(),
          reason: z.string(),
          by: z.string(),
          at: time,
        })
        .nullable(),
    }),
    /** How it closed, what an emergency still owes, and what its review found. */
    afterwards: z.strictObject({
      closure: z.enum(closureCodes).nullable(),
      duties: z.array(dutySchema),
      review: z
        .strictObject({
          isGoalMet: z.boolean(),
          cause: z.string(),
          actions: z.array(followUpSchema),
          by: z.string(),
          at: time,
        })
        .nullable(),
    }),
  })
  .meta({ id: "ChangeControl" });

export type ControlReply = z.output<typeof controlSchema>;

/** What the reply is made of; `ShownControl` is such a thing. */
interface Shown {
  readonly demands: readonly {
    readonly label: string;
    readonly least: number;
    readonly members: readonly SubjectId[];
  }[];
  readonly signedOff: readonly (GivenSignOff & { readonly words: string; readonly at: number })[];
  readonly heldUpBy: readonly string[];
  readonly handles: ReadonlyMap<SubjectId, string>;
  readonly afterwards: {
    readonly duties: readonly (Duty & {
      readonly outcome: string | null;
      readonly doneBy: SubjectId | null;
    })[];
    readonly review: {
      readonly closure: ClosureCode;
      readonly isGoalMet: boolean;
      readonly cause: string;
      readonly actions: readonly { what: string; owner: string; due: string }[];
      readonly by: SubjectId;
      readonly at: number;
    } | null;
  };
  readonly now: Instant;
  readonly escalated: readonly { readonly to: readonly string[]; readonly dueAt: Instant }[];
  readonly board: {
    readonly board: { readonly members: readonly SubjectId[] } | null;
    readonly votes: readonly Vote[];
    readonly tally: Tally | null;
    readonly decision: {
      readonly outcome: "approved" | "rejected";
      readonly isVeto: boolean;
      readonly because: string;
      readonly reason: string;
      readonly by: SubjectId;
      readonly at: number;
    } | null;
  };
}

export function controlReply(change: Change, shown: Shown): ControlReply {
  const { assessment } = change;
  const nameOf = (subject: string): string => shown.handles.get(subject as SubjectId) ?? "";
  return {
    level: change.level,
    points: assessment?.points ?? null,
    parts: [...(assessment?.parts ?? [])],
    waived: [...(assessment?.waived ?? [])],
    template: assessment?.template ?? null,
    policy: assessment?.policy ?? null,
    raised: raisedReply(assessment, nameOf),
    demands: shown.demands.map(({ label, least, members }) => ({
      ...{ label, least, text: labelText(label) },
      members: members.map(nameOf),
    })),
    signOffs: signOffReplies(change, shown, nameOf),
    heldUpBy: [...shown.heldUpBy],
    ownership: ownershipReply(change, shown),
    board: boardReply(change, shown, nameOf),
    afterwards: afterwardsReply(change, shown, nameOf),
  };
}

export function dutyReply(
  duty: Shown["afterwards"]["duties"][number],
  of: { readonly now: Instant; readonly nameOf: (subject: string) => string },
): z.output<typeof dutySchema> {
  const { kind, openedAt, dueAt, doneAt, doneBy, outcome } = duty;
  return {
    ...{ kind, outcome, openedAt: instantToText(openedAt), dueAt: instantToText(dueAt) },
    isOverdue: doneAt === null && dueAt <= of.now,
    doneAt: doneAt === null ? null : instantToText(doneAt),
    doneBy: doneBy === null ? null : of.nameOf(doneBy),
  };
}

function afterwardsReply(
  change: Change,
  { afterwards: { duties, review }, now }: Shown,
  nameOf: (subject: string) => string,
): ControlReply["afterwards"] {
  return {
    closure: closureOf(change.state, review),
    duties: duties.map((duty) => dutyReply(duty, { now, nameOf })),
    review:
      review === null
        ? null
        : {
            ...{ isGoalMet: review.isGoalMet, cause: review.cause, by: nameOf(review.by) },
            actions: [...review.actions],
            at: instantToText(review.at),
          },
  };
}

function ownershipReply(change: Change, shown: Shown): ControlReply["ownership"] {
  const ownership = change.assessment?.ownership ?? null;
  if (ownership === null) return null;
  const { escalate, ...roles } = ownership;
  // A change that runs waits for sign-offs only.
  const isOpen = shown.heldUpBy.length > 0;
  const next = isOpen ? nextStep(escalate, { since: change.movedAt, now: shown.now }) : null;
  return {
    ...roles,
    escalated: shown.escalated.map(({ to, dueAt }) => ({ to: [...to], at: instantToText(dueAt) })),
    next: next === null ? null : { to: [...next.to], at: instantToText(next.dueAt) },
  };
}

function raisedReply(
  assessment: Assessment | null,
  nameOf: (subject: string) => string,
): ControlReply["raised"] {
  const raised = assessment?.raised ?? null;
  if (raised === null) return null;
  return { ...raised, by: nameOf(raised.by), at: instantToText(raised.at) };
}

function signOffReplies(
  { assessment }: Change,
  { signedOff }: Shown,
  nameOf: (subject: string) => string,
): ControlReply["signOffs"] {
  return (assessment?.signOffs ?? []).map(({ role, of, before, members }) => {
    const given = signedOff.find((one) => one.role === role && one.of === of);
    return {
      ...{ role, of, before, text: `${roleText(role)} of ${of}`, members: members.map(nameOf) },
      given:
        given === undefined
          ? null
          : { by: nameOf(given.person), words: given.words, at: instantToText(given.at) },
    };
  });
}

function boardReply(
  change: Change,
  { board }: Shown,
  nameOf: (subject: string) => string,
): ControlReply["board"] {
  const { decision, tally } = board;
  return {
    isAsked: change.needsBoard,
    members: change.needsBoard ? (board.board?.members ?? []).map(nameOf) : [],
    votes: board.votes.map(({ person, choice, reason, at }) => ({
      ...{ member: nameOf(person), choice, reason, at: instantToText(at) },
    })),
    tally: change.needsBoard && tally !== null ? { ...tally } : null,
    decision:
      decision === null
        ? null
        : { ...decision, by: nameOf(decision.by), at: instantToText(decision.at) },
  };
}
