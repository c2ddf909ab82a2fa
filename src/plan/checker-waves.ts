import { SECOND_MS } from "../base/instant.ts";
import type { FailureTest } from "../policy/failure-test.ts";
import { amountOf, type RingPolicy } from "../policy/rings.ts";
import type { Rate } from "../policy/rings-budgets.ts";
import { openSpans } from "../policy/rings-times.ts";
import { fault, type Judged } from "./checker-judged.ts";
import { soakFactors } from "./checker-tiers.ts";
import type { PlanFault } from "./fault.ts";
import type { PlannedWave } from "./model.ts";
import type { StatementWave } from "./statement.ts";

/** Rules about waves: their order, times, windows and limits. */
export function waveFaults(judged: Judged): PlanFault[] {
  const { documents, plan, policy, facts } = judged;
  const faults = [...listFaults(judged), ...orderFaults(judged), ...agreementFaults(judged)];
  const rules = policy.classes[facts.class];
  if (rules === undefined) return faults;
  const end = documents.statement.issued + rules.validityMs / SECOND_MS;
  let earliest = Math.max(documents.statement.issued, (facts.startsAt ?? 0) / SECOND_MS);
  const factors = soakFactors(judged);
  const members = membersOf(judged);
  for (const wave of documents.statement.waves) {
    const soakShare = rules.soakShare * (factors.get(wave.number) ?? 1);
    const name = `wave ${wave.number}`;
    const ring = policy.rings.find((known) => known.name === wave.ring);
    if (wave.notAfter > end) {
      faults.push(fault("wave-times", `${name} ends after the approval's validity`));
    }
    if (wave.notBefore < earliest) {
      const rule = wave.number === 1 ? "wave-times" : "wave-soak";
      faults.push(fault(rule, `${name} may begin too early, before ${Math.ceil(earliest)}`));
    }
    if (ring === undefined) continue;
    const { hosts, windows } = members.get(wave.number) ?? nobody;
    faults.push(...windowFaults(windows, wave, ring));
    const planned = plan.waves.find((other) => other.number === wave.number);
    if (planned !== undefined) faults.push(...limitFaults(planned, { hosts, ring, soakShare }));
    earliest = wave.notBefore + (ring.soakMs * soakShare) / SECOND_MS;
  }
  return faults;
}

interface Members {
  hosts: number;
  /** Their distinct times, `from to,from to` in Unix seconds. */
  readonly windows: Set<string>;
}

const nobody: Members = { hosts: 0, windows: new Set() };

/** By wave; of many waves each would else walk all leaves again. */
function membersOf({ documents }: Judged): ReadonlyMap<number, Members> {
  const members = new Map<number, Members>();
  for (const { wave, windows } of documents.leaves) {
    const of = members.get(wave) ?? { hosts: 0, windows: new Set() };
    members.set(wave, of);
    of.hosts += 1;
    of.windows.add(windows.map(({ from, to }) => `${from} ${to}`).join(","));
  }
  return members;
}

/** The plan's own list of waves must say what the signed statement says. */
function listFaults({ plan, documents }: Judged): PlanFault[] {
  const signed = documents.statement.waves.map(
    (w) => `${w.number} ${w.ring} ${w.notBefore} ${w.notAfter}`,
  );
  const listed = plan.waves.map(
    (w) => `${w.number} ${w.ring} ${w.notBefore / SECOND_MS} ${w.notAfter / SECOND_MS}`,
  );
  if (signed.join("\n") === listed.join("\n")) return [];
  return [fault("wave-list", "the waves are not those of the statement")];
}

function orderFaults({ documents, policy }: Judged): PlanFault[] {
  const faults: PlanFault[] = [];
  const { leaves, statement } = documents;
  let before = -1;
  for (const wave of statement.waves) {
    const place = policy.rings.findIndex((ring) => ring.name === wave.ring);
    if (place < 0) {
      faults.push(fault("ring-unknown", `the policy has no ring ${wave.ring}`));
    } else if (place < before) {
      faults.push(fault("ring-order", `ring ${wave.ring} is out of the policy's order`));
    }
    before = Math.max(before, place);
  }
  for (const [at, leaf] of leaves.entries()) {
    const last = leaves[at - 1]?.wave ?? 1;
    if (leaf.wave < last || leaf.wave > statement.waves.length) {
      faults.push(fault("wave-order", `leaf ${at} is in wave ${leaf.wave} after wave ${last}`));
    }
  }
  return faults;
}

/** What the plan says of itself beside the statement, recomputed. */
function agreementFaults({ plan, documents, policy, facts }: Judged): PlanFault[] {
  const faults: PlanFault[] = [];
  const { statement } = documents;
  const counts = new Map<number, number>();
  for (const leaf of documents.leaves) counts.set(leaf.wave, (counts.get(leaf.wave) ?? 0) + 1);
  for (const wave of plan.waves) {
    const count = counts.get(wave.number) ?? 0;
    if (count !== wave.hostCount || count === 0) {
      faults.push(fault("wave-count", `wave ${wave.number} has ${count} hosts`));
    }
  }
  const rings = policy.rings.filter((ring) => statement.waves.some((w) => w.ring === ring.name));
  const need = Math.max(policy.classes[facts.class]?.need ?? 1, ...rings.map((r) => r.need));
  if (plan.need < need) faults.push(fault("need", `${plan.need} approvals of ${need}`));
  const lastEnd = Math.max(...statement.waves.map((wave) => wave.notAfter)) * SECOND_MS;
  if (plan.expiresAt > lastEnd) faults.push(fault("expiry", "approvals outlive the last wave"));
  if (facts.class === "emergency" && statement.waves[0]?.ring !== policy.rings[0]?.name) {
    faults.push(fault("canary", "an emergency without a wave of the first ring"));
  }
  return faults;
}

/** Each moment in which a host may start must be one in which its ring is open. */
function windowFaults(
  texts: ReadonlySet<string>,
  wave: StatementWave,
  ring: RingPolicy,
): PlanFault[] {
  const span = { from: wave.notBefore * SECOND_MS, to: wave.notAfter * SECOND_MS };
  const open = openSpans(ring.opens, span);
  const faults: PlanFault[] = [];
  for (const text of texts) {
    const windows = text === "" ? [`${wave.notBefore} ${wave.notAfter}`] : text.split(",");
    for (const window of windows) {
      const [from = 0, to = 0] = window.split(" ").map((second) => Number(second) * SECOND_MS);
      if (open.some((known) => known.from <= from && to <= known.to)) continue;
      faults.push(fault("window-closed", `wave ${wave.number}: ring closed within ${window}`));
    }
  }
  return faults;
}

function limitFaults(
  wave: PlannedWave,
  of: { readonly hosts: number; readonly ring: RingPolicy; readonly soakShare: number },
): PlanFault[] {
  const { limits } = wave;
  const { hosts, ring, soakShare } = of;
  const weaker: [isWeaker: boolean, what: string][] = [
    [limits.batchSize < 1 || limits.batchSize > amountOf(ring.batch.size, hosts, 1), "batch"],
    [limits.inFlightMax < 1 || limits.inFlightMax > ring.batch.inFlightMax, "hosts under way"],
    [isFaster(limits.rate, ring.rate), "rate"],
    [(limits.stageSeconds ?? 0) * SECOND_MS > (ring.stageMs ?? 0), "staging"],
    [limits.failedMax > amountOf(ring.failedMax, hosts, 0), "failure budget"],
    [!isSameTest(limits.failures, ring.failures), "failure test"],
    [limits.successRateMin < ring.successRateMin, "success rate"],
    [limits.soakSeconds * SECOND_MS < ring.soakMs * soakShare, "soak"],
    [limits.rollback !== ring.onFailure.rollback, "rollback"],
  ];
  return weaker
    .filter(([isWeaker]) => isWeaker)
    .map(([, what]) => fault("limits-weaker", `wave ${wave.number}: ${what}`));
}

function isFaster(planned: Rate | null, rule: Rate | null): boolean {
  if (rule === null) return false;
  return planned === null || planned.hosts > rule.hosts || planned.seconds < rule.seconds;
}

function isSameTest(planned: FailureTest | null, rule: FailureTest | null): boolean {
  if (planned === null || rule === null) return planned === rule;
  const names = ["baseline", "bad", "alpha", "beta"] as const;
  return names.every((name) => planned[name] === rule[name]);
}
