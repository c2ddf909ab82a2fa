import { type InPieces, PIECE } from "../base/pieces.ts";
import { youngerBecause } from "../policy/rings-sources.ts";
import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault } from "./fault.ts";
import type { PackageStep, PlanHost } from "./model.ts";

/**
 * Rules about the files that bodies name: none that a source of the host signs otherwise, none that no
 * source names where all are read, none younger than the policy asks.
 */
export function* fileFaults(judged: Judged): InPieces<PlanFault[]> {
  const { documents, hosts } = judged;
  const faults: PlanFault[] = [];
  const seen = new Map<string, Set<string>>();
  for (const [at, leaf] of documents.leaves.entries()) {
    if (at % PIECE === 0) yield;
    const host = hosts[at];
    if (host === undefined) continue;
    const ofBody = seen.get(leaf.body) ?? new Set();
    seen.set(leaf.body, ofBody);
    const read = JSON.stringify(host.read);
    if (ofBody.has(read)) continue;
    ofBody.add(read);
    for (const step of documents.bodies.get(leaf.body)?.steps ?? []) {
      if (!("sha256" in step) || step.verb === "remove") continue;
      faults.push(...stepFaults(judged, host, step));
    }
  }
  return faults;
}

function stepFaults({ facts, policy }: Judged, host: PlanHost, step: PackageStep): PlanFault[] {
  const { read } = host;
  const named = facts.signed.filter(
    (one) =>
      !one.isGone &&
      read.sources.includes(one.source) &&
      `${one.name} ${one.arch} ${one.version}` === `${step.name} ${step.arch} ${step.to}`,
  );
  const own = named.filter((one) => one.sha256 === step.sha256);
  const text = `${step.name} ${step.to} on ${host.name}`;
  const isWhole = read.isAll && (read.archs === null || [...read.archs, "all"].includes(step.arch));
  if (own.length === 0 && (named.length > 0 || isWhole)) {
    return [fault("file-authentic", `${text} is not what its sources sign`)];
  }
  if (own.length === 0 && policy.sources.unproven === "block") {
    return [fault("file-authentic", `${text} is named by no signed index that was verified here`)];
  }
  const ageMin = policy.sources.minimumAgeMs;
  if (ageMin === null) return [];
  const [oldest = null] = own;
  const isOld = oldest !== null && facts.issuedAt - oldest.firstSeen >= ageMin;
  const { isKnownExploited } = facts;
  const isLetIn =
    youngerBecause(policy.sources, { suite: oldest?.suite ?? null, isKnownExploited }) !== null;
  return isOld || isLetIn ? [] : [fault("file-age", `${text} is too young`)];
}
