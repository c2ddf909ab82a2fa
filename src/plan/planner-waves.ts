import { type Instant, SECOND_MS } from "../base/instant.ts";
import type { Span } from "../base/spans.ts";
import { amountOf, type ClassPolicy, type RingPolicy } from "../policy/rings.ts";
import { openSpans } from "../policy/rings-times.ts";
import { WINDOWS_MAX } from "./leaf.ts";
import type { Blocker, PlanInput, PlannedWave, WaveLimits } from "./model.ts";
import type { Candidate } from "./planner-hosts.ts";

/**
 * One wave for each ring that has hosts, in the policy's order. A wave may begin when the wave before
 * could have begun and soaked at the earliest; the engine waits for more, the signed times bound even
 * a server that does not.
 */
export interface Schedule {
  readonly waves: readonly PlannedWave[];
  readonly blocked: readonly Blocker[];
  /** Waves whose later opening times do not fit into a leaf. */
  readonly cutShort: readonly string[];
}

export function scheduleWaves(input: PlanInput, candidates: readonly Candidate[]): Schedule {
  const rules = input.policy.classes[input.class];
  if (rules === undefined) {
    return { waves: [], cutShort: [], blocked: [{ why: "class-not-allowed", class: input.class }] };
  }
  const counts = new Map<string, number>();
  for (const { ring } of candidates) counts.set(ring.name, (counts.get(ring.name) ?? 0) + 1);
  const waves: PlannedWave[] = [];
  const cutShort: string[] = [];
  const until = floorSecond(input.issuedAt) + rules.validityMs;
  let earliest = ceilSecond(Math.max(input.issuedAt, input.startsAt ?? 0));
  for (const ring of input.policy.rings) {
    const hostCount = counts.get(ring.name) ?? 0;
    if (hostCount === 0) continue;
    const times = timesOf(ring, { from: earliest, to: until });
    if (times === null) {
      return { waves, cutShort, blocked: [{ why: "no-window", ring: ring.name, until }] };
    }
    if (times.isCutShort) cutShort.push(ring.name);
    const { notBefore, notAfter, windows } = times;
    const limits = limitsOf(ring, rules, hostCount);
    const number = waves.length + 1;
    waves.push({ number, ring: ring.name, notBefore, notAfter, windows, hostCount, limits });
    earliest = notBefore + limits.soakSeconds * SECOND_MS;
  }
  return { waves, cutShort, blocked: canaryBlocker(input, waves) };
}

/** Host protocol §9: an emergency is shorter, but never without a canary wave. */
function canaryBlocker(input: PlanInput, waves: readonly PlannedWave[]): Blocker[] {
  const first = input.policy.rings[0]?.name ?? "";
  const isMissing = input.class === "emergency" && waves.length > 0 && waves[0]?.ring !== first;
  return isMissing ? [{ why: "no-canary", ring: first }] : [];
}

function timesOf(
  ring: RingPolicy,
  span: Span,
): {
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly windows: readonly Span[];
  readonly isCutShort: boolean;
} | null {
  const [first] = openSpans(ring.opens, span);
  if (first === undefined) return null;
  const to = Math.min(span.to, first.from + (ring.lastsMs ?? Number.MAX_SAFE_INTEGER));
  const spans = openSpans(ring.opens, { from: first.from, to });
  const windows = spans.slice(0, WINDOWS_MAX);
  return {
    notBefore: first.from,
    notAfter: windows.at(-1)?.to ?? to,
    windows: ring.opens === null ? [] : windows,
    isCutShort: windows.length < spans.length,
  };
}

export function limitsOf(ring: RingPolicy, rules: ClassPolicy, hostCount: number): WaveLimits {
  return {
    batchSize: amountOf(ring.batch.size, hostCount, 1),
    inFlightMax: Math.min(ring.batch.inFlightMax, hostCount),
    failedMax: amountOf(ring.failedMax, hostCount, 0),
    successRateMin: ring.successRateMin,
    soakSeconds: Math.ceil((ring.soakMs * rules.soakShare) / SECOND_MS),
    rollback: ring.onFailure.rollback,
  };
}

function floorSecond(instant: Instant): Instant {
  return Math.floor(instant / SECOND_MS) * SECOND_MS;
}

function ceilSecond(instant: Instant): Instant {
  return Math.ceil(instant / SECOND_MS) * SECOND_MS;
}
