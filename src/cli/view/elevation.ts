import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Shown = Json<paths["/api/v1/elevations/{elevation}"]["get"]>;

export function elevationTable(rows: readonly Shown[], now: Instant): string {
  if (rows.length === 0) return "No elevations.";
  return renderTable(rows, [
    { head: "elevation", cell: (one) => one.number },
    { head: "change", cell: (one) => one.change },
    { head: "who", cell: (one) => one.person },
    { head: "state", cell: (one) => stateText(one, now) },
    { head: "decided by", cell: (one) => one.decidedBy ?? "–" },
    { head: "reason", cell: (one) => one.reason },
  ]);
}

export function elevationText(one: Shown, now: Instant): string {
  const facts = renderFacts([
    ["elevation", `${one.number} over ${one.change}`],
    ["who", one.person],
    ["reason", one.reason],
    ["state", stateText(one, now)],
    ["asked", `${clockText(one.askedAt)}, for ${one.minutes} minutes`],
    [
      "decided by",
      one.decidedBy === null ? "nobody yet" : `${one.decidedBy}, ${clockText(one.decidedAt ?? "")}`,
    ],
    ["said", one.decidedWords],
    ["ended by", one.endedAt === null ? null : (one.endedBy ?? "itself")],
    ["because", one.endedWords],
  ]);
  const refused = one.actions
    .filter((action) => !action.allowed)
    .map((action) => `  ${action.verb}: not possible. ${safeText(action.reason)}`);
  if (refused.length === 0) return facts;
  return [facts, "", "What you cannot do here", ...refused].join("\n");
}

/** After somebody lent it. */
export function lentText(one: Shown, now: Instant): string {
  return `${one.person} may carry ${one.change} out: ${stateText(one, now)}. Take it away: fettle elevation revoke ${one.number} --reason …`;
}

function stateText(one: Shown, now: Instant): string {
  const { state, countsFrom, countsUntil, endCause } = one;
  if (state === "ended") return `ended (${endCause ?? ""})`;
  if (state !== "granted" || countsFrom === null || countsUntil === null) return state;
  if (Date.parse(countsUntil) <= now) return "over";
  if (Date.parse(countsFrom) > now) return `counts ${whenText(countsFrom, now)}`;
  return `counts until ${clockText(countsUntil)}`;
}
