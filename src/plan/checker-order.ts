import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault, PlanHost } from "./model.ts";

/** Rules about services: in a ring, no host starts in or before a wave of what its service comes after. */
export function serviceOrderFaults(judged: Judged): PlanFault[] {
  const rules = judged.policy.order.services;
  if (rules.length === 0) return [];
  return [...serviceWaves(judged)].flatMap(([ring, services]) =>
    [...services].flatMap(([service, { first }]) =>
      [...allBefore(rules, service)]
        .filter((before) => before === service || (services.get(before)?.last ?? 0) >= first)
        .map((before) => {
          const detail = `in ring ${ring} service ${service} does not come after ${before}`;
          return fault("service-order", detail);
        }),
    ),
  );
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
    const needed = rules.filter((rule) => rule.service === name).flatMap((rule) => rule.after);
    for (const before of needed) {
      if (!found.has(before)) left.push(before);
      found.add(before);
    }
  }
  return found;
}
