import { counted } from "../../base/counted.ts";
import type { Instant } from "../../base/instant.ts";
import { systemName } from "../../base/release-name.ts";
import type { components } from "../../client/schema.d.ts";
import { clockTimes } from "./sentence.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Host = components["schemas"]["ShownHost"];
type Facts = components["schemas"]["HostFacts"];
type Scan = components["schemas"]["Scan"];

/** Four states side by side; none of them stands for the others. */
export function hostTable(hosts: readonly Host[], now: Instant): string {
  if (hosts.length === 0) return "No hosts yet. Add one: fettle host add NAME --ssh root@ADDRESS";
  return renderTable(hosts, [
    { head: "host", cell: (h) => h.name },
    { head: "system", cell: (h) => h.system && systemName(h.system) },
    { head: "reached", cell: (h) => h.states.reachable.label },
    { head: "inventory", cell: (h) => inventoryText(h, now) },
    { head: "reboot", cell: (h) => h.states.reboot.label },
    { head: "risk", cell: (h) => h.states.risk.label },
    { head: "mode", cell: (h) => h.mode },
    { head: "way", cell: (h) => wayText(h) },
    { head: "labels", cell: (h) => labelsText(h.labels) },
    { head: "problem", cell: (h) => problemText(h) },
  ]);
}

function inventoryText(host: Host, now: Instant): string {
  const { label, since } = host.states.fresh;
  return since === null ? label : `${label}, ${whenText(since, now)}`;
}

/** Why a host that should be reachable is not; one that was never tried has no problem yet. */
function problemText(host: Host): string {
  const { since, reason } = host.states.reachable;
  return since === null ? "" : (reason ?? "");
}

function wayText(host: Host): string {
  switch (host.way.kind) {
    case "local":
      return "this machine";
    case "agent":
      return "agent";
    case "ssh":
      return `ssh, ${host.way.program}`;
  }
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

interface ShownHost {
  readonly host: Host;
  readonly facts: Facts | null;
  readonly packages: readonly { readonly name: string; readonly version: string }[] | null;
  readonly offers:
    | readonly {
        readonly name: string;
        readonly arch: string;
        readonly version: string;
        readonly suite: string;
      }[]
    | null;
  /** Null: the reader may not see rollouts. */
  readonly missed: readonly components["schemas"]["MissedRollout"][] | null;
  readonly timeline: readonly components["schemas"]["TimelineEntry"][];
}

export function hostText(shown: ShownHost, now: Instant): string {
  const { host, facts } = shown;
  const head = renderFacts([
    ["host", host.name],
    ["id on documents", host.protocolId],
    ["system", host.system && `${systemName(host.system)} (${host.system.arch})`],
    ["way", wayText(host)],
    ["mode", host.mode],
    ["labels", labelsText(host.labels) || "none"],
    ["reached", stateText(host.states.reachable)],
    ["inventory", inventoryText(host, now)],
    ["reboot", stateText(host.states.reboot)],
    ["risk", stateText(host.states.risk)],
    ["packages", shown.packages === null ? "unknown" : shown.packages.length],
    ["updates", updatesText(shown)],
    [
      "package lists",
      facts === null ? "unknown" : `${facts.lists.state}, ${whenText(facts.lists.newestAt, now)}`,
    ],
    ["kernel", facts === null ? null : kernelText(facts)],
    ["host program", facts?.program == null ? null : (facts.program.version ?? "of no version")],
    ["held", facts === null || facts.held.length === 0 ? null : facts.held.join(", ")],
    ["enrolled", host.isEnrolled ? "yes: results are signed by its key" : "no"],
  ]);
  const parts = [head];
  if (facts !== null && facts.restarts.length > 0) parts.push(staleText(facts));
  if (facts !== null && facts.sources.length > 0) parts.push(sourcesText(facts));
  if (facts !== null && facts.notes.length > 0)
    parts.push(facts.notes.map((n) => `note: ${safeText(n)}`).join("\n"));
  if (shown.missed !== null && shown.missed.length > 0) parts.push(missedText(shown.missed));
  if (shown.timeline.length > 0) parts.push(timelineText(shown.timeline));
  return parts.join("\n\n");
}

/** Rollouts that went on or ended without it, the newest first, and what will become of each. */
export function missedText(missed: NonNullable<ShownHost["missed"]>): string {
  const rows = missed.flatMap(({ rollout, title, word, since, why, outlook, command }) => [
    `  ${rollout} ${safeText(title)}: ${word.label} since ${clockText(since)}`,
    `      ${clockTimes(why)}`,
    `      ${clockTimes(outlook)}${command === null ? "" : `: ${safeText(command)}`}`,
  ]);
  return ["Rollouts without it, newest first", ...rows].join("\n");
}

/** What happened there, or why nothing did; newest first. */
function timelineText(entries: ShownHost["timeline"]): string {
  const rows = entries.flatMap((entry) => [
    `  ${clockText(entry.at)}  ${safeText(entry.sentence)}`,
    ...entry.details.slice(0, 3).map((detail) => `${" ".repeat(24)}${safeText(detail)}`),
  ]);
  return ["Timeline, newest first", ...rows].join("\n");
}

function stateText(state: Host["states"]["risk"]): string {
  return state.reason === null ? state.label : `${state.label}: ${safeText(state.reason)}`;
}

function updatesText(shown: ShownHost): string {
  if (shown.offers === null || shown.packages === null) return "unknown: no package lists";
  const installed = new Set(shown.packages.map((p) => `${p.name} ${p.version}`));
  const newer = new Set(
    shown.offers.filter((o) => !installed.has(`${o.name} ${o.version}`)).map((o) => o.name),
  );
  return newer.size === 0 ? "none offered" : `${newer.size} packages`;
}

function kernelText(facts: Facts): string {
  const { kernelRunning, kernelInstalled } = facts;
  return kernelInstalled === null
    ? kernelRunning
    : `${kernelRunning} (installed ${kernelInstalled})`;
}

function staleText(facts: Facts): string {
  return `Still running replaced code:\n${renderTable(facts.restarts, [
    { head: "unit or process", cell: (r) => r.unit },
    { head: "pid", cell: (r) => r.pid },
    { head: "file", cell: (r) => r.file },
  ])}`;
}

function indexWord({ isIndexSigned }: Facts["sources"][number]): string {
  if (isIndexSigned === null) return "not told";
  return isIndexSigned ? "signature demanded" : "signature not demanded";
}

function sourcesText(facts: Facts): string {
  return `Package sources:\n${renderTable(facts.sources, [
    { head: "uri", cell: (s) => s.uri },
    { head: "suite", cell: (s) => s.suite },
    { head: "components", cell: (s) => s.components },
    { head: "signature", cell: (s) => (s.isSigned ? "checked" : "NOT CHECKED") },
    { head: "index", cell: (s) => indexWord(s) },
  ])}`;
}

export function scanProblems(
  scan: Scan,
  items: readonly {
    readonly name: string;
    readonly state: string;
    readonly problem: string | null;
  }[],
): string {
  const failed = items.filter((item) => item.state === "failed");
  const summary = `${counted(scan.hosts, "host")}: ${scan.changed} changed, ${scan.unchanged} unchanged, ${scan.failed} failed.`;
  return [summary, ...failed.map((item) => `${item.name}: ${safeText(item.problem)}`)].join("\n");
}
