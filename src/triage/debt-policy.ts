import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import type { Vulnerability } from "../intel/model.ts";
import type { PolicyKind } from "../policy/policy-kind.ts";

/** The debt policy: what open findings weigh, and how long something may be put off. */
const weight = z.number().min(0).max(10_000);

const label = z.string().regex(/^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/, "the name of a label");

export const debtFileSchema = strictFields({
  kind: z.literal("debt"),
  deferral: strictFields({ daysMax: z.number().int().min(1).max(365) }),
  weights: strictFields({
    ransomware: weight,
    knownExploited: weight,
    active: weight,
    proofOfConcept: weight,
    epss: weight,
    cvss: weight,
    exposed: z.number().min(1).max(100),
  }),
  groups: z.array(label).min(1).max(8),
});

type Fields = z.output<typeof debtFileSchema>;

export interface DebtPolicy extends Omit<Fields, "kind"> {
  readonly file: string;
  readonly version: Digest;
}

/** Throws `invalid` with every fault and its line. */
export function parseDebt(text: string, file: string): DebtPolicy {
  const { kind: _, ...fields }: Fields = parseYaml(debtFileSchema, text, file);
  return { ...fields, file, version: sha256(text) };
}

export const debtKind: PolicyKind = {
  kind: "debt",
  name: "debt.yaml",
  decides: "What open findings weigh, and how long an update may be put off.",
  parse: parseDebt,
  isApplied: true,
};

export type RiskFacts = Pick<Vulnerability, "kev" | "epss" | "ssvc" | "cvss">;

/** Points of one vulnerability on one host that is not exposed, for one day. */
export function pointsOf(policy: Pick<DebtPolicy, "weights">, facts: RiskFacts | null): number {
  const { weights } = policy;
  if (facts === null) return weights.cvss;
  const listed = facts.kev?.isRansomware === true ? weights.ransomware : weights.knownExploited;
  const kev = facts.kev === null ? 0 : listed;
  const exploitation = facts.ssvc?.exploitation ?? "none";
  const ssvc = { none: 0, poc: weights.proofOfConcept, active: weights.active }[exploitation];
  const cvss = Math.max(1, ...facts.cvss.map((score) => score.score));
  return kev + ssvc + weights.epss * (facts.epss?.score ?? 0) + weights.cvss * cvss;
}
