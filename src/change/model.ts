import { z } from "zod";
import type { ChangeId, Id, PatchId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { KeyClass } from "../identity/model.ts";
import { type RiskLevel, riskLevels } from "../policy/change-control.ts";
import { signOffRoles } from "../policy/owners.ts";
import type { ChangeClass } from "../policy/rings.ts";

/**
 * Changes: what people approve, and who did.
 *
 * A change asks for one plan at a time. An approval is the approver's own signature over the bytes
 * of that plan's statement, also where one approval is enough; the server cannot make one. A plan
 * that nobody asked for yet is the draft; an edit is a new plan, and approvals of the old one do not
 * name it, so they are void without anybody having to void them.
 *
 * Invariants: whoever answers for the request never approves it, whatever the role, token or service
 * it came through; a person counts once and a key counts once; there is no way into `running` but
 * through `approved`, and the rows that start work ask the view `approved_change` again. What was
 * signed, by whom and with which key is kept for ever.
 *
 * Never: an approval without a signature, an edit of a plan, an approval that outlives its waves.
 */
export const changeMoves = {
  requested: {
    /** One more approval, not yet enough. */
    sign: "requested",
    approve: "approved",
    edit: "requested",
    reject: "rejected",
    withdraw: "withdrawn",
    expire: "expired",
  },
  approved: {
    start: "running",
    edit: "requested",
    reject: "rejected",
    withdraw: "withdrawn",
    expire: "expired",
  },
  running: {
    complete: "completed",
    fail: "failed",
    backOut: "backed-out",
    withdraw: "withdrawn",
  },
  completed: {},
  failed: {},
  "backed-out": {},
  rejected: {},
  withdrawn: {},
  expired: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type ChangeState = keyof typeof changeMoves;

export const changeStates = Object.keys(changeMoves) as readonly ChangeState[];

export type ChangeVerb =
  | "sign"
  | "approve"
  | "edit"
  | "reject"
  | "withdraw"
  | "expire"
  | "start"
  | "complete"
  | "fail"
  | "backOut";

/** Where a verb leads from a state, or null when there is no such way. */
export function nextState(state: ChangeState, verb: ChangeVerb): ChangeState | null {
  const moves: Readonly<Record<string, ChangeState>> = changeMoves[state];
  return Object.hasOwn(moves, verb) ? (moves[verb] ?? null) : null;
}

/** The states that a verb leaves. */
export function statesBefore(verb: ChangeVerb): readonly ChangeState[] {
  return changeStates.filter((state) => nextState(state, verb) !== null);
}

export interface RiskFacts {
  readonly hosts: number;
  readonly rings: readonly string[];
  readonly restarts: readonly string[];
  readonly needsReboot: boolean;
  readonly reversibility: "downgrade" | "none";
  readonly irreversible: readonly string[];
  readonly pipedHosts: number;
  /** The failure rate that the first wave can show at its size. */
  readonly firstWaveDetects: number;
}

/** How the risk was weighed, for good: later policies and events weigh nothing anew. */
export const assessmentSchema = z.object({
  points: z.number(),
  /** By the points alone. */
  level: z.enum(riskLevels),
  parts: z.array(
    z.object({
      what: z.enum(["criticality", "exposure", "reboot", "reversibility", "hosts", "past"]),
      points: z.number(),
      because: z.string(),
    }),
  ),
  /** What the policy asked for and nobody could give. */
  waived: z.array(z.string()),
  policy: z.object({ file: z.string(), digest: z.string() }),
  /** Who decides, approves, carries out and is told; null where no rule of the map fits. */
  ownership: z
    .object({
      rule: z.string(),
      decides: z.array(z.string()),
      approves: z.array(z.string()),
      executes: z.array(z.string()),
      told: z.array(z.string()),
      escalate: z.array(z.object({ after: z.number(), to: z.array(z.string()) })),
    })
    .nullable()
    .default(null),
  /** Who signs off before which wave, by role and rule of the ownership map. */
  signOffs: z
    .array(
      z.object({
        role: z.enum(signOffRoles),
        of: z.string(),
        before: z.number(),
        members: z.array(z.string()),
      }),
    )
    .default([]),
  /** States of its records in ITSM systems in which it may start. */
  itsm: z.array(z.object({ system: z.string(), states: z.array(z.string()) })).default([]),
  /** A standard change: the template from which it was made. */
  template: z.object({ name: z.string(), digest: z.string() }).nullable().default(null),
  /** Somebody called it riskier than the points do. */
  raised: z.nullable(
    z.object({
      to: z.enum(riskLevels),
      by: z.string(),
      reason: z.string(),
      at: z.number(),
    }),
  ),
});
export type Assessment = Readonly<z.output<typeof assessmentSchema>>;

export interface Change {
  readonly id: ChangeId;
  /** Shown as `C-<number>`; in the statement as `c-<number>`. */
  readonly number: number;
  readonly patch: PatchId;
  readonly plan: PlanDigest;
  readonly class: ChangeClass;
  readonly state: ChangeState;
  readonly title: string;
  readonly reason: string;
  readonly backout: string;
  readonly risk: RiskFacts;
  readonly need: number;
  /** As it counts: by the points, or as somebody raised it. */
  readonly level: RiskLevel;
  /** Null for changes that were asked for before risk was weighed. */
  readonly assessment: Assessment | null;
  /** The advisory board decides too. */
  readonly needsBoard: boolean;
  readonly requestedBy: SubjectId;
  /** The person who answers for it: the requester, or the owner of the service that asked. */
  readonly requesterPerson: SubjectId;
  readonly requestedAt: Instant;
  readonly expiresAt: Instant;
  readonly movedAt: Instant;
  readonly closedReason: string | null;
}

export type ApprovalId = Id<"approval">;

/** The requester's own signature over the statement that the change asks for. */
export interface RequestSignature {
  readonly change: ChangeId;
  readonly plan: PlanDigest;
  readonly person: SubjectId;
  /** As it stands in host policies and bundles. */
  readonly handle: string;
  readonly keyClass: KeyClass;
  /** `<type> <base64>`. */
  readonly keyLine: string;
  /** Armoured SSHSIG, the bytes as they came. */
  readonly signature: string;
  readonly at: Instant;
}

/** The same form over the same bytes, in a namespace of its own. */
export interface Approval extends RequestSignature {
  readonly id: ApprovalId;
  /** Whom the person stood in for. */
  readonly standsFor: readonly SubjectId[];
}
