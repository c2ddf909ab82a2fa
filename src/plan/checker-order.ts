import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault, PlanHost } from "./model.ts";

/** Rules about services: in a ring, no host starts in or before a wave of what its service comes after. */
export function serviceOrderFaults(judged: Judged): PlanFault[] {
  const rules = judged.policy.order.services;
  if (rules.length === 0) return [];
  const waves = serviceWaves(judged);
  const faults: PlanFault[] = [];
  for (const [ring, services] of waves) {
    for (const [service, { first }] of services) {
      for (const before of allBefore(rules, service)) {
        const last = services.get(before)?.last ?? 0;
        if (before === service || last >= first) {
          const detail = `in ring ${ring} service ${service} does not come after ${before}`;
          faults.push(fault("service-order", detail));
        }
      }
    }
  }
  return faults;
}

interface WaveRange {
  first: number;
  last: number;
}

/** By ring and service: the first and the last wave that has a host of it. */
function serviceWaves({ documents, facts }: Judged): Map<string, Map<string, WaveRange>> {
  const known = new Map(facts.hosts.map((host): [string, PlanHost] => [host.protocolId, host]));
  const rings = new Map<string, Map<string, WaveRange>>();
  for (const leaf of documents.leaves) {
    const ring = documents.statement.waves[leaf.wave - 1]?.ring;
    const service = known.get(leaf.host)?.labels["service"];
    if (ring === undefined || service === undefined) continue;
    const services = rings.get(ring) ?? new Map<string, WaveRange>();
    rings.set(ring, services);
    const range = services.get(service) ?? { first: leaf.wave, last: leaf.wave };
    range.first = Math.min(range.first, leaf.wave);
    range.last = Math.max(range.last, leaf.wave);
    services.set(service, range);
  }
  return rings;
}

/** Everything that must be over before a service begins, over any number of rules. */
function allBefore(
  rules: Judged["policy"]["order"]["services"],
  service: string,
): ReadonlySet<string> {
  const found = new Set<string>();
  const left = [service];
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    for (const rule of rules) {
      if (rule.service !== name) continue;
      for (const before of rule.after) {
        if (!found.has(before)) left.push(before);
        found.add(before);
      }
    }
  }
  return found;
}
