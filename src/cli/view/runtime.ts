import type { Instant } from "../../base/instant.ts";
import type { components } from "../../client/schema.d.ts";
import { renderTable, safeText } from "./table.ts";
import { whenText } from "./when.ts";

type Runtime = components["schemas"]["HostRuntime"];

/** Everything about what runs on a host. */
export function runtimeText(runtime: Runtime, now: Instant): string {
  const parts = [headText(runtime, now)];
  const restarts = restartsText(runtime);
  if (restarts !== null) parts.push(restarts);
  if (runtime.used.length > 0) parts.push(usedText(runtime));
  if (runtime.listening.length > 0) parts.push(listeningText(runtime));
  if (runtime.disabledModules.length > 0) parts.push(modulesText(runtime));
  return parts.join("\n\n");
}

function headText({ state, sentence, asOf }: Runtime, now: Instant): string {
  const when = asOf === null ? "" : ` (as of ${whenText(asOf, now)})`;
  return `Runtime: ${safeText(state.label)}${when}\n${safeText(sentence)}`;
}

/** Packages whose earlier version is in memory still; null where none is. */
export function restartsText({ restarts }: Runtime): string | null {
  if (restarts.length === 0) return null;
  return `Waits for a restart:\n${renderTable(restarts, [
    { head: "package", cell: (r) => r.package },
    { head: "installed", cell: (r) => r.installed },
    {
      head: "runs",
      cell: (r) => (r.before === null ? "an older version" : `${r.before} or older`),
    },
    { head: "in", cell: (r) => r.processes.join(", ") },
    { head: "state", cell: (r) => r.state.label },
    { head: "still open", cell: (r) => openText(r.vulnerabilities) },
  ])}`;
}

function openText(found: Runtime["restarts"][number]["vulnerabilities"]): string {
  const [first] = found;
  if (first === undefined) return "nothing known";
  const named = `${first.id}${first.isExploited ? " (known exploited)" : ""}`;
  return found.length === 1 ? named : `${named} and ${found.length - 1} more`;
}

function usedText({ used }: Runtime): string {
  return `Packages in memory:\n${renderTable(used, [
    { head: "package", cell: (u) => u.name },
    { head: "run by", cell: (u) => u.runCount, align: "right" },
    { head: "mapped by", cell: (u) => u.mappedCount, align: "right" },
    { head: "old version in", cell: (u) => u.staleCount, align: "right" },
    { head: "processes", cell: (u) => u.processes.join(", ") },
  ])}`;
}

const reaches = {
  loopback: "this host only",
  address: "one address",
  any: "every address",
} as const;

function listeningText({ listening }: Runtime): string {
  return `Listens:\n${renderTable(listening, [
    { head: "port", cell: (l) => `${l.protocol}${l.port === 0 ? "" : ` ${l.port}`}` },
    { head: "reached from", cell: (l) => reaches[l.reach] },
    { head: "package", cell: (l) => l.package ?? "not known" },
    { head: "process", cell: (l) => l.process ?? "not known" },
  ])}`;
}

function modulesText({ disabledModules }: Runtime): string {
  return `Kernel modules that are switched off:\n${renderTable(disabledModules, [
    { head: "module", cell: (m) => m.name },
    { head: "how", cell: (m) => (m.how === "install" ? "never loaded" : "not for a device") },
    { head: "file", cell: (m) => m.path },
  ])}`;
}
