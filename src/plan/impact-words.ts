import { counted } from "../base/counted.ts";
import type { ShownImpact } from "./actions-impact.ts";

/** What a plan touches, in one sentence, and what about it is not known. */
export function impactToText(of: ShownImpact): string {
  const { packages, impact, services } = of;
  const names = new Set(packages.map((one) => one.name));
  const parts = [`Changes ${counted(names.size, "package")} on ${counted(of.hosts, "host")}`];
  const direct = Math.max(0, ...(impact?.dependents ?? []).map((one) => one.countMax));
  if (impact !== null && impact.known > 0) {
    parts.push(
      direct === 0
        ? "no installed package depends on them"
        : `up to ${counted(direct, "installed package")} depend on one of them, ${impact.reachedMax} however far away`,
    );
  }
  const teams = new Set(services.map((one) => one.team));
  if (services.length > 0) {
    const all = services.length + of.moreServices;
    const run = all === 1 ? "runs" : "run";
    parts.push(`${counted(all, "service")} of ${counted(teams.size, "team")} ${run} there`);
  }
  return `${parts.join("; ")}.`;
}

export function impactGaps({ impact, memory, services, hosts }: ShownImpact): string[] {
  const gaps: string[] = [];
  if (impact === null) {
    gaps.push("What depends on the packages was not kept when this plan was made.");
  } else if (impact.unknown > 0) {
    gaps.push(
      `Of ${counted(impact.unknown, "host")} it is not known what depends on the packages: no dpkg there, or an older host program.`,
    );
  }
  if (memory.unknown > 0) {
    gaps.push(`Of ${counted(memory.unknown, "host")} it is not known what runs.`);
  }
  if (memory.partly > 0) {
    gaps.push(`On ${counted(memory.partly, "host")} not every process could be read.`);
  }
  if (services.length === 0 && hosts > 0) {
    gaps.push("No service is known to run on these hosts, so nobody is known to own them.");
  }
  gaps.push(
    "Which files of the new versions differ is not known before they are fetched; configuration files that were edited are kept as they are.",
  );
  return gaps;
}
