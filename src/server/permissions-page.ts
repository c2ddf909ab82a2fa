import {
  type Permission,
  permissions,
  type RoleName,
  roleNames,
  roles,
} from "../base/permission.ts";
import { permissionWords } from "../base/permission-words.ts";
import type { ServedRoute } from "../ledger/served-route.ts";
import { divisionOf } from "./division.ts";

/** `docs/permissions.md`, from the routes and the roles, so that what people read is what is checked. */
export function permissionsPage(routes: readonly ServedRoute[]): string {
  return `${[
    "# Who may do what",
    "",
    "Made from the routes by `npm run generate`; do not edit. Every cell is asserted against a running",
    "server by `src/server/permissions.real.test.ts`.",
    "",
    "A grant gives a person or a service one role within one label expression; without an expression it",
    "reaches everything. A token holds what its owner holds at this moment, narrowed by its own limits.",
    "Whatever nobody but others may see answers as what does not exist: 404, with the same words.",
    "",
    "## Rights and roles",
    "",
    `| right | what it allows | divided by | ${roleNames.join(" | ")} |`,
    `| --- | --- | --- |${" :-: |".repeat(roleNames.length)}`,
    ...permissions.map(rightRow),
    "",
    "`hosts`: by the labels of hosts; findings, plans, changes and rollouts are seen by whoever may see one",
    "of their hosts, and acted on by whoever reaches all of them (a halt: one of them). `services`: by the",
    "labels of services. `cases`: seen by whoever has a host that the case is about. `own`: what belongs to",
    "whoever asks. `shared`: the same for all who hold the right. `whole`: needs the right without a label",
    "limit.",
    "",
    "## Routes",
    "",
    "| route | right | divided by |",
    "| --- | --- | --- |",
    ...routes.map(routeRow),
  ].join("\n")}\n`;
}

function rightRow(permission: Permission): string {
  const { division } = divisionOf({ method: "", path: "", permission });
  const holds = (role: RoleName): string => (roles[role].includes(permission) ? "✓" : "");
  const marks = roleNames.map(holds).join(" | ");
  return `| ${permission} | ${permissionWords[permission]} | ${division} | ${marks} |`;
}

function routeRow(route: ServedRoute): string {
  const { permission } = route;
  const { division, why } = divisionOf(route);
  const right = typeof permission === "object" ? "–" : permission;
  const told = why === null ? division : `${division}: ${why}`;
  return `| ${route.method} ${route.path} | ${right} | ${told} |`;
}
