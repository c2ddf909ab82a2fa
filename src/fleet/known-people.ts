import { parsePublicKeyLine } from "../base/ssh-key.ts";
import type { Statement } from "../plan/statement.ts";
import type { Bundle, BundleApproval } from "./bundle.ts";
import { checkApprovals, no, type Refusal } from "./check-people.ts";
import type { HostPolicy } from "./host-policy.ts";

/**
 * What a host would say to the people who approved, where its policy is known here. A host refuses a
 * bundle for one signature that it does not know (host protocol §6.12), so it is sent only those it does:
 * a new approver must not undo what others signed.
 */
export interface GivenSignature {
  readonly handle: string;
  readonly keyClass: BundleApproval["class"];
  /** `<type> <base64>`. */
  readonly keyLine: string;
  readonly signature: string;
}

/** True where the policy names this key for this person and class, and nobody took it back. */
export function isKnownTo(policy: HostPolicy, given: GivenSignature): boolean {
  const base64 = parsePublicKeyLine(given.keyLine)?.base64;
  return (
    base64 !== undefined &&
    !policy.revoked.includes(base64) &&
    policy.approvers.some(
      (key) => key.base64 === base64 && key.person === given.handle && key.class === given.keyClass,
    )
  );
}

export interface SignedPlan {
  readonly text: string;
  readonly statement: Statement;
  readonly request: GivenSignature | null;
  readonly approvals: readonly GivenSignature[];
}

/** How a host of the ring with this policy judges who signed the plan; null: it takes the job. */
export function judgePeople(policy: HostPolicy, ring: string, plan: SignedPlan): Refusal | null {
  const { statement, text } = plan;
  const rule = policy.rings.find((one) => one.ring === ring && one.class === statement.class);
  if (rule === undefined) {
    return no("E_POLICY", `no line for ${statement.class} changes of the ring ${ring}`);
  }
  const known = plan.approvals.filter((approval) => isKnownTo(policy, approval));
  const bundle: Bundle = {
    ...{ order: "", orderSignature: "", leaf: "", body: "", nodes: [], gates: [], log: null },
    plan: text,
    request: plan.request === null ? null : bundled(plan.request),
    approvals: known.map(bundled),
  };
  return checkApprovals({ policy, rule, bundle, statement });
}

/** As it stands in a bundle. */
export function bundled({ handle, keyClass, signature }: GivenSignature): BundleApproval {
  return { person: handle, class: keyClass, signature };
}
