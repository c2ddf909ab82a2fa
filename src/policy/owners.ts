import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { DAY_MS, MINUTE_MS } from "../base/instant.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import { fitsAny } from "./cadence.ts";
import type { PolicyKind } from "./policy-kind.ts";
import type { ChangeClass } from "./rings.ts";
import { duration } from "./rings-fields.ts";

/**
 * The ownership map: who decides about a change, approves, carries it out and is told, by service and
 * class, who signs it off, and after how long others are told that it waits. It names people and teams;
 * rights and signatures are another matter.
 */
const changeClasses = ["normal", "emergency"] as const satisfies readonly ChangeClass[];
const NAMES_MAX = 50;
const names = z.array(z.string().trim().min(1).max(120)).max(NAMES_MAX).default([]);

/** Whose word a change may need before it goes on; `signOffs` in the change policy asks for them. */
export const signOffRoles = ["qa", "team", "application"] as const;
export type SignOffRole = (typeof signOffRoles)[number];

const step = strictFields({
  after: duration({ min: MINUTE_MS, max: 90 * DAY_MS }),
  to: z.array(z.string().trim().min(1).max(120)).min(1).max(NAMES_MAX),
});

const rule = strictFields({
  name: z.string().min(1).max(120),
  services: z.array(z.string().min(1).max(120)).min(1).max(100).optional(),
  classes: z
    .array(z.enum(changeClasses))
    .min(1)
    .default([...changeClasses]),
  decides: names,
  approves: names,
  executes: names,
  told: names,
  signs: strictFields({ qa: names, team: names, application: names }).default({
    ...{ qa: [], team: [], application: [] },
  }),
  escalate: z.array(step).max(10).default([]),
}).refine(
  ({ escalate }) => escalate.every(({ after }, at) => after > (escalate[at - 1]?.after ?? 0)),
  { message: "each step comes later than the one before it", path: ["escalate"] },
);

const fileSchema = strictFields({
  kind: z.literal("owners"),
  rules: z.array(rule).max(500),
});

export type OwnerRule = z.output<typeof rule>;

export interface OwnersPolicy {
  readonly file: string;
  readonly version: Digest;
  readonly rules: readonly OwnerRule[];
}

/** Throws `invalid` with every fault and its line. */
export function parseOwners(text: string, file: string): OwnersPolicy {
  const { rules } = parseYaml(fileSchema, text, file);
  return { file, version: sha256(text), rules };
}

/** The rule for a change; null where none fits. */
export function ownerRuleFor(
  policy: Pick<OwnersPolicy, "rules">,
  change: { readonly class: OwnerRule["classes"][number]; readonly services: readonly string[] },
): OwnerRule | null {
  const fits = ({ classes, services }: OwnerRule): boolean =>
    classes.includes(change.class) &&
    (services === undefined || change.services.some((name) => fitsAny(services, name)));
  return policy.rules.find(fits) ?? null;
}

export const ownersKind: PolicyKind = {
  kind: "owners",
  name: "owners.yaml",
  decides: "Who decides, approves, carries out and is told, and who is told when a change waits.",
  parse: parseOwners,
  isApplied: true,
};

/** The published schema of the file, for editors. */
export function ownersJsonSchema(): unknown {
  return z.toJSONSchema(fileSchema, { io: "input", target: "draft-2020-12" });
}
