import type { paths } from "../../client/schema.d.ts";
import { renderTable } from "./table.ts";

type Shown =
  paths["/api/v1/ssh-authority"]["get"]["responses"]["200"]["content"]["application/json"];

/** Lines are printed as they are: they go into a file. */
export function authorityText({ authorities, lines }: Shown): string {
  const table = renderTable(authorities, [
    { head: "authority", cell: (one) => one.generation, align: "right" },
    { head: "fingerprint", cell: (one) => one.fingerprint },
    { head: "signs", cell: (one) => (one.signs ? "yes" : "not now") },
    { head: "key", cell: (one) => one.keyLine },
  ]);
  if (lines === null) return `${table}\n\nThe lines for a host: fettle host authority HOST`;
  return [
    table,
    "",
    "For authorized_keys of the account that Fettle signs in as:",
    ...lines.server,
    "",
    "For authorized_keys of the account that elevated people may use; leave it out where nobody should:",
    ...lines.people,
  ].join("\n");
}
