import { Failure } from "../base/failure.ts";

const ROLES = ["viewer", "auditor", "operator", "approver", "publisher", "admin"] as const;
type Role = (typeof ROLES)[number];

/** `operator` or `operator:env=prod`, as everywhere on the command line. */
export function parseGrant(text: string): { role: Role; scope: string } {
  const [name = "", ...rest] = text.split(":");
  const role = ROLES.find((known) => known === name);
  if (role !== undefined) return { role, scope: rest.join(":") };
  throw new Failure(
    "invalid",
    `The role ${text} is not known. Roles are ${ROLES.join(", ")}; a scope follows a colon, as in operator:env=prod.`,
  );
}
