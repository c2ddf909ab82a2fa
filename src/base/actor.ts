import type { ChangeId, SubjectId } from "./ids.ts";
import type { Selector } from "./labels.ts";
import { type Permission, type RoleName, roles } from "./permission.ts";

/** Who acts, resolved by the one gate. The ledger and all records name only `subject`. */
export interface Actor {
  readonly subject: SubjectId;
  /** For greeting the person; never written to the ledger. */
  readonly name: string;
  readonly kind: "person" | "system";
  readonly via: "session" | "token" | "system";
  readonly grants: readonly Grant[];
  /** Rights of the grants that this sign-in does not carry, as it took one factor only. */
  readonly withheld?: readonly Permission[];
  /** What another person agreed to, over one change each, as it is at this moment. */
  readonly elevations?: readonly Elevated[];
}

export interface Elevated {
  readonly id: string;
  readonly change: ChangeId;
}

/** All that an elevation lends, and only over the hosts of its change. */
export const elevatedPermissions: readonly Permission[] = [
  "rollout.read",
  "rollout.operate",
  "rollout.halt",
];

export interface Grant {
  readonly role: RoleName;
  readonly scope: Selector;
}

/** The loops of the server itself act as this subject. */
export const systemActor: Actor = {
  subject: "00000000-0000-7000-8000-000000000001" as SubjectId,
  name: "fettle",
  kind: "system",
  via: "system",
  grants: [{ role: "admin", scope: [] }],
};

/** The label expressions within which the actor holds the permission; empty means nowhere. */
export function scopesFor(actor: Actor, permission: Permission): readonly Selector[] {
  if (actor.withheld?.includes(permission) === true) return [];
  return actor.grants.filter((g) => roles[g.role].includes(permission)).map((g) => g.scope);
}

export function holdsAnywhere(actor: Actor, permission: Permission): boolean {
  return scopesFor(actor, permission).length > 0;
}

/** The elevation by which the actor has the permission over this change; null where there is none. */
export function elevationOver(
  actor: Actor,
  permission: Permission,
  change: ChangeId,
): Elevated | null {
  if (!mayBeElevated(actor, permission)) return null;
  return actor.elevations?.find((one) => one.change === change) ?? null;
}

/** Whether some elevation lends the permission; over what is for whoever looks at the change. */
export function isElevatedSomewhere(actor: Actor, permission: Permission): boolean {
  return mayBeElevated(actor, permission) && (actor.elevations?.length ?? 0) > 0;
}

/**
 * As `scopesFor`, for things that are all of one change: with an elevation over it, all of them. Never
 * for anything that is not.
 */
export function scopesOver(
  actor: Actor,
  permission: Permission,
  change: ChangeId,
): readonly Selector[] {
  const own = scopesFor(actor, permission);
  return elevationOver(actor, permission, change) === null ? own : [...own, []];
}

function mayBeElevated(actor: Actor, permission: Permission): boolean {
  return elevatedPermissions.includes(permission) && !actor.withheld?.includes(permission);
}
