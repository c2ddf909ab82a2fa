import type { Instant } from "../../base/instant.ts";
import type { components } from "../../client/schema.d.ts";
import { renderTable } from "./table.ts";
import { whenText as agoText } from "./when.ts";

type System = components["schemas"]["ItsmSystem"];
type Link = components["schemas"]["ItsmLink"];

export function systemTable(rows: readonly System[], now: Instant): string {
  if (rows.length === 0) return "No ITSM system is set. Add one: fettle itsm add (docs/itsm.md).";
  const table = renderTable(rows, [
    { head: "name", cell: (one) => one.name },
    { head: "kind", cell: (one) => one.kind },
    { head: "address", cell: (one) => one.url },
    { head: "records", cell: (one) => String(one.records) },
    { head: "behind", cell: (one) => String(one.behind) },
    { head: "given up", cell: (one) => String(one.dead) },
    { head: "differ", cell: (one) => String(one.conflicts) },
  ]);
  const problems = rows.flatMap(({ name, problem, problemSince }) =>
    problem === null ? [] : [`${name}${since(problemSince, now)}: ${problem}`],
  );
  return [table, ...(problems.length === 0 ? [] : ["", ...problems])].join("\n");
}

export function linkTable(rows: readonly Link[], now: Instant): string {
  if (rows.length === 0) return "The change has no record in an ITSM system.";
  const table = renderTable(rows, [
    { head: "system", cell: (one) => one.system },
    { head: "record", cell: (one) => one.key ?? "none yet" },
    { head: "state", cell: (one) => one.state ?? "not read yet" },
    { head: "holds", cell: (one) => (one.holds ? "yes" : "no") },
    {
      head: "read",
      cell: (one) => (one.checkedAt === null ? "never" : agoText(one.checkedAt, now)),
    },
    { head: "told", cell: (one) => toldText(one) },
  ]);
  const said = rows.flatMap(({ system, conflict, problem, problemSince, url }) => [
    ...(url === null ? [] : [`${system}: ${url}`]),
    ...(conflict === null ? [] : [`${system} differs: ${conflict}`]),
    ...(problem === null ? [] : [`${system}${since(problemSince, now)}: ${problem}`]),
  ]);
  return [table, ...(said.length === 0 ? [] : ["", ...said])].join("\n");
}

function toldText({ deadAt, behind }: Link): string {
  if (deadAt !== null) return "given up";
  return behind ? "behind" : "all";
}

function since(at: string | null, now: Instant): string {
  return at === null ? "" : ` (since ${agoText(at, now)})`;
}
