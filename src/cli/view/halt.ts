import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderTable } from "./table.ts";
import { whenText } from "./when.ts";

type Halt =
  paths["/api/v1/halts"]["get"]["responses"][200]["content"]["application/json"]["items"][number];

export function haltTable(items: readonly Halt[], now: Instant): string {
  if (items.length === 0) {
    return "Nothing is halted beyond single rollouts: fettle rollout list shows those.";
  }
  return renderTable(items, [
    { head: "halted", cell: ({ scope }) => (scope === "all" ? "everything" : scope) },
    { head: "since", cell: ({ since }) => (since === null ? null : whenText(since, now)) },
    { head: "rollbacks", cell: ({ isFrozen }) => (isFrozen ? "none either" : "as ordered") },
    {
      head: "asked to lift it",
      cell: ({ asked }) => (asked === null ? null : `${asked.by}, ${whenText(asked.at, now)}`),
    },
    { head: "because", cell: ({ asked }) => asked?.words ?? null, widthMax: 60 },
  ]);
}
