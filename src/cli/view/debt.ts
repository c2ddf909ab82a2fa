import { counted } from "../../base/counted.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderTable, safeText } from "./table.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Debt = Json<paths["/api/v1/debt"]["get"]>;

export function debtText(debt: Debt): string {
  const curve = `${sparkline(debt.curve.map((day) => day.points))}  ${debt.curve[0]?.day} to ${debt.curve.at(-1)?.day}`;
  const groups = renderTable(debt.groups, [
    { head: debt.by, cell: (g) => g.label },
    { head: "points", cell: (g) => g.points, align: "right" },
    { head: "overdue", cell: (g) => g.split.overdue, align: "right" },
    { head: "put off", cell: (g) => g.split.deferred, align: "right" },
    { head: "excepted", cell: (g) => g.split.excepted, align: "right" },
    { head: "change", cell: (g) => signed(g.change), align: "right" },
  ]);
  const most = renderTable(debt.contributors.slice(0, SHOWN_MAX), [
    { head: "source", cell: (c) => c.source },
    { head: "points", cell: (c) => c.points, align: "right" },
    { head: "hosts", cell: (c) => c.hosts, align: "right" },
    { head: "services", cell: (c) => c.services.join(", ") || null, widthMax: 40 },
    { head: "what clears it", cell: (c) => c.clears },
  ]);
  const [known] = debt.contributors;
  return [
    safeText(debt.sentence),
    standingText(debt),
    curve,
    ...(debt.groups.length === 0 ? [] : ["", groups]),
    ...(known === undefined ? [] : ["", most]),
  ].join("\n");
}

function standingText({ standing, unknownHosts }: Debt): string {
  const parts = standing.map((one) => `${one.findings.toLocaleString("en")} ${one.label}`);
  const unknown =
    unknownHosts === 0 ? "" : `; of ${counted(unknownHosts, "host")} nothing is known`;
  return `Findings: ${parts.join(", ")}${unknown}`;
}

const SHOWN_MAX = 10;
const BARS = "▁▂▃▄▅▆▇█";

/** One sign a day; a day of which nothing is known is a dot, never the lowest bar. */
export function sparkline(points: readonly (number | null)[]): string {
  const most = Math.max(1, ...points.map((value) => value ?? 0));
  return points
    .map((value) => {
      if (value === null) return "·";
      return BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))] ?? "";
    })
    .join("");
}

function signed(change: number): string {
  return change > 0 ? `+${change}` : String(change);
}
