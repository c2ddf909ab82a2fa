import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import { signOffRoles } from "./owners.ts";
import type { PolicyKind } from "./policy-kind.ts";
import { rate } from "./rings-fields.ts";
import { tiers } from "./rings-tiers.ts";

/**
 * The change policy: what makes a change risky, who approves it then, who sits on the advisory board,
 * and what an emergency owes afterwards. It asks for more than the rings policy does, never for less.
 *
 * Fails closed: a demand on a group that has nobody, or on a board that is not there, is refused when
 * the file is read, because a change under it could never be approved.
 */
export const riskLevels = ["low", "medium", "high"] as const;
export type RiskLevel = (typeof riskLevels)[number];

/** Stands for the owners of the services on the hosts of a change. */
export const SERVICE_OWNER = "service-owner";

export const weekdays = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
] as const;

const APPROVERS_MAX = 8;
const GROUPS_MAX = 50;
const PEOPLE_MAX = 100;
const POINTS_MAX = 100;
const TEMPLATE_DAYS_MAX = 366;

const handle = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "write the handle of a person, such as alice");
const groupName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "write a name in small letters, such as security");
const points = z.int().min(0).max(POINTS_MAX);
const people = z.array(handle).min(1).max(PEOPLE_MAX);

const demandFields = {
  approvers: z.int().min(1).max(APPROVERS_MAX),
  from: z.array(groupName).max(GROUPS_MAX).default([]),
};
const demand = strictFields({ ...demandFields, cab: z.boolean().default(false) });

const risk = strictFields({
  tier: strictFields({ "0": points, "1": points, "2": points, "3": points, unknown: points }),
  exposure: strictFields({ exposed: points, unknown: points }),
  reboot: points,
  noWayBack: points,
  hosts: z.array(strictFields({ from: z.int().min(1), points })).max(10),
  pastFailures: strictFields({ points, days: z.int().min(1).max(730) }),
  medium: z.int().min(1).max(1000),
  high: z.int().min(1).max(1000),
}).refine(({ medium, high }) => medium < high, {
  message: "high must be more points than medium",
  path: ["high"],
});

const zone = z.string().refine(isZone, "write a zone of the IANA database such as Europe/Berlin");

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const workingDays = strictFields({
  zone,
  days: z.array(z.enum(weekdays)).min(1).max(weekdays.length),
  holidays: z.array(z.iso.date('write a day such as "2026-12-25"')).max(500).default([]),
});

const cab = strictFields({
  members: people,
  chair: handle,
  quorum: z.int().min(1).max(PEOPLE_MAX),
  /** Name of an entry of the calendar's `cab`. */
  meeting: z.string().min(1).max(120),
  veto: z.boolean().default(true),
})
  .refine(({ members, chair }) => members.includes(chair), {
    message: "the chair must be one of the members",
    path: ["chair"],
  })
  .refine(({ members, quorum }) => quorum <= members.length, {
    message: "the quorum cannot be larger than the board",
    path: ["quorum"],
  });

const WAVE = /^wave ([1-9][0-9]?)$/;

/** To which changes something applies; without conditions to every one. */
const conditions = strictFields({
  risk: z.array(z.enum(riskLevels)).min(1).optional(),
  /** Of the most critical host; one that does not say counts as 0. */
  tier: z
    .array(z.literal([...tiers]))
    .min(1)
    .optional(),
  classes: z
    .array(z.enum(["normal", "emergency"]))
    .min(1)
    .optional(),
}).default({});
export type Conditions = z.output<typeof conditions>;

/** Sign-offs by people of the ownership map. */
const signOff = strictFields({
  when: conditions,
  before: z.union([
    z.literal("start"),
    z.string().regex(WAVE, 'write "start", or the first wave that waits, such as "wave 2"'),
  ]),
  by: z.array(z.enum(signOffRoles)).min(1).max(signOffRoles.length),
});

export type SignOffRule = z.output<typeof signOff>;

/** The states of a change's record in an ITSM system in which it may start; all else is asked too. */
const itsmRule = strictFields({
  when: conditions,
  system: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "write the name of a system: fettle itsm list"),
  states: z.array(z.string().trim().min(1).max(80)).min(1).max(20),
});
export type ItsmRule = z.output<typeof itsmRule>;

/** The first wave that waits. */
export function firstWaveOf({ before }: Pick<SignOffRule, "before">): number {
  return Number(WAVE.exec(before)?.[1] ?? 1);
}

const fileSchema = strictFields({
  kind: z.literal("change"),
  groups: z.record(groupName, people).default({}),
  risk,
  approval: strictFields({ low: demand, medium: demand, high: demand }),
  serviceOwnerMissing: z.enum(["waive", "block"]).default("waive"),
  emergency: strictFields({
    ...demandFields,
    approvers: z.int().min(2, "an emergency has two approvers at least").max(APPROVERS_MAX),
    retrospective: z.int().min(1).max(10).describe("working days"),
    review: z.int().min(1).max(20).describe("working days"),
  }),
  resume: z
    .enum(["approved", "operator"])
    .default("approved")
    .describe("who lets go on what is halted: an operator with an approver, or an operator alone"),
  cab: cab.optional(),
  signOffs: z.array(signOff).max(20).default([]),
  itsm: z.array(itsmRule).max(20).default([]),
  delegation: strictFields({ days: z.int().min(1).max(365) }),
  templates: strictFields({
    days: z.int().min(1).max(TEMPLATE_DAYS_MAX),
    failures: rate("the failure rate that ends a template"),
  }),
  workingDays,
}).superRefine((file, context) => {
  const levels = { ...file.approval, emergency: { ...file.emergency, cab: false } };
  for (const [level, asked] of Object.entries(levels)) {
    const path = level === "emergency" ? ["emergency"] : ["approval", level];
    for (const name of asked.from) {
      if (name === SERVICE_OWNER || Object.hasOwn(file.groups, name)) continue;
      const message = `there is no group ${name}; name its people under groups`;
      context.addIssue({ code: "custom", message, path: [...path, "from"] });
    }
    if (!asked.cab || file.cab !== undefined) continue;
    const message = "a board decides only where there is one; say who sits on it under cab";
    context.addIssue({ code: "custom", message, path: [...path, "cab"] });
  }
});

type Fields = z.output<typeof fileSchema>;

export interface ChangePolicy extends Omit<Fields, "kind"> {
  readonly file: string;
  readonly version: Digest;
}

export type Cab = NonNullable<ChangePolicy["cab"]>;
export type WorkingDays = ChangePolicy["workingDays"];
export type RiskWeights = ChangePolicy["risk"];

/** Throws `invalid` with every fault and its line. */
export function parseChangePolicy(text: string, file: string): ChangePolicy {
  const { kind: _, ...fields }: Fields = parseYaml(fileSchema, text, file);
  return { ...fields, file, version: sha256(text) };
}

export const changeKind: PolicyKind = {
  kind: "change",
  name: "change.yaml",
  decides: "How risky a change is, who approves it then, and what an emergency owes afterwards.",
  parse: parseChangePolicy,
  isApplied: true,
};

/** The published schema of the file, for editors. */
export function changeJsonSchema(): unknown {
  return z.toJSONSchema(fileSchema, { io: "input", target: "draft-2020-12" });
}
