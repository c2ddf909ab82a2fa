import { ringOf } from "../policy/rings.ts";
import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault, PlanHost, Resolution } from "./model.ts";

/** Rules about who is in a plan: each host known, once, in its own ring, and none forgotten. */
export function hostFaults(judged: Judged): PlanFault[] {
  const { documents, facts, planned, plan } = judged;
  const known = new Map(facts.hosts.map((host) => [host.protocolId, host]));
  const seen = new Set<string>();
  const faults: PlanFault[] = [];
  for (const [at, leaf] of documents.leaves.entries()) {
    if (seen.has(leaf.host)) faults.push(fault("host-twice", leaf.host));
    seen.add(leaf.host);
    const host = known.get(leaf.host);
    if (host === undefined || plan.leaves[at]?.host !== host.id) {
      faults.push(fault("host-unknown", leaf.host));
      continue;
    }
    const ring = documents.statement.waves[leaf.wave - 1]?.ring;
    faults.push(...oneHostFaults(judged, host, ring));
  }
  const excluded = new Set(planned.report.excluded.map((entry) => entry.host));
  for (const host of facts.hosts) {
    const isPlanned = seen.has(host.protocolId);
    if (isPlanned && excluded.has(host.id)) faults.push(fault("host-excluded", host.name));
    if (!isPlanned && !excluded.has(host.id)) faults.push(fault("host-forgotten", host.name));
  }
  return faults;
}

function oneHostFaults(judged: Judged, host: PlanHost, ring: string | undefined): PlanFault[] {
  const { facts, policy } = judged;
  const faults: PlanFault[] = [];
  const own = ringOf(policy, host.labels)?.name ?? "no ring";
  if (own !== ring) faults.push(fault("host-ring", `${host.name} is of ${own}, not of ${ring}`));
  if (host.mode !== "managed") faults.push(fault("host-mode", `${host.name} is ${host.mode}`));
  const inspectedAt = host.inspectedAt ?? Number.NEGATIVE_INFINITY;
  if (!(facts.issuedAt - inspectedAt <= policy.inventoryAgeMaxMs)) {
    faults.push(fault("host-stale", host.name));
  }
  const moves = resolutionOf(judged, host)?.moves ?? [];
  if (moves.some((move) => host.held.includes(move.name))) {
    faults.push(fault("host-held", host.name));
  }
  return faults;
}

/** What the package manager of such a host answered; `null` when no host like it was asked. */
export function resolutionOf({ resolved }: Judged, host: PlanHost): Resolution | null {
  return resolved.get(`${host.packageSet} ${host.offerSet}`) ?? null;
}
