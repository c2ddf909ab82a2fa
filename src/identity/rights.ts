import type { Grant } from "../base/actor.ts";
import { canonicalJson } from "../base/json.ts";
import { parseSelector, type Requirement, type Selector } from "../base/labels.ts";
import { type RoleName, roles } from "../base/permission.ts";

/**
 * What remains of live rights under a token's limits. For each pair the weaker role is kept if one
 * contains the other, and both label expressions must hold, so the result never exceeds either side.
 */
export function narrow(live: readonly Grant[], limits: readonly Grant[] | null): readonly Grant[] {
  if (limits === null) return live;
  return live.flatMap((held) =>
    limits.flatMap((limit) => {
      const role = weakerRole(held.role, limit.role);
      return role === null ? [] : [{ role, scope: bothScopes(held.scope, limit.scope) }];
    }),
  );
}

function weakerRole(a: RoleName, b: RoleName): RoleName | null {
  if (containsRole(a, b)) return b;
  return containsRole(b, a) ? a : null;
}

function containsRole(outer: RoleName, inner: RoleName): boolean {
  return roles[inner].every((permission) => roles[outer].includes(permission));
}

function bothScopes(a: Selector, b: Selector): Selector {
  const known = new Set(a.map(requirementKey));
  return [...a, ...b.filter((requirement) => !known.has(requirementKey(requirement)))];
}

function requirementKey(requirement: Requirement): string {
  return canonicalJson({ ...requirement });
}

/** Whether somebody who holds `held` may hand out `wanted`: a role and scope within one of theirs. */
export function covers(held: readonly Grant[], wanted: Grant): boolean {
  const wantedKeys = new Set(wanted.scope.map(requirementKey));
  return held.some(
    (grant) =>
      containsRole(grant.role, wanted.role) &&
      grant.scope.every((requirement) => wantedKeys.has(requirementKey(requirement))),
  );
}

export function parseGrant(text: { readonly role: RoleName; readonly scope: string }): Grant {
  return { role: text.role, scope: parseSelector(text.scope) };
}
