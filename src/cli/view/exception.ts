import type { Instant } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Shown = Json<paths["/api/v1/exceptions/{exception}"]["get"]>;
type Row = Json<paths["/api/v1/exceptions"]["get"]>["items"][number];
type Preview = Json<paths["/api/v1/exceptions/preview"]["post"]>;

export function exceptionTable(rows: readonly Row[], now: Instant): string {
  if (rows.length === 0) return "No exceptions.";
  return renderTable(rows, [
    { head: "exception", cell: (x) => x.ref },
    { head: "what", cell: (x) => x.title },
    { head: "where", cell: hostsText },
    { head: "state", cell: (x) => x.label },
    { head: "until", cell: (x) => whenText(x.until, now) },
    { head: "owner", cell: (x) => x.owner },
    { head: "renewal", cell: (x) => x.renewal, align: "right" },
  ]);
}

function hostsText(x: Row): string {
  if (x.selector !== null) return x.selector === "" ? "all hosts" : x.selector;
  const [first, ...more] = [...x.hosts, ...x.services].map((one) => one.name);
  return more.length === 0 ? (first ?? "") : `${first} and ${more.length} more`;
}

export function exceptionText({ exception: x, now, broken, actions }: Shown, at: Instant): string {
  const facts = renderFacts([
    ["exception", `${x.ref}  ${x.title}`],
    ["state", x.label],
    [
      x.services.length > 0 ? "services" : "hosts",
      `${hostsText(x)}: ${now.hosts} have one of them now, ${x.hostCount} when agreed`,
    ],
    ["vulnerabilities", x.vulnerabilities.join(", ")],
    ["case", x.patch],
    ["reason", `${x.reasonClass}: ${x.reason}`],
    ["owner", x.owner],
    ["control", x.control],
    ["evidence", x.evidence],
    ["control label", x.controlLabel],
    ["until", `${clockText(x.until)} (${whenText(x.until, at)})`],
    ["renewal", x.renews === null ? "none yet" : `${x.renewal} of 2, after ${x.renews}`],
    ["asked by", x.requester],
    [
      "approved by",
      x.approver === null ? "nobody yet" : `${x.approver}, ${clockText(x.approvedAt ?? "")}`,
    ],
    ["no longer so", broken],
    ["closed because", x.closedReason],
  ]);
  const refused = actions
    .filter((action) => !action.allowed)
    .map((action) => `  ${action.verb}: not possible. ${safeText(action.reason)}`);
  return [facts, ...(refused.length === 0 ? [] : ["", "What you cannot do here", ...refused])].join(
    "\n",
  );
}

export function previewText({ vulnerabilities, facts, limits }: Preview): string {
  return renderFacts([
    ["vulnerabilities", vulnerabilities.join(", ")],
    ["hosts", String(facts.hosts)],
    ["exposed", facts.isExposed ? "yes, or not known" : "no"],
    ["known exploited", facts.exploited.join(", ") || "none of them"],
    ["with a fix", facts.fixable.join(", ") || "none of them"],
    ["latest end", clockText(limits.latestUntil)],
    ["rules", limits.sentences.join(" ")],
  ]);
}
