import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeLines, safeText } from "./table.ts";
import { whenText } from "./when.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Row = Json<paths["/api/v1/procedures"]["get"]>["items"][number];
type Shown = Json<paths["/api/v1/procedures/{procedure}"]["get"]>;
type OfPlan = Json<paths["/api/v1/plans/{plan}/procedures"]["get"]>;

export function procedureTable(rows: readonly Row[], now: Instant): string {
  if (rows.length === 0) return "No procedures yet. Put one: fettle procedure put NAME FILE";
  return versionTable(rows, now);
}

function versionTable(rows: readonly Row[], now: Instant): string {
  return renderTable(rows, [
    { head: "procedure", cell: (one) => one.name },
    { head: "version", cell: (one) => one.version, align: "right" },
    { head: "digest", cell: (one) => one.digest.slice(0, 12) },
    { head: "by", cell: (one) => one.putBy },
    { head: "put", cell: (one) => whenText(one.putAt, now) },
  ]);
}

export function procedureText(shown: Shown, now: Instant): string {
  const head = renderFacts([
    ["procedure", shown.name],
    ["version", shown.version],
    ["digest", shown.digest],
  ]);
  return [head, "", safeLines(shown.text.trimEnd()), "", versionTable(shown.versions, now)].join(
    "\n",
  );
}

export function planProceduresText(shown: OfPlan, now: Instant): string {
  if (shown.parties.length === 0) {
    return "The policy of this plan asks nobody to acknowledge a rollback procedure.";
  }
  const facts = renderFacts([
    ["asked", shown.parties.join(", ")],
    ["procedures", shown.procedures.map(procedureName).join(", ") || "none"],
  ]);
  const given = renderTable(shown.acknowledged, [
    { head: "for", cell: (one) => one.as },
    { head: "by", cell: (one) => one.by },
    { head: "text", cell: (one) => nameOf(shown, one.digest) },
    { head: "when", cell: (one) => whenText(one.at, now) },
    { head: "reason", cell: (one) => one.reason },
  ]);
  const missing = shown.missing.map((text) => `missing: ${safeText(text)}`);
  return [
    facts,
    ...(shown.acknowledged.length === 0 ? [] : ["", given]),
    "",
    ...(missing.length === 0 ? ["All is acknowledged."] : missing),
  ].join("\n");
}

function procedureName({ name, current }: OfPlan["procedures"][number]): string {
  return current === null ? `${name} (not put yet)` : `${name} version ${current.version}`;
}

/** An older text has no name any more that would be true of the plan. */
function nameOf({ procedures }: OfPlan, digest: string): string {
  const found = procedures.find(({ current }) => current?.digest === digest);
  return found === undefined ? `older text ${digest.slice(0, 12)}` : procedureName(found);
}
