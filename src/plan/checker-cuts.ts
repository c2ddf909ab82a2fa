import { selectorToText, selects } from "../base/labels.ts";
import { ringOf } from "../policy/rings.ts";
import { stepsOf } from "../policy/rings-order.ts";
import { tierOf } from "../policy/rings-tiers.ts";
import type { WaveCut } from "../policy/rings-waves.ts";
import { sampleFaults } from "./checker-canaries.ts";
import { type CheckedRing, fault, type Judged, partText } from "./checker-judged.ts";
import type { PlanFault } from "./fault.ts";
import type { PlanHost } from "./model.ts";

/** Rules about how rings are cut into waves, counted again from the hosts that are in each. */
export function cutFaults(judged: Judged): PlanFault[] {
  const { documents, facts, planned, policy, hosts } = judged;
  const byWave = new Map<number, PlanHost[]>();
  for (const [at, leaf] of documents.leaves.entries()) {
    const host = hosts[at];
    if (host === undefined) continue;
    const members = byWave.get(leaf.wave);
    if (members === undefined) byWave.set(leaf.wave, [host]);
    else members.push(host);
  }
  const isClosed = new Set(
    planned.report.excluded.flatMap((one) => (one.because.why === "no-window" ? [one.host] : [])),
  );
  // Hosts for which the calendar had no time were counted with their ring before they fell away.
  const closed = facts.hosts.filter((host) => isClosed.has(host.id));
  return policy.rings.flatMap((ring) => {
    const waves = documents.statement.waves
      .filter((wave) => wave.ring === ring.name)
      .map((wave) => ({ wave, hosts: byWave.get(wave.number) ?? [] }));
    if (waves.length === 0) return [];
    const left = closed.filter((host) => ringOf(policy, host.labels)?.name === ring.name);
    return stepsIn(judged, { ring, waves, closed: left }).flatMap((step) => {
      return ringFaults(judged, step);
    });
  });
}

/**
 * Each step of services or tiers in the ring is cut like a ring of its own; whether they are in order is
 * another rule.
 */
function stepsIn({ policy }: Judged, of: CheckedRing): readonly CheckedRing[] {
  const order = stepsOf(policy.order.services);
  if ("loop" in order) return [of];
  const stepOf = (host: PlanHost | undefined): string => {
    const labels = host?.labels ?? {};
    const tier = policy.order.tiers === "off" ? "" : (tierOf(labels) ?? 0);
    return `${order.steps.get(labels["service"] ?? "") ?? 0} ${tier}`;
  };
  const waves = Map.groupBy(of.waves, ({ hosts }) => stepOf(hosts[0]));
  return [...waves].map(([step, its]) => ({
    ring: of.ring,
    waves: its,
    closed: of.closed.filter((host) => stepOf(host) === step),
  }));
}

function ringFaults(judged: Judged, of: CheckedRing): PlanFault[] {
  const { ring, waves, closed } = of;
  const { canaries, cut } = ring.waves;
  const rest = canaries === null ? waves : waves.slice(1);
  const faults = canaries === null ? [] : sampleFaults(judged, of, canaries);
  const all = [...rest.flatMap((one) => one.hosts), ...closed];
  const before = canaries === null ? 0 : (waves[0]?.hosts.length ?? 0);
  const expected = cut === null ? wholeOf(all) : expectedOf(cut, all, before);
  if (expected.length !== rest.length) {
    const detail = `ring ${ring.name} comes in ${rest.length} waves where ${expected.length} are due`;
    return [...faults, fault("wave-cut", detail)];
  }
  let taken = before;
  for (const [at, { wave, hosts }] of rest.entries()) {
    taken += hosts.length;
    const due = expected[at];
    if (due === undefined) continue;
    const isOf = taken <= due.most && hosts.every((host) => due.holds(host));
    if (isOf && partText(judged, wave) === due.name) continue;
    faults.push(fault("wave-cut", `wave ${wave.number} is not "${due.name}" of ring ${ring.name}`));
  }
  return faults;
}

/** What must be true of one wave: who may be in it, and how many of the ring with it at most. */
interface Due {
  readonly name: string;
  readonly most: number;
  readonly holds: (host: PlanHost) => boolean;
}

function wholeOf(all: readonly PlanHost[]): readonly Due[] {
  const most = Number.POSITIVE_INFINITY;
  return all.length === 0 ? [] : [{ name: "", most, holds: () => true }];
}

function expectedOf(cut: WaveCut, all: readonly PlanHost[], before: number): readonly Due[] {
  const most = Number.POSITIVE_INFINITY;
  switch (cut.kind) {
    case "percent": {
      const total = all.length + before;
      let reached = before;
      return cut.steps.flatMap((step) => {
        const upTo = Math.max(1, Math.floor((total * step) / 100));
        if (upTo <= reached) return [];
        reached = upTo;
        return [{ name: `up to ${step} %`, most: upTo, holds: () => true }];
      });
    }
    case "label":
      return labelsInOrder(cut, all).map((value) => ({
        name: value === undefined ? `no ${cut.key}` : `${cut.key}=${value}`,
        most,
        holds: (host) => host.labels[cut.key] === value,
      }));
    case "select": {
      const firstOf = (host: PlanHost): number =>
        cut.parts.findIndex((part) => selects(part, host.labels));
      const used = new Set(all.map(firstOf));
      const named = cut.parts.map((part, at) => ({ name: selectorToText(part), at }));
      return [...named, { name: "the others", at: -1 }]
        .filter(({ at }) => used.has(at))
        .map(({ name, at }) => ({ name, most, holds: (host) => firstOf(host) === at }));
    }
  }
}

/** The values as the policy names them, then the others from few hosts to many, then those without. */
function labelsInOrder(
  { key, order }: Extract<WaveCut, { kind: "label" }>,
  all: readonly PlanHost[],
): readonly (string | undefined)[] {
  const counts = new Map<string, number>();
  for (const { labels } of all) {
    const value = labels[key];
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const others = [...counts.keys()].filter((value) => !order.includes(value)).sort();
  others.sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0));
  const isAnyWithout = all.some((host) => host.labels[key] === undefined);
  return [
    ...order.filter((value) => counts.has(value)),
    ...others,
    ...(isAnyWithout ? [undefined] : []),
  ];
}
