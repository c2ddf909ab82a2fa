import type { SubjectId } from "./ids.ts";
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
}

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
