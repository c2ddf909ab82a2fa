import { type Action, actionOf } from "../base/action.ts";
import type { Actor } from "../base/actor.ts";
import { lacksUnscoped } from "../base/unscoped.ts";
import type { Subject } from "./model.ts";

/** What may be done with the list of users, and why not. */
export function userListActions(actor: Actor): Action[] {
  return [
    actionOf("add", "Add a person", lacksUnscoped(actor, "user.manage", "The list of users")),
  ];
}

/**
 * What may be done with one user. That the last administrator stays is checked when it is done, as
 * only then it is known who else is one.
 */
export function userActions(actor: Actor, user: Subject): Action[] {
  const refusal = lacksUnscoped(actor, "user.manage", "The list of users");
  const isDisabled = user.disabledAt !== null;
  return [
    actionOf("grant", "Grant a role", refusal),
    actionOf("invite", "Invite", refusal ?? whyNotInvited(user)),
    actionOf("disable", "Disable", refusal ?? (isDisabled ? "Disabled already." : null)),
    actionOf("enable", "Enable", refusal ?? (isDisabled ? null : "Enabled already.")),
  ];
}

function whyNotInvited(user: Subject): string | null {
  if (user.kind !== "person") return "A service has no password; its owner makes tokens for it.";
  return user.disabledAt === null ? null : "Disabled users cannot be invited.";
}
