import { type Instant, SECOND_MS } from "../base/instant.ts";
import { joined, overlap, type Span } from "../base/spans.ts";
import { amountOf, type ClassPolicy, type RingPolicy } from "../policy/rings.ts";
import { openSpans } from "../policy/rings-times.ts";
import type { Blocker, Exclusion, PlanInput, PlannedWave, WaveLimits } from "./model.ts";
import {
  closedBecause,
  firstOpening,
  type OpenGroup,
  openGroups,
  windowsOf,
} from "./planner-calendar.ts";
import type { Candidate } from "./planner-hosts.ts";

/**
 * One wave for each ring that has hosts, in the policy's order. A wave may begin when the wave before
 * could have begun and soaked at the earliest; the engine waits for more, the signed times bound even
 * a server that does not. A host may start where its ring and its own calendar are both open.
 */
export interface Schedule {
  readonly waves: readonly PlannedWave[];
  readonly blocked: readonly Blocker[];
  /** Waves whose later opening times do not fit into a leaf. */
  readonly cutShort: readonly string[];
  /** The times of hosts whose windows are not simply those of their wave. */
  readonly windowsOf: ReadonlyMap<Candidate, readonly Span[]>;
  /** Hosts for which the calendar has no time while their wave may run. */
  readonly closed: ReadonlyMap<Candidate, Exclusion>;
  /** Hosts whose longest window is shorter than jobs were seen to take, by ring. */
  readonly tooShort: readonly TooShort[];
}

export interface TooShort {
  readonly ring: string;
  readonly hosts: number;
  readonly longestSeconds: number;
}

export function scheduleWaves(input: PlanInput, candidates: readonly Candidate[]): Schedule {
  const waves: PlannedWave[] = [];
  const cutShort: string[] = [];
  const tooShort: TooShort[] = [];
  const windows = new Map<Candidate, readonly Span[]>();
  const closed = new Map<Candidate, Exclusion>();
  const made = { waves, cutShort, tooShort, windowsOf: windows, closed };
  const rules = input.policy.classes[input.class];
  if (rules === undefined) {
    return { ...made, blocked: [{ why: "class-not-allowed", class: input.class }] };
  }
  const byRing = Map.groupBy(candidates, ({ ring }) => ring.name);
  const until = floorSecond(input.issuedAt) + rules.validityMs;
  let earliest = ceilSecond(Math.max(input.issuedAt, input.startsAt ?? 0));
  for (const ring of input.policy.rings) {
    const hosts = byRing.get(ring.name) ?? [];
    if (hosts.length === 0) continue;
    const times = timesOf(input, ring, { hosts, span: { from: earliest, to: until } });
    if ("because" in times) {
      const blocker = { why: "no-window", ring: ring.name, until, because: times.because } as const;
      return { ...made, blocked: [blocker] };
    }
    for (const [host, own] of times.own) windows.set(host, own);
    for (const [host, because] of times.closed) closed.set(host, because);
    if (times.isCutShort) cutShort.push(ring.name);
    if (times.tooShort !== null) tooShort.push(times.tooShort);
    const { notBefore, notAfter } = times;
    const hostCount = hosts.length - times.closed.size;
    const limits = limitsOf(ring, rules, hostCount);
    const number = waves.length + 1;
    const wave = { number, ring: ring.name, notBefore, notAfter, windows: times.windows };
    waves.push({ ...wave, hostCount, limits });
    earliest = notBefore + limits.soakSeconds * SECOND_MS;
  }
  return { ...made, blocked: canaryBlocker(input, waves) };
}

/** Host protocol §9: an emergency is shorter, but never without a canary wave. */
function canaryBlocker(input: PlanInput, waves: readonly PlannedWave[]): Blocker[] {
  const first = input.policy.rings[0]?.name ?? "";
  const isMissing = input.class === "emergency" && waves.length > 0 && waves[0]?.ring !== first;
  return isMissing ? [{ why: "no-canary", ring: first }] : [];
}

interface RingTimes {
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly windows: readonly Span[];
  readonly own: ReadonlyMap<Candidate, readonly Span[]>;
  readonly closed: ReadonlyMap<Candidate, Exclusion>;
  readonly isCutShort: boolean;
  readonly tooShort: TooShort | null;
}

function timesOf(
  input: PlanInput,
  ring: RingPolicy,
  of: { readonly hosts: readonly Candidate[]; readonly span: Span },
): RingTimes | { readonly because: string | null } {
  const { hosts, span } = of;
  const ringOpen = openSpans(ring.opens, span);
  const groups = openGroups(input, hosts, span);
  const notBefore = firstOpening(groups, ringOpen);
  if (notBefore === null) return { because: whyNever(input, groups, span, ringOpen) };
  const to = Math.min(span.to, notBefore + (ring.lastsMs ?? Number.MAX_SAFE_INTEGER));
  const wave = { from: notBefore, to };
  const within = overlap(ringOpen, [wave]);
  const judged = groups.map((group) => ({ group, ...windowsOf(group, within) }));
  const open = judged.filter(({ windows }) => windows.length > 0);
  // A host without windows of its own, in a ring without: the wave's time is all there is.
  const isFree = ring.opens === null && open.some(({ group }) => group.open === null);
  return {
    notBefore,
    notAfter: isFree ? to : Math.max(...open.map(({ windows }) => windows.at(-1)?.to ?? to)),
    windows: isFree ? [] : joined(open.flatMap(({ windows }) => windows)),
    own: new Map(
      open.flatMap(({ group, windows }) => {
        const own = ring.opens === null && group.open === null ? [] : windows;
        return group.candidates.map((host) => [host, own] as const);
      }),
    ),
    closed: new Map(
      judged.flatMap(({ group, windows }) => {
        if (windows.length > 0) return [];
        const because = closedBecause(input, group, wave);
        return group.candidates.map((host) => [host, because] as const);
      }),
    ),
    isCutShort: open.some((one) => one.isCutShort),
    tooShort: tooShortOf(input, ring.name, open),
  };
}

function whyNever(
  input: PlanInput,
  groups: readonly OpenGroup[],
  span: Span,
  ringOpen: readonly Span[],
): string | null {
  const [group] = groups;
  if (group === undefined || group.open === null || ringOpen.length === 0) return null;
  const because = closedBecause(input, group, span);
  return because.why === "no-window" ? because.because : null;
}

/** A window that ends before most jobs did would leave hosts in the middle of theirs. */
function tooShortOf(
  { jobSeconds }: PlanInput,
  ring: string,
  open: readonly { readonly group: OpenGroup; readonly windows: readonly Span[] }[],
): TooShort | null {
  if (jobSeconds === null) return null;
  const short = open.flatMap(({ group, windows }) => {
    const seconds = Math.max(...windows.map(({ from, to }) => (to - from) / SECOND_MS));
    return seconds < jobSeconds ? [{ hosts: group.candidates.length, seconds }] : [];
  });
  if (short.length === 0) return null;
  const hosts = short.reduce((sum, one) => sum + one.hosts, 0);
  return { ring, hosts, longestSeconds: Math.max(...short.map((one) => one.seconds)) };
}

export function limitsOf(ring: RingPolicy, rules: ClassPolicy, hostCount: number): WaveLimits {
  return {
    batchSize: amountOf(ring.batch.size, hostCount, 1),
    inFlightMax: Math.min(ring.batch.inFlightMax, hostCount),
    failedMax: amountOf(ring.failedMax, hostCount, 0),
    failures: ring.failures,
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
