import type { components } from "../../client/schema.d.ts";
import { renderFacts, renderTable } from "./table.ts";
import { clockText } from "./when.ts";

type Document = components["schemas"]["VexDocument"];
type Statement = components["schemas"]["VexStatement"];
type Publisher = components["schemas"]["VexPublisher"];

const trustWords: Readonly<Record<Document["trust"], string>> = {
  none: "nobody: shown only",
  approver: "signed by",
  publisher: "signed by publisher",
  responsible: "answered for by",
};

function trustText({ trust, trustedBy }: Document): string {
  return `${trustWords[trust]} ${trustedBy}`.trim();
}

export function vexTable(documents: readonly Document[]): string {
  if (documents.length === 0) {
    return "No VEX document is loaded. fettle vex load FILE loads one: statements that a vulnerability does not concern a product, by whose word, and why.";
  }
  return renderTable(documents, [
    { head: "vex", cell: (d) => d.vex },
    { head: "title", cell: (d) => d.title, widthMax: 40 },
    { head: "author", cell: (d) => d.author, widthMax: 40 },
    { head: "where", cell: (d) => (d.scope === "" ? "all" : d.scope), widthMax: 40 },
    { head: "trust", cell: trustText, widthMax: 40 },
    { head: "statements", cell: (d) => d.statementCount, align: "right" },
    { head: "fit", cell: (d) => d.matchedCount, align: "right" },
    { head: "until", cell: (d) => d.until?.slice(0, 10) ?? "" },
    { head: "ended", cell: (d) => d.endedAt?.slice(0, 10) ?? "" },
  ]);
}

export function vexText(shown: {
  readonly document: Document;
  readonly statements: readonly Statement[];
  readonly unmatchedCount: number;
  readonly hasMore: boolean;
}): string {
  const { document: d } = shown;
  const facts = renderFacts([
    ["vex", d.vex],
    ["title", d.title],
    ["author", d.author],
    ["format", d.format],
    ["hosts", d.scope === "" ? "all" : d.scope],
    ["product", d.product === "" ? null : d.product],
    ["trust", trustText(d)],
    ["reason", d.trustReason === "" ? null : d.trustReason],
    ["until", d.until],
    ["statements", `${d.statementCount}, of which ${d.matchedCount} are about a finding`],
    ["fit nothing", shown.unmatchedCount === 0 ? "none" : String(shown.unmatchedCount)],
    ["bad records", d.problems.length === 0 ? null : String(d.problems.length)],
    ["ended", d.endedAt === null ? null : `${clockText(d.endedAt)}: ${d.endReason ?? ""}`],
  ]);
  if (shown.statements.length === 0) return facts;
  const table = renderTable(shown.statements, [
    { head: "vulnerability", cell: (s) => s.vulnerability },
    { head: "status", cell: (s) => s.status },
    { head: "product", cell: (s) => s.products.join(", "), widthMax: 60 },
    { head: "fits", cell: fitText },
    { head: "why", cell: (s) => s.whyUnmatched ?? s.justification, widthMax: 100 },
  ]);
  return [facts, "", table, ...(shown.hasMore ? ["… and more"] : [])].join("\n");
}

export function publisherTable(publishers: readonly Publisher[]): string {
  if (publishers.length === 0) return "No publisher is registered.";
  return renderTable(publishers, [
    { head: "name", cell: (p) => p.name },
    { head: "speaks for", cell: (p) => p.authors.join(", "), widthMax: 60 },
    { head: "key", cell: (p) => p.fingerprint },
    { head: "id", cell: (p) => p.id },
  ]);
}

function fitText({ isMatched, serviceCount }: Statement): string {
  if (!isMatched) return "no";
  if (serviceCount === 0) return "yes";
  return serviceCount === 1 ? "yes, 1 service" : `yes, ${serviceCount} services`;
}
