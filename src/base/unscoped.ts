import type { Actor } from "./actor.ts";
import { Failure } from "./failure.ts";
import { type Permission, roles } from "./permission.ts";

/** Some things are not divided by labels: the audit log, users. They need a grant without limits. */
export function demandUnscoped(actor: Actor, permission: Permission, what: string): void {
  const refusal = lacksUnscoped(actor, permission, what);
  if (refusal !== null) throw new Failure("forbidden", refusal);
}

/** Why this actor may not, in words; null when they may. */
export function lacksUnscoped(actor: Actor, permission: Permission, what: string): string | null {
  const isWhole = actor.grants.some(
    (grant) => grant.scope.length === 0 && roles[grant.role].includes(permission),
  );
  if (isWhole) return null;
  return `${what} is not divided by labels; it needs the right ${permission} without a label limit. Ask an administrator.`;
}
