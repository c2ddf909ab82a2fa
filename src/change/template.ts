import { z } from "zod";
import { counted } from "../base/counted.ts";
import { type Digest, sha256 } from "../base/digest.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import { fitsAny } from "../policy/cadence.ts";
import { type RiskLevel, riskLevels } from "../policy/change-control.ts";

/**
 * Templates of standard changes (ITIL 4: low risk, well understood, authorised beforehand). A template says
 * which plans it is for; two people who did not propose it approve its exact text. A change made from it
 * needs nobody whom `change.yaml` would ask for. What rings and hosts demand it needs as every other: a
 * template is no signature, and no host would take it for one.
 */
const verbs = ["upgrade", "downgrade", "install", "remove"] as const;
const HOSTS_MAX = 1_000_000;

const fileSchema = strictFields({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "write a name in small letters, such as tzdata-updates"),
  why: z.string().trim().min(1).max(2000),
  /** Source packages; `*` stands for any run of letters. */
  packages: z.array(z.string().min(1).max(120)).min(1).max(100),
  verbs: z.array(z.enum(verbs)).min(1).default(["upgrade"]),
  /** Left out: any ring. */
  rings: z.array(z.string().min(1).max(120)).min(1).max(50).optional(),
  hostsMax: z.int().min(1).max(HOSTS_MAX),
  /** The riskiest level that a change from it may have by its points. */
  riskMax: z.enum(["low", "medium"]).default("medium"),
  reboot: z.boolean().default(false),
  days: z.int().min(1).max(366).describe("how long it may be used, from its proposal on"),
});

export type TemplateText = z.output<typeof fileSchema>;

export function parseTemplate(text: string, file: string): TemplateText & { digest: Digest } {
  return { ...parseYaml(fileSchema, text, file), digest: sha256(text) };
}

export interface PlanFacts {
  readonly class: "normal" | "emergency";
  readonly source: string;
  readonly verbs: readonly string[];
  readonly rings: readonly string[];
  readonly hosts: number;
  readonly needsReboot: boolean;
  readonly irreversible: readonly string[];
  readonly level: RiskLevel;
}

/** Every way in which a plan is not what the template is for; none means that it fits. */
export function misfits(template: TemplateText, plan: PlanFacts): readonly string[] {
  const { packages, rings, hostsMax, riskMax } = template;
  const otherVerbs = plan.verbs.filter((verb) => !(template.verbs as string[]).includes(verb));
  const otherRings = rings === undefined ? [] : plan.rings.filter((ring) => !rings.includes(ring));
  const found = [
    plan.class === "normal" ? "" : "an emergency is never a standard change",
    fitsAny(packages, plan.source) ? "" : `it is not for the package ${plan.source}`,
    otherVerbs.length === 0 ? "" : `it does not allow to ${otherVerbs.join(" or ")} packages`,
    otherRings.length === 0 ? "" : `it is not for the ring ${otherRings.join(", ")}`,
    plan.hosts <= hostsMax ? "" : `it is for ${counted(hostsMax, "host")}, not ${plan.hosts}`,
    plan.needsReboot && !template.reboot ? "it does not allow a reboot" : "",
    plan.irreversible.length === 0 ? "" : "what has no way back is never a standard change",
    riskLevels.indexOf(plan.level) <= riskLevels.indexOf(riskMax)
      ? ""
      : `its risk is ${plan.level}, and the template is for ${riskMax} at most`,
  ];
  return found.filter((text) => text !== "");
}

export interface TemplateFacts {
  readonly expiresAt: Instant;
  readonly approvals: number;
  /** The newest of its ended changes, at most so many as the rule looks at. */
  readonly ended: number;
  readonly failed: number;
  /** Reviews of its changes that say that the goal was missed. */
  readonly missedReviews: number;
}

export const TEMPLATE_APPROVALS = 2;
/** Of its last changes, so that one failure among the first few ends it, and long success does not hide many. */
export const TEMPLATE_LOOK = 20;

/** Why it cannot be used now; null when it can. What it lost it never gets back: propose it anew. */
export function templateProblem(
  facts: TemplateFacts,
  of: { readonly now: Instant; readonly failuresMax: number },
): string | null {
  if (facts.approvals < TEMPLATE_APPROVALS) {
    return `it has ${facts.approvals} of ${TEMPLATE_APPROVALS} approvals`;
  }
  if (of.now >= facts.expiresAt) return `it ended on ${instantToText(facts.expiresAt)}`;
  if (facts.missedReviews > 0)
    return "a review of one of its changes says that the goal was missed";
  const share = facts.ended === 0 ? 0 : facts.failed / facts.ended;
  if (share <= of.failuresMax) return null;
  return `${facts.failed} of its last ${counted(facts.ended, "change")} failed or were backed out`;
}
