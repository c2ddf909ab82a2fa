import type { paths } from "../../client/schema.d.ts";
import { renderTable, safeText } from "./table.ts";

/** What a plan touches beside what it changes, and what about it nobody knows. */
type Got = paths["/api/v1/plans/{plan}/impact"]["get"]["responses"][200];
export type PlanImpact = Got["content"]["application/json"];

const NAMES_MAX = 6;

export function planImpactText(of: PlanImpact): string {
  return [
    safeText(of.sentence),
    "",
    renderTable(of.packages, [
      { head: "package", cell: (one) => one.name },
      { head: "step", cell: (one) => one.verb },
      { head: "from", cell: (one) => one.from },
      { head: "to", cell: (one) => one.to },
      { head: "hosts", cell: (one) => one.hosts, align: "right" },
      { head: "mind", cell: (one) => one.jump, widthMax: 60 },
    ]),
    ...section("Installed packages that depend on them", dependents(of)),
    ...section("In memory now", memory(of)),
    `restarts ${of.restarts.map(safeText).join(", ") || "nothing"}${of.needsReboot ? "; takes effect fully only after a reboot" : ""}`,
    ...section("Services that run there", services(of)),
    ...section(
      "Configuration files that were edited",
      (of.conffiles ?? []).map((one) => `${one.path} (${one.name}): ${one.state}`),
    ),
    ...section("Not known", of.unknown),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return ["", `${title}:`, ...lines.map((line) => `  ${safeText(line)}`)];
}

function dependents({ dependents: all }: PlanImpact): readonly string[] {
  return (all ?? []).map(({ name, countMax, first }) => {
    if (countMax === 0) return `${name}: none`;
    return `${name}: ${countMax}, ${namesText(
      first.map((one) => one.name),
      countMax,
    )}`;
  });
}

function memory({ memory: { users } }: PlanImpact): readonly string[] {
  return users.map(({ package: name, hosts, processes }) => {
    const names = processes.map((one) => one.name);
    return `${name} on ${hosts === 1 ? "1 host" : `${hosts} hosts`}: ${namesText(names, names.length)}`;
  });
}

function services(of: PlanImpact): readonly string[] {
  const lines = of.services.map(({ name, team, owners, hosts, neededBy }) => {
    const people = owners.length === 0 ? team : `${team} (${owners.join(", ")})`;
    const needed = neededBy.length === 0 ? "" : `; needed by ${neededBy.join(", ")}`;
    return `${name}, ${hosts === 1 ? "1 host" : `${hosts} hosts`}, of ${people}${needed}`;
  });
  return of.moreServices === 0 ? lines : [...lines, `and ${of.moreServices} more services`];
}

function namesText(names: readonly string[], all: number): string {
  const shown = names.slice(0, NAMES_MAX);
  const rest = all - shown.length;
  return `${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
