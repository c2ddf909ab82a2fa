import { type Digest, sha256 } from "../base/digest.ts";
import type { Labels, Selector } from "../base/labels.ts";
import { selects } from "../base/labels.ts";
import { parseYaml } from "../base/yaml-text.ts";
import type { FailureTest } from "./failure-test.ts";
import type { PolicyKind } from "./policy-kind.ts";
import type { BudgetRule, Rate } from "./rings-budgets.ts";
import type { Amount } from "./rings-fields.ts";
import type { Gate, RevertBudget, Stabilisation } from "./rings-gates.ts";
import type { HookRule } from "./rings-hooks.ts";
import type { OneWay } from "./rings-one-way.ts";
import type { OrderPolicy } from "./rings-order.ts";
import type { ProcedureRule } from "./rings-procedures.ts";
import type { RebootRule } from "./rings-reboots.ts";
import type { RotationRule } from "./rings-rotations.ts";
import { ringsSchema } from "./rings-schema.ts";
import type { SourceRules } from "./rings-sources.ts";
import type { TierRule } from "./rings-tiers.ts";
import type { RingWaves } from "./rings-waves.ts";

/**
 * The rings policy: in which order a change reaches hosts, how many at once, when it must stop and
 * who must agree. A file that people keep in Git; Fettle keeps every version it ever used under the
 * SHA-256 of its exact bytes, and each plan names that digest, so an approval covers the rules too.
 *
 * Invariants: an unknown field or a threshold that cannot be read is an error with its line, never a
 * default; a host is in the first ring that selects it and in no other; nothing here is ever weaker
 * than what the signed statement says, because the checker compares them.
 */

/** Opens daily on these days (0 is Sunday) at `from`; it ends the next day when `to` ≤ `from`. */
export interface DailyWindow {
  readonly days: readonly number[];
  readonly fromMinute: number;
  readonly toMinute: number;
}

export interface RingPolicy {
  readonly name: string;
  readonly hosts: Selector;
  readonly batch: { readonly size: Amount; readonly inFlightMax: number };
  readonly soakMs: number;
  /** Share (0–1) of the ring's hosts that must end verified before the next ring opens. */
  readonly successRateMin: number;
  /** Failures that may happen before the rollout halts itself; the sooner of this and the test. */
  readonly failedMax: Amount;
  readonly failures: FailureTest | null;
  /** `null` is always. */
  readonly opens: readonly DailyWindow[] | null;
  /** How long the ring's wave may last at most; `null`: until the approval's validity ends. */
  readonly lastsMs: number | null;
  readonly onFailure: { readonly rollback: "host" | "wave" | "none" };
  /** Approvals needed when a plan touches this ring. */
  readonly need: number;
  readonly waves: RingWaves;
  /** What must hold beside all that before the next ring opens. */
  readonly gates: readonly Gate[];
  /** Signatures of approvers before a wave of the ring opens, which its hosts may demand too. */
  readonly openSignatures: number;
  /** How fast hosts of a wave may start; null: as fast as the batch allows. */
  readonly rate: Rate | null;
  /** How long before a wave opens its files may come to the hosts; null: only with the job. */
  readonly stageMs: number | null;
}

export type ChangeClass = "normal" | "emergency";

export interface ClassPolicy {
  readonly need: number;
  readonly validityMs: number;
  /** Share (0–1) of each ring's soak that this class keeps. */
  readonly soakShare: number;
}

/** Which hosts run a probe: labels and a running service must both hold where given. */
export interface ProbeRule {
  readonly probe: string;
  readonly when: Selector;
  readonly service: string | null;
}

export interface RingsPolicy {
  readonly name: string;
  /** SHA-256 of the file's exact text. */
  readonly digest: Digest;
  readonly text: string;
  readonly inventoryAgeMaxMs: number;
  readonly irreversible: "no" | "acknowledged";
  readonly attempts: number;
  /** Seconds of a lease, or `online`. */
  readonly permit:
    | { readonly kind: "online" }
    | { readonly kind: "lease"; readonly seconds: number };
  readonly revert: { readonly kind: "order"; readonly seconds: number } | { readonly kind: "self" };
  /** A class that is not named here is impossible under this policy. */
  readonly classes: Readonly<Partial<Record<ChangeClass, ClassPolicy>>>;
  readonly rings: readonly RingPolicy[];
  readonly sources: SourceRules;
  readonly probes: readonly ProbeRule[];
  /** How hosts leave their traffic before they change, and come back to it. */
  readonly hooks: readonly HookRule[];
  /** Null: the rollout is over with its last wave. */
  readonly stabilisation: Stabilisation | null;
  /** Null: reverts share the budget of their wave and never ask a person. */
  readonly reverts: RevertBudget | null;
  /** Networks that checks of gates may reach; null: all but this machine's own and link-local ones. */
  readonly networks: readonly string[] | null;
  /** Packages whose update converts data, so that the old version is no way back. */
  readonly oneWay: readonly OneWay[];
  /** After which packages hosts boot again; none: nobody is rebooted. */
  readonly reboots: readonly RebootRule[];
  /** After which packages hosts make their keys anew; none: no host does. */
  readonly rotations: readonly RotationRule[];
  /** How many of those that stand for each other may be away at once; the first rule that fits. */
  readonly budgets: readonly BudgetRule[];
  readonly order: OrderPolicy;
  /** What hosts of a tier ask for; none: nothing more than their ring. */
  readonly tiers: readonly TierRule[];
  /** Which procedure takes which hosts back, where a tier asks for one; the first rule that fits. */
  readonly procedures: readonly ProcedureRule[];
}

/** Reads a policy; throws `invalid` with each fault, its line and what is allowed there. */
export function parseRings(text: string, file = "rings.yaml"): RingsPolicy {
  const { format: _format, ...policy } = parseYaml(ringsSchema, text, file);
  return { ...policy, digest: sha256(text), text };
}

/** The ring of a host: the first that selects its labels, else `null`. */
export function ringOf(policy: RingsPolicy, labels: Labels): RingPolicy | null {
  return policy.rings.find((ring) => selects(ring.hosts, labels)) ?? null;
}

/**
 * How many hosts an amount means. A share is rounded down, so a budget is never larger than what was
 * written; `atLeast` is for batches, where less than one host would never move.
 */
export function amountOf(amount: Amount, hosts: number, atLeast: 0 | 1): number {
  const count = amount.kind === "count" ? amount.count : Math.floor((hosts * amount.percent) / 100);
  return Math.min(hosts, Math.max(atLeast, count));
}

/** Approvals a plan needs: what its class demands, or the strictest ring it touches. */
export function approvalsNeeded(
  policy: RingsPolicy,
  plan: { readonly class: ChangeClass; readonly rings: readonly string[] },
): number {
  const rings = policy.rings.filter((ring) => plan.rings.includes(ring.name));
  return Math.max(1, policy.classes[plan.class]?.need ?? 1, ...rings.map((ring) => ring.need));
}

export const ringsKind: PolicyKind = {
  kind: "rings",
  name: "rings.yaml",
  decides: "In which order and how fast a change reaches hosts, when it stops, and who must agree.",
  parse: parseRings,
  isApplied: false,
};
