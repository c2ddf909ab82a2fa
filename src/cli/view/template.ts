import type { Instant } from "../../base/instant.ts";
import type { components } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeLines } from "./table.ts";
import { whenText } from "./when.ts";

type Template = components["schemas"]["ChangeTemplate"];

export function templateTable(rows: readonly Template[], now: Instant): string {
  if (rows.length === 0) return "No templates yet. Propose one: fettle template propose FILE";
  return renderTable(rows, [
    { head: "template", cell: (one) => one.name },
    { head: "digest", cell: (one) => one.digest.slice(0, 12) },
    { head: "approved by", cell: (one) => one.approvedBy.join(", ") },
    { head: "failed", cell: (one) => `${one.failed} of ${one.ended}` },
    { head: "until", cell: (one) => whenText(one.expiresAt, now) },
    { head: "usable", cell: (one) => one.problem ?? "yes" },
  ]);
}

export function templateText(shown: Template): string {
  const facts = renderFacts([
    ["template", shown.name],
    ["digest", shown.digest],
    ["proposed by", shown.proposedBy],
    ["approved by", shown.approvedBy.join(", ") || "nobody yet"],
    ["until", shown.expiresAt],
    ["usable", shown.problem ?? "yes"],
  ]);
  return `${facts}\n\n${safeLines(shown.text.trimEnd())}`;
}
