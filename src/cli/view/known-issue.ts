import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Shown = Json<paths["/api/v1/known-issues/{issue}"]["get"]>;

export function knownIssueTable(rows: readonly Shown["issue"][], now: Instant): string {
  if (rows.length === 0) return "No known issues.";
  return renderTable(rows, [
    { head: "issue", cell: (k) => k.ref },
    { head: "title", cell: (k) => k.text.title },
    { head: "affects", cell: (k) => `${k.text.subject} ${k.text.affected}` },
    { head: "state", cell: (k) => k.label },
    { head: "audience", cell: (k) => k.text.audience },
    { head: "changed", cell: (k) => whenText(k.movedAt, now) },
  ]);
}

export function knownIssueText({ issue, revisions }: Shown): string {
  const { text } = issue;
  const facts = renderFacts([
    ["issue", `${issue.ref}  ${text.title}`],
    ["state", issue.label],
    ["affects", `${text.subject}: ${text.affected}`],
    ["audience", text.audience],
    ["vulnerabilities", text.vulnerabilities.join(", ") || null],
    ["case", text.patch],
    ["revision", `${text.revision} by ${text.writtenBy}, ${clockText(text.writtenAt)}`],
  ]);
  const earlier = revisions
    .filter((one) => one.revision !== text.revision)
    .map((one) => `  ${one.revision} by ${safeText(one.writtenBy)}, ${clockText(one.writtenAt)}`);
  const lines = text.workaround.split("\n").map((line) => `  ${safeText(line)}`);
  return [
    facts,
    "",
    "Workaround",
    ...lines,
    ...(earlier.length === 0 ? [] : ["", "Other revisions", ...earlier]),
  ].join("\n");
}
