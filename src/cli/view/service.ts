import type { Instant } from "../../base/instant.ts";
import type { components } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeLines, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Judged = components["schemas"]["JudgedService"];
type Artifact = components["schemas"]["Artifact"];

interface Listed<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly total: number;
}

/** What a list says under its rows when it goes on. */
function more(list: Listed<unknown>): readonly string[] {
  if (list.next === null) return [];
  return [`${list.items.length} of ${list.total} are shown. See more with --limit, or --all.`];
}

export function serviceTable(list: Listed<Judged>, now: Instant): string {
  if (list.total === 0) return "No services yet. Add one: fettle service add shop --team payments";
  const table = renderTable(list.items, [
    { head: "service", cell: (s) => s.service.name },
    { head: "team", cell: (s) => s.service.team || null },
    { head: "components", cell: (s) => s.state.label },
    { head: "entries", cell: (s) => s.componentCount, align: "right" },
    { head: "unknown", cell: (s) => s.unknownCount, align: "right" },
    { head: "hosts", cell: (s) => s.hostCount, align: "right" },
    { head: "on hosts", cell: (s) => riskText(s.hostFindings) },
    { head: "handed in", cell: (s) => whenText(s.updatedAt, now) },
    { head: "labels", cell: (s) => labelsText(s.service.labels) },
  ]);
  return [table, ...more(list)].join("\n");
}

function riskText(risk: Judged["findings"]): string {
  if (risk === null) return "not shown";
  if (risk.open === 0) return "none known";
  return risk.exploited > 0 ? `${risk.open}, ${risk.exploited} known exploited` : `${risk.open}`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

interface Vulnerability {
  readonly id: string;
  readonly isExploited: boolean;
}

interface Action {
  readonly text: string;
  readonly cleared: readonly Vulnerability[];
  readonly remaining: readonly Vulnerability[];
  readonly isDevelopmentOnly: boolean;
  readonly chains: readonly { readonly artifact: string; readonly text: string }[];
}

export function serviceText(
  shown: {
    readonly judged: Judged;
    readonly artifacts: readonly Artifact[];
    readonly hosts: readonly { readonly name: string }[];
    readonly neededBy: readonly { readonly name: string }[];
    readonly notKnown: readonly string[];
    readonly topFindings: readonly Action[] | null;
  },
  now: Instant,
): string {
  const { service, state, hostCount, hostFindings } = shown.judged;
  const names = (list: readonly { readonly name: string }[]): string | null =>
    list.length === 0 ? null : list.map((one) => one.name).join(", ");
  const head = renderFacts([
    ["service", service.name],
    ["title", service.title || null],
    ["team", service.team || null],
    ["owners", service.owners.join(", ") || null],
    ["labels", labelsText(service.labels) || null],
    ["repository", service.repository || null],
    ["components", [state.label, state.reason].filter((text) => text !== null).join(". ")],
    ["hosts", hostsText(hostCount, service.hostSelector)],
    ["set aside", asideCountText(shown.judged.setAsideCount)],
    ["on hosts", riskText(hostFindings)],
    ["needs", names(service.needs)],
    ["needed by", names(shown.neededBy)],
  ]);
  const artifacts =
    shown.artifacts.length === 0
      ? `Nothing is handed in. Do so: fettle service sbom put ${service.name} bom.json`
      : artifactTable(shown.artifacts, now);
  const actions = shown.topFindings ?? [];
  return [
    head,
    "",
    artifacts,
    ...(actions.length === 0 ? [] : ["", ...actions.flatMap(actionLines)]),
    ...(shown.notKnown.length === 0 ? [] : ["", ...shown.notKnown.map(safeText)]),
  ].join("\n");
}

function asideCountText(count: number): string | null {
  if (count === 0) return null;
  return `${count} by VEX whose author is trusted; see fettle service findings --set-aside`;
}

function hostsText(count: number, selector: string | null): string {
  const hosts = count === 1 ? "1 host" : `${count} hosts`;
  return selector === null ? hosts : `${hosts} (${selector})`;
}

function artifactTable(artifacts: readonly Artifact[], now: Instant): string {
  return renderTable(artifacts, [
    { head: "artifact", cell: (a) => a.artifact },
    { head: "environment", cell: (a) => a.environment || null },
    { head: "version", cell: (a) => a.version || null },
    { head: "form", cell: (a) => a.form },
    { head: "entries", cell: (a) => a.componentCount, align: "right" },
    { head: "unknown", cell: (a) => a.unknownCount, align: "right" },
    { head: "since", cell: (a) => whenText(a.since, now) },
  ]);
}

function actionLines(action: Action): readonly string[] {
  const all = [...action.cleared, ...action.remaining];
  const shown = all.slice(0, 6).map((one) => (one.isExploited ? `${one.id} (exploited)` : one.id));
  const rest = all.length > shown.length ? ` and ${all.length - shown.length} more` : "";
  const ways = [...new Set(action.chains.map((chain) => chain.text))].slice(0, 3);
  return [
    safeText(`${action.text}${action.isDevelopmentOnly ? " (development only)" : ""}`),
    safeText(`    ${shown.join(", ")}${rest}`),
    ...ways.map((text) => safeText(`    by ${text}`)),
  ];
}

export function serviceActionsText(
  list: Listed<Action> & {
    readonly notKnown: readonly string[];
    readonly setAside: readonly { readonly id: string }[];
  },
): string {
  const count = new Set(list.setAside.map((one) => one.id)).size;
  const aside = count === 0 ? [] : [`${count} set aside by VEX: see them with --set-aside.`];
  const none = list.total === 0 ? ["Nothing is found in its components."] : [];
  const rows = list.items.flatMap(actionLines);
  return [...none, ...rows, ...more(list), ...aside, ...list.notKnown.map(safeText)].join("\n");
}

/** What trusted authors set aside, with who says so and why. */
export function setAsideText(
  items: readonly {
    readonly id: string;
    readonly name: string;
    readonly version: string;
    readonly filter: {
      readonly source: string;
      readonly author: string;
      readonly says: string;
      readonly justification: string;
      readonly trust: string;
    };
  }[],
): string {
  if (items.length === 0) return "Nothing of it is set aside.";
  return renderTable(items, [
    { head: "vulnerability", cell: (f) => f.id },
    { head: "component", cell: (f) => `${f.name} ${f.version}`, widthMax: 50 },
    { head: "by", cell: (f) => f.filter.source },
    { head: "author", cell: (f) => f.filter.author || "unnamed", widthMax: 30 },
    { head: "says", cell: (f) => f.filter.says },
    { head: "why", cell: (f) => f.filter.justification, widthMax: 60 },
    { head: "trust", cell: (f) => f.filter.trust, widthMax: 60 },
  ]);
}

export function hostActionTable(
  list: Listed<{
    readonly source: string;
    readonly ecosystem: string;
    readonly fixedVersions: readonly string[];
    readonly target: string | null;
    readonly vulnerabilities: number;
    readonly exploited: number;
    readonly hostCount: number;
  }>,
): string {
  if (list.total === 0) return "Nothing is found on the hosts that run it.";
  const table = renderTable(list.items, [
    { head: "source", cell: (a) => a.source },
    { head: "ecosystem", cell: (a) => a.ecosystem },
    { head: "fixed in", cell: (a) => a.target ?? (a.fixedVersions.join(", ") || null) },
    { head: "clears", cell: (a) => a.vulnerabilities, align: "right" },
    { head: "exploited", cell: (a) => a.exploited, align: "right" },
    { head: "hosts", cell: (a) => a.hostCount, align: "right" },
  ]);
  return [table, ...more(list)].join("\n");
}

export function componentTable(
  list: Listed<{
    readonly artifact: string;
    readonly ecosystem: string;
    readonly name: string;
    readonly version: string;
    readonly scope: string;
    readonly chainText: string;
    readonly problem: string | null;
    readonly findings: number | null;
  }>,
): string {
  if (list.total === 0) return "Nothing that is asked for is in it.";
  const table = renderTable(list.items, [
    { head: "component", cell: (c) => c.name },
    { head: "version", cell: (c) => c.version || null },
    { head: "ecosystem", cell: (c) => c.ecosystem || null },
    { head: "artifact", cell: (c) => c.artifact },
    { head: "scope", cell: (c) => c.scope || null },
    { head: "findings", cell: (c) => c.findings, align: "right" },
    { head: "how it got in", cell: (c) => c.problem ?? c.chainText, widthMax: 90 },
  ]);
  return [table, ...more(list)].join("\n");
}

export function takenText(taken: {
  readonly service: { readonly name: string };
  readonly artifact: Artifact;
  readonly isChanged: boolean;
  readonly problems: readonly { readonly place: string; readonly reason: string }[];
}): string {
  const { artifact, problems, isChanged } = taken;
  const where = artifact.environment === "" ? "" : ` in ${artifact.environment}`;
  const what = `${artifact.artifact}${where}: ${artifact.form}, ${artifact.componentCount} entries`;
  const news = isChanged ? "" : "; nothing changed";
  const unknown =
    artifact.unknownCount === 0
      ? []
      : [
          `${artifact.unknownCount} of them cannot be judged and count as unknown:`,
          ...problems.slice(0, 10).map(({ place, reason }) => `    ${place} ${reason}`),
        ];
  return [`${what}${news}`, ...unknown].map(safeText).join("\n");
}

export function gateText(gate: {
  readonly artifact: string;
  readonly state: "pass" | "fail" | "not-yet";
  readonly reasons: readonly string[];
  readonly setAside: readonly string[];
}): string {
  const head = gateWords[gate.state];
  const lines = [...gate.reasons, ...gate.setAside].map((reason) => `    ${reason}`);
  return safeLines([`${gate.artifact}: ${head}`, ...lines].join("\n"));
}

const gateWords = {
  pass: "passes",
  fail: "does not pass",
  "not-yet": "not matched yet, so it does not pass",
} as const;

export function historyTable(
  items: readonly (Artifact & { readonly putBy: string })[],
  now: Instant,
): string {
  if (items.length === 0) return "Nothing was ever handed in.";
  return renderTable(items, [
    { head: "since", cell: (a) => clockText(a.since) },
    { head: "until", cell: (a) => (a.until === null ? "now" : whenText(a.until, now)) },
    { head: "artifact", cell: (a) => a.artifact },
    { head: "environment", cell: (a) => a.environment || null },
    { head: "version", cell: (a) => a.version || null },
    { head: "entries", cell: (a) => a.componentCount, align: "right" },
    { head: "document", cell: (a) => a.documentName || a.document.slice(0, 12) },
  ]);
}

interface DiffEntry {
  readonly name: string;
  readonly versions: readonly string[];
}

export function diffText(diff: {
  readonly before: Artifact | null;
  readonly after: Artifact;
  readonly came: readonly DiffEntry[];
  readonly went: readonly DiffEntry[];
  readonly changed: readonly (DiffEntry & { readonly before: readonly string[] })[];
  readonly newFindings: readonly Vulnerability[];
  readonly clearedFindings: readonly Vulnerability[];
}): string {
  const entry = (sign: string) => (one: DiffEntry) =>
    `${sign} ${one.name} ${one.versions.join(", ")}`;
  const { before, after } = diff;
  const title = (artifact: Artifact | null): string =>
    artifact === null
      ? "nothing"
      : `${artifact.version || "the content"} of ${clockText(artifact.since)}`;
  const ids = (list: readonly Vulnerability[]): string => list.map((one) => one.id).join(", ");
  return [
    `From ${title(before)} to ${title(after)}:`,
    ...diff.came.map(entry("+")),
    ...diff.went.map(entry("-")),
    ...diff.changed.map(
      (one) => `~ ${one.name} ${one.before.join(", ")} -> ${one.versions.join(", ")}`,
    ),
    ...(diff.newFindings.length === 0 ? [] : [`New findings: ${ids(diff.newFindings)}`]),
    ...(diff.clearedFindings.length === 0 ? [] : [`Cleared: ${ids(diff.clearedFindings)}`]),
  ]
    .map(safeText)
    .join("\n");
}
