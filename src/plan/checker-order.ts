import { stepsOf } from "../policy/rings-order.ts";
import { type Tier, tierOf, tiers } from "../policy/rings-tiers.ts";
import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault } from "./fault.ts";

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

/**
 * Rules about tiers: in a ring, and among services that nothing orders, no host starts in or before a
 * wave of a host that is less critical.
 */
export function tierOrderFaults(judged: Judged): PlanFault[] {
  const { documents, hosts, policy } = judged;
  const order = stepsOf(policy.order.services);
  if (policy.order.tiers === "off" || "loop" in order) return [];
  const groups = new Map<string, Map<Tier, WaveRange>>();
  for (const [at, { wave }] of documents.leaves.entries()) {
    const labels = hosts[at]?.labels;
    const ring = documents.statement.waves[wave - 1]?.ring;
    if (labels === undefined || ring === undefined) continue;
    const key = `${ring}, step ${(order.steps.get(labels["service"] ?? "") ?? 0) + 1}`;
    const ranges = groups.get(key) ?? new Map<Tier, WaveRange>();
    groups.set(key, ranges);
    widen(ranges, tierOf(labels) ?? 0, wave);
  }
  return [...groups].flatMap(([key, ranges]) =>
    tiers.flatMap((tier) => {
      const first = ranges.get(tier)?.first ?? Number.POSITIVE_INFINITY;
      return tiers
        .filter((other) => other > tier && (ranges.get(other)?.last ?? 0) >= first)
        .map((other) => {
          return fault("tier-order", `in ring ${key}, tier ${tier} does not come after ${other}`);
        });
    }),
  );
}

function widen<K>(ranges: Map<K, WaveRange>, key: K, wave: number): void {
  const range = ranges.get(key) ?? { first: wave, last: wave };
  ranges.set(key, range);
  range.first = Math.min(range.first, wave);
  range.last = Math.max(range.last, wave);
}

interface WaveRange {
  first: number;
  last: number;
}

/** By ring and service: the first and the last wave that has a host of it. */
function serviceWaves({ documents, hosts }: Judged): Map<string, Map<string, WaveRange>> {
  const rings = new Map<string, Map<string, WaveRange>>();
  for (const [at, leaf] of documents.leaves.entries()) {
    const ring = documents.statement.waves[leaf.wave - 1]?.ring;
    const service = hosts[at]?.labels["service"];
    if (ring === undefined || service === undefined) continue;
    const services = rings.get(ring) ?? new Map<string, WaveRange>();
    rings.set(ring, services);
    widen(services, service, leaf.wave);
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
