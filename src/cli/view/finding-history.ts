import type { paths } from "../../client/schema.d.ts";
import { sparkline } from "./debt.ts";
import { renderTable, safeText } from "./table.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type History = Json<paths["/api/v1/exposure-intervals"]["get"]>;
type Trend = Json<paths["/api/v1/findings/trend"]["get"]>;
type Ages = Json<paths["/api/v1/exposure-ages"]["get"]>;

export function historyText(of: Pick<History, "items" | "sentence">): string {
  const rows = of.items.flatMap((item) =>
    item.intervals.map((interval) => ({ ...item, ...interval })),
  );
  const table = renderTable(rows, [
    { head: "host", cell: (row) => row.host.name },
    { head: "vulnerability", cell: (row) => row.vulnerability },
    { head: "from", cell: (row) => clock(row.from) },
    { head: "to", cell: (row) => (row.to === null ? "" : clock(row.to)) },
    { head: "days", cell: (row) => row.days, align: "right" },
    { head: "why it ended", cell: (row) => row.label },
  ]);
  return rows.length === 0 ? safeText(of.sentence) : `${safeText(of.sentence)}\n\n${table}`;
}

function clock(text: string): string {
  return text.slice(0, 16).replace("T", " ");
}

/** Days on which something moved; the curve above tells the others. */
const DAYS_SHOWN_MAX = 14;

export function trendText(trend: Trend): string {
  const { days } = trend;
  const lines = [
    ["vulnerabilities", days.map((day) => day.findings)],
    ["known exploited", days.map((day) => day.exploited)],
    ["exposed hosts", days.map((day) => day.hosts)],
    ["overdue", days.map((day) => day.overdue)],
  ] as const;
  const curves = lines.map(([name, values]) => `${name.padEnd(16)}${sparkline(values)}`);
  const table = renderTable(days.slice(-DAYS_SHOWN_MAX), [
    { head: "day", cell: (day) => day.day },
    { head: "open", cell: (day) => day.findings ?? "·", align: "right" },
    { head: "new", cell: (day) => day.opened ?? "·", align: "right" },
    { head: "closed", cell: (day) => day.closed ?? "·", align: "right" },
    { head: "exploited", cell: (day) => day.exploited ?? "·", align: "right" },
    { head: "sources", cell: (day) => day.sources ?? "·", align: "right" },
    { head: "hosts", cell: (day) => day.hosts ?? "·", align: "right" },
    { head: "overdue", cell: (day) => day.overdue ?? "·", align: "right" },
  ]);
  const span = `${days[0]?.day} to ${days.at(-1)?.day}`;
  return [
    safeText(trend.sentence),
    safeText(trend.counts),
    "",
    ...curves,
    `${" ".repeat(16)}${span}`,
    "",
    table,
  ].join("\n");
}

export function agesText(ages: Ages): string {
  const row = (label: string, of: Ages["all"]) => ({ label, ...of });
  const rows = [
    row("all", ages.all),
    row("known exploited", ages.exploited),
    ...ages.severities.map((one) => row(one.label, one)),
    ...ages.groups.map((one) => row(`${ages.by}: ${one.label}`, one)),
  ];
  const table = renderTable(rows, [
    { head: "exposures", cell: (one) => one.label },
    { head: "mended", cell: (one) => one.mended.count, align: "right" },
    { head: "mean", cell: (one) => one.mended.meanDays ?? "", align: "right" },
    { head: "median", cell: (one) => one.mended.medianDays ?? "", align: "right" },
    { head: "p90", cell: (one) => one.mended.p90Days ?? "", align: "right" },
    { head: "open", cell: (one) => one.open.count, align: "right" },
    { head: "median age", cell: (one) => one.open.medianDays ?? "", align: "right" },
    { head: "p90 age", cell: (one) => one.open.p90Days ?? "", align: "right" },
  ]);
  return `${safeText(ages.sentence)}\n\n${table}`;
}
