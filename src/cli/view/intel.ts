import { counted } from "../../base/counted.ts";
import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { whenText } from "./when.ts";

type Reply<P extends keyof paths, M extends "get" | "post"> = paths[P][M] extends {
  responses: { 200: { content: { "application/json": infer R } } };
}
  ? R
  : never;
type Feed = Reply<"/api/v1/feeds", "get">["items"][number];
export type Loaded = Reply<"/api/v1/feeds/load", "post">["items"][number];
type Findings = Reply<"/api/v1/findings", "get">;
type Finding = Reply<"/api/v1/findings/{vulnerability}", "get">;

export function feedTable(feeds: readonly Feed[], now: Instant): string {
  const table = renderTable(feeds, [
    { head: "feed", cell: (f) => f.name },
    { head: "state", cell: (f) => f.state },
    { head: "as of", cell: (f) => (f.asOf === null ? "unknown" : f.asOf.slice(0, 10)) },
    { head: "loaded", cell: (f) => whenText(f.loadedAt, now) },
    { head: "from", cell: (f) => f.origin },
    { head: "entries", cell: (f) => f.entryCount.toLocaleString("en"), align: "right" },
    { head: "bad records", cell: (f) => f.problemCount, align: "right" },
    {
      head: "why",
      cell: (f) => f.failure ?? (f.state === "fresh" ? f.label : f.why),
      widthMax: 80,
    },
  ]);
  const labels = feeds
    .filter((f) => f.label !== "")
    .map((f) => `${safeText(f.name)}: ${safeText(f.label)}`);
  return [table, ...labels].join("\n");
}

export function loadTable(outcomes: readonly Loaded[]): string {
  return outcomes
    .map((o) => {
      const counts =
        o.entryCount === undefined
          ? ""
          : ` (${o.entryCount} entries, ${o.addedCount ?? 0} new, ${o.endedCount ?? 0} ended)`;
      const problems = (o.problems ?? [])
        .slice(0, 5)
        .map((p) => `  ${safeText(p.place)}: ${safeText(p.reason)}`);
      return [`${safeText(o.feed)}: ${o.kind}. ${safeText(o.message)}${counts}`, ...problems].join(
        "\n",
      );
    })
    .join("\n");
}

type Row = Findings["items"][number];

function runtimeText({ runtime }: Row): string {
  return (runtime ?? []).map((one) => `${one.label} on ${one.hostCount}`).join(", ");
}

/** Counts of what runs are of the largest groups of like hosts; the others are not hidden. */
export function leftOutText(count: number): string {
  return `What runs is not counted on ${counted(count, "more host")}: too many are unlike others.`;
}

export function findingTable(reply: Findings): string {
  const rows = renderTable(reply.items, [
    { head: "finding", cell: (r) => r.key },
    ...(reply.items.some((r) => r.team !== null)
      ? [{ head: "team", cell: (r: Row) => r.team }]
      : []),
    { head: "exploited", cell: (r) => (r.knownExploitedCount > 0 ? "known" : "") },
    { head: "epss", cell: (r) => (r.epss === null ? null : r.epss.toFixed(3)), align: "right" },
    { head: "cvss", cell: (r) => r.cvss, align: "right" },
    { head: "hosts", cell: (r) => r.hostCount, align: "right" },
    { head: "services", cell: (r) => r.serviceCount, align: "right" },
    { head: "vulnerabilities", cell: (r) => r.vulnerabilityCount, align: "right" },
    ...(reply.items.some((r) => r.runtime !== null)
      ? [{ head: "runtime", cell: (r: Row) => runtimeText(r), widthMax: 50 }]
      : []),
    { head: "state", cell: (r) => r.states.join(", "), widthMax: 40 },
    {
      head: "fixed in",
      cell: (r) => r.sources.map((s) => `${s.source} ${s.fixedVersions.join(" or ")}`).join("; "),
      widthMax: 50,
    },
  ]);
  const { coverage } = reply;
  const gaps = coverage.unknown.map(
    (gap) =>
      `unknown: ${gap.packageCount} packages of ${safeText(gap.ecosystem)}. ${safeText(gap.text)}`,
  );
  const never =
    coverage.unknownHostCount === 0
      ? []
      : [`unknown: ${counted(coverage.unknownHostCount, "host")} that were never inspected.`];
  const backlog =
    reply.backlogCount === 0 ? [] : ["Matching is still going on; the list is not final."];
  const filtered =
    reply.filteredCount === 0
      ? []
      : [`${reply.filteredCount} set aside on some host: fettle finding list --filtered.`];
  const unasked = reply.runtimeLeftOutCount ?? 0;
  const runtime = unasked === 0 ? [] : [leftOutText(unasked)];
  const nothing = reply.nothingKnown ?? "Nothing found in the data that is loaded.";
  const none = reply.total === 0 ? [safeText(nothing)] : [rows];
  return [
    ...none,
    reply.asOf === null
      ? `${coverage.coveredCount} packages on ${counted(coverage.hostCount, "host")} covered.`
      : pastText(reply.asOf, reply.knownSince),
    ...runtime,
    ...filtered,
    ...gaps,
    ...never,
    ...backlog,
  ].join("\n");
}

function pastText(asOf: string, knownSince: string | null): string {
  const begins = knownSince === null ? "nothing is kept yet" : `what is kept begins ${knownSince}`;
  const isBefore = knownSince === null || asOf < knownSince;
  return `As known at ${asOf}${isBefore ? `: ${begins}, so nothing was known then` : ""}.`;
}

export function findingText(shown: Finding): string {
  const v = shown.vulnerability;
  const facts = renderFacts([
    ["vulnerability", v.id],
    ["title", v.title === "" ? null : v.title],
    ["status", v.status],
    [
      "known exploited",
      v.kev === null
        ? "no"
        : `since ${v.kev.addedAt.slice(0, 10)}${v.kev.isRansomware ? ", used by ransomware" : ""}`,
    ],
    [
      "EPSS",
      v.epss === null
        ? "unknown"
        : `${v.epss.score.toFixed(5)} (percentile ${v.epss.percentile.toFixed(3)})`,
    ],
    [
      "SSVC",
      v.ssvc === null
        ? "unknown"
        : `exploitation ${v.ssvc.exploitation}, ${v.ssvc.isAutomatable ? "" : "not "}automatable, ${v.ssvc.technicalImpact} impact`,
    ],
    ["CVSS", v.cvss.map((s) => `${s.score} (${s.version}, ${s.source})`).join(", ") || "unknown"],
    [
      "hosts",
      `${shown.hosts.map((h) => h.name).join(", ") || "none"}${shown.hasMoreHosts ? ", …" : ""}`,
    ],
  ]);
  const matches = renderTable(shown.packages, [
    { head: "package", cell: (p) => `${p.name} ${p.version}` },
    { head: "state", cell: (p) => p.state },
    { head: "hosts", cell: (p) => p.hostCount, align: "right" },
    { head: "because", cell: (p) => becauseText(p.because), widthMax: 120 },
  ]);
  const past = shown.asOf === null ? [] : [pastText(shown.asOf, shown.knownSince), ""];
  return [...past, facts, "", matches].join("\n");
}

function becauseText(because: Finding["packages"][number]["because"]): string {
  const compared =
    because.comparedWith === null
      ? ""
      : ` (${because.packageName} ${because.installed} is ${because.comparison} ${because.comparison === "equal" ? "to" : "than"} ${because.comparedWith})`;
  return `${because.feed}${because.advisory === "" ? "" : ` ${because.advisory}`}: ${because.text}${compared}`;
}
