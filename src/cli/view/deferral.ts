import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Deferral = Json<paths["/api/v1/deferrals/{deferral}"]["get"]>;

export function deferralTable(rows: readonly Deferral[], now: Instant): string {
  if (rows.length === 0) return "Nothing is put off.";
  return renderTable(rows, [
    { head: "deferral", cell: (d) => d.ref },
    { head: "case", cell: (d) => d.patch ?? "" },
    { head: "source", cell: (d) => d.source },
    { head: "state", cell: (d) => d.label },
    { head: "reason", cell: (d) => d.reasonLabel },
    { head: "until", cell: (d) => whenText(d.until, now) },
    { head: "points", cell: (d) => d.cost.points, align: "right" },
    { head: "owner", cell: (d) => d.owner },
  ]);
}

export function deferralText(deferral: Deferral, now: Instant): string {
  const facts = renderFacts([
    ["deferral", `${deferral.ref}  ${deferral.source} in ${deferral.ecosystem}`],
    ["state", deferral.label],
    ["case", deferral.patch],
    ["reason", `${deferral.reasonLabel}: ${deferral.reason}`],
    ["owner", deferral.owner],
    ["until", `${clockText(deferral.until)} (${whenText(deferral.until, now)})`],
    ["started", `${clockText(deferral.startedAt)} by ${deferral.startedBy}`],
    ["cancelled because", deferral.closedReason],
  ]);
  return [facts, "", ...deferral.cost.sentences].join("\n");
}
