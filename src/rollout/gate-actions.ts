import { type Action, actionOf } from "../base/action.ts";
import type { RoleName } from "../base/permission.ts";
import type { Gate } from "../policy/rings-gates.ts";
import type { RolloutState } from "./model.ts";

/**
 * Who may say something about a gate. A sign-off is for people with the role that the policy names;
 * any other gate is accepted or refused by approvers. Whoever asked for the change never signs a gate
 * of it, except that a manual gate only wants somebody to look.
 */
export interface Signer {
  readonly state: RolloutState;
  readonly mayOperate: boolean;
  readonly roles: readonly RoleName[];
  readonly isRequester: boolean;
}

/** Why this person may say nothing about the gate now; null when they may. */
export function refusalToSign(
  { rule }: Gate,
  { signer, isOpen }: { readonly signer: Signer; readonly isOpen: boolean },
): string | null {
  if (signer.state !== "running" && signer.state !== "halted") {
    return `The rollout is ${signer.state}.`;
  }
  if (!isOpen) return "Its turn has not come, or is over.";
  if (rule.kind === "manual") {
    return signer.mayOperate ? null : "Only people who may operate all of its hosts may say this.";
  }
  const role = rule.kind === "signOff" ? rule.role : "approver";
  if (signer.isRequester) {
    return "Who asked for the change does not sign its gates; somebody else has to.";
  }
  const holds = signer.roles.includes(role) || signer.roles.includes("admin");
  return holds ? null : `Only people with the role ${role} over all of its hosts may say this.`;
}

export function gateActionsOf(
  gate: Gate,
  of: { readonly signer: Signer; readonly isOpen: boolean },
): readonly Action[] {
  const refusal = refusalToSign(gate, of);
  return [actionOf("accept", "Accept", refusal), actionOf("refuse", "Refuse", refusal)];
}
