import { SECOND_MS } from "../base/instant.ts";
import { type InPieces, PIECE } from "../base/pieces.ts";
import { covers, type Span } from "../base/spans.ts";
import { hostTimes, timesKey } from "../calendar/host-times.ts";
import { ringOf } from "../policy/rings.ts";
import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault } from "./fault.ts";
import type { Leaf } from "./leaf.ts";
import type { PlanFacts, PlanHost, Resolution } from "./model.ts";
import type { StatementWave } from "./statement.ts";

/** Rules about who is in a plan: each host known, once, in its own ring, and none forgotten. */
export function* hostFaults(judged: Judged): InPieces<PlanFault[]> {
  const { documents, facts, planned, plan, hosts } = judged;
  const seen = new Set<string>();
  const faults: PlanFault[] = [];
  for (const [at, leaf] of documents.leaves.entries()) {
    if (at % PIECE === 0) yield;
    if (seen.has(leaf.host)) faults.push(fault("host-twice", leaf.host));
    seen.add(leaf.host);
    const host = hosts[at];
    if (host === undefined || plan.leaves[at]?.host !== host.id) {
      faults.push(fault("host-unknown", leaf.host));
      continue;
    }
    const ring = documents.statement.waves[leaf.wave - 1]?.ring;
    oneHostFaults(judged, { host, ring, faults });
  }
  for (const one of yield* calendarFaults(judged)) faults.push(one);
  const excluded = new Set(planned.report.excluded.map((entry) => entry.host));
  for (const [at, host] of facts.hosts.entries()) {
    if (at % PIECE === 0) yield;
    const isPlanned = seen.has(host.protocolId);
    if (isPlanned && excluded.has(host.id)) faults.push(fault("host-excluded", host.name));
    if (!isPlanned && !excluded.has(host.id)) faults.push(fault("host-forgotten", host.name));
  }
  return faults;
}

/** Adds to the faults; a million hosts have no list each. */
function oneHostFaults(
  judged: Judged,
  one: {
    readonly host: PlanHost;
    readonly ring: string | undefined;
    readonly faults: PlanFault[];
  },
): void {
  const { facts, policy } = judged;
  const { host, ring, faults } = one;
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
  if (host.distrusted.some(({ because }) => because === "blocked")) {
    faults.push(fault("host-source", `${host.name} has a source that is blocked`));
  }
  if (host.distrusted.some(({ because }) => because === "refused")) {
    faults.push(fault("host-source", `${host.name} has a source that failed its check`));
  }
  const isOpen = host.distrusted.some(({ because }) => because === "unauthenticated");
  if (isOpen && policy.sources.unauthenticated === "block") {
    faults.push(fault("host-source", `${host.name} has a source that nobody signs`));
  }
  const isLoose = host.distrusted.some(({ because }) => because === "unsigned-index");
  if (isLoose && policy.sources.unsignedIndex === "block") {
    faults.push(fault("host-source", `${host.name} does not demand a signed index of a source`));
  }
}

/** Each moment in which a host may start must be one that its own calendar leaves open. */
function* calendarFaults(judged: Judged): InPieces<PlanFault[]> {
  const { documents, facts, hosts } = judged;
  const asked = new Map<string, boolean>();
  const faults: PlanFault[] = [];
  for (const [at, leaf] of documents.leaves.entries()) {
    if (at % PIECE === 0) yield;
    const host = hosts[at];
    const wave = documents.statement.waves[leaf.wave - 1];
    if (host === undefined || wave === undefined) continue;
    const own = leaf.windows.map(({ from, to }) => `${from}-${to}`).join() || `wave ${leaf.wave}`;
    const key = `${timesKey(facts.calendar, host)} ${own}`;
    const isOpen = asked.get(key) ?? isOpenThroughout(facts, host, spansOf(leaf, wave));
    asked.set(key, isOpen);
    if (!isOpen) faults.push(fault("calendar-closed", `${host.name} is closed within its time`));
  }
  return faults;
}

function spansOf(leaf: Leaf, wave: StatementWave): readonly Span[] {
  const own =
    leaf.windows.length > 0 ? leaf.windows : [{ from: wave.notBefore, to: wave.notAfter }];
  return own.map(({ from, to }) => ({ from: from * SECOND_MS, to: to * SECOND_MS }));
}

function isOpenThroughout(facts: PlanFacts, host: PlanHost, spans: readonly Span[]): boolean {
  return spans.every((span) => {
    const asked = { span, urgency: facts.class };
    return span.from === span.to || covers(hostTimes(facts.calendar, host, asked).open, span);
  });
}

/** What the package manager of such a host answered; `null` when no host like it was asked. */
export function resolutionOf({ resolved }: Judged, host: PlanHost): Resolution | null {
  const { packageSet, offerSet } = host;
  if (packageSet === null || offerSet === null) return null;
  return resolved.get(packageSet)?.get(offerSet) ?? null;
}
