import { type Instant, SECOND_MS } from "../base/instant.ts";
import type { InPieces } from "../base/pieces.ts";
import { joined, overlap, type Span } from "../base/spans.ts";
import type { EntryTime } from "../calendar/model.ts";
import { amountOf, type ClassPolicy, type RingPolicy } from "../policy/rings.ts";
import { stepsOf } from "../policy/rings-order.ts";
import { tierOf } from "../policy/rings-tiers.ts";
import { openSpans } from "../policy/rings-times.ts";
import { WAVES_MAX, type WaveStep } from "../policy/rings-waves.ts";
import type {
  Blocker,
  CanaryReport,
  Exclusion,
  PlanInput,
  PlannedWave,
  WaveLimits,
} from "./model.ts";
import {
  closedBecause,
  firstOpening,
  type OpenGroup,
  openGroups,
  windowsOf,
} from "./planner-calendar.ts";
import { type CutRing, cutRing, type RingPart } from "./planner-cut.ts";
import type { Candidate } from "./planner-hosts.ts";
import { soakFactorOf } from "./planner-tiers.ts";

/**
 * The waves of a plan: the rings in the policy's order, each cut into its parts. A wave may begin when
 * the wave before could have begun and soaked at the earliest; the engine waits for more, the signed
 * times bound even a server that does not. A host may start where its ring and its own calendar are
 * both open.
 */
export interface Schedule {
  readonly waves: readonly PlannedWave[];
  /** The hosts of each wave in the order in which they start, without those that are closed. */
  readonly members: ReadonlyMap<number, readonly Candidate[]>;
  readonly canaries: readonly CanaryReport[];
  readonly blocked: readonly Blocker[];
  /** Waves whose later opening times do not fit into a leaf. */
  readonly cutShort: readonly string[];
  /** The times of hosts whose windows are not simply those of their wave, by their place. */
  readonly windowsOf: readonly (readonly Span[] | undefined)[];
  /** Hosts for which the calendar has no time while their wave may run. */
  readonly closed: ReadonlyMap<Candidate, Exclusion>;
  /** Waves that wait for the calendar, or that a release or a CAB meeting meets. */
  readonly met: readonly CalendarMet[];
  /** Hosts whose longest window is shorter than jobs were seen to take, by ring. */
  readonly tooShort: readonly TooShort[];
}

export interface CalendarMet {
  readonly wave: number;
  readonly ring: string;
  /** Why it begins no sooner, and when it does; null where nothing keeps it. */
  readonly waits: { readonly because: string; readonly until: Instant } | null;
  readonly told: readonly EntryTime[];
}

export interface TooShort {
  readonly ring: string;
  readonly hosts: number;
  readonly longestSeconds: number;
}

export function* scheduleWaves(
  input: PlanInput,
  candidates: readonly Candidate[],
): InPieces<Schedule> {
  const made = new Waves();
  const rules = input.policy.classes[input.class];
  if (rules === undefined) {
    return { ...made, blocked: [{ why: "class-not-allowed", class: input.class }] };
  }
  const order = stepsOf(input.policy.order.services);
  if ("loop" in order) return { ...made, blocked: [{ why: "service-circle", loop: order.loop }] };
  const byRing = Map.groupBy(candidates, ({ ring }) => ring.name);
  const to = floorSecond(input.issuedAt) + rules.validityMs;
  let from = ceilSecond(Math.max(input.issuedAt, input.startsAt ?? 0));
  for (const ring of input.policy.rings) {
    const members = byRing.get(ring.name) ?? [];
    for (const step of inSteps(members, order.steps, input.policy.order.tiers)) {
      const ended = yield* addStep(input, made, { ring, rules, ...step, span: { from, to } });
      if ("why" in ended) return { ...made, blocked: [ended] };
      from = ended.from;
    }
  }
  return { ...made, blocked: [...canaryBlocker(input, made.waves), ...tooMany(made.waves)] };
}

/** Adds the waves of one step of a ring; gives when the wave after them may begin. */
function* addStep(
  input: PlanInput,
  made: Waves,
  of: Step & { readonly ring: RingPolicy; readonly rules: ClassPolicy; readonly span: Span },
): InPieces<{ readonly from: Instant } | Blocker> {
  const { ring, rules, step } = of;
  let { from } = of.span;
  const cut = yield* cutInTime(input, ring, of);
  if (cut.canaries !== null) made.canaries.push(cut.canaries);
  for (const { hosts, until, ...piece } of cut.parts) {
    yield;
    const part = step === null ? piece.part : { ...piece.part, step };
    const times = timesOf(input, ring, { hosts, span: { from, to: until } });
    if ("because" in times) {
      const { because } = times;
      return { why: "no-window", ring: ring.name, part, until: of.span.to, because };
    }
    const soakFactor = soakFactorOf(input, hosts);
    const wave = made.add({ ring, part, hosts, times, rules, soakFactor });
    from = wave.notBefore + wave.limits.soakSeconds * SECOND_MS;
  }
  return { from };
}

/** The waves as they are made, one after another. */
class Waves {
  readonly waves: PlannedWave[] = [];
  readonly members = new Map<number, readonly Candidate[]>();
  readonly canaries: CanaryReport[] = [];
  readonly cutShort: string[] = [];
  readonly tooShort: TooShort[] = [];
  readonly met: CalendarMet[] = [];
  readonly windowsOf: (readonly Span[] | undefined)[] = [];
  readonly closed = new Map<Candidate, Exclusion>();

  add(
    of: RingPart & {
      readonly ring: RingPolicy;
      readonly times: RingTimes;
      readonly rules: ClassPolicy;
      readonly soakFactor: number;
    },
  ): PlannedWave {
    const { ring, part, times } = of;
    for (const { hosts, windows } of times.own) {
      for (const { at } of hosts) this.windowsOf[at] = windows;
    }
    for (const [host, because] of times.closed) this.closed.set(host, because);
    if (times.isCutShort) this.cutShort.push(ring.name);
    if (times.tooShort !== null) this.tooShort.push(times.tooShort);
    const { notBefore, notAfter, windows } = times;
    const hosts =
      times.closed.size === 0 ? of.hosts : of.hosts.filter((host) => !times.closed.has(host));
    const limits = limitsOf(ring, of, hosts.length);
    const number = this.waves.length + 1;
    const { waits, told } = times;
    if (waits !== null || told.length > 0) {
      this.met.push({ wave: number, ring: ring.name, waits, told });
    }
    const wave = {
      ...{ number, ring: ring.name, part, notBefore, notAfter, windows },
      ...{ hostCount: hosts.length, limits },
    };
    this.waves.push(wave);
    this.members.set(number, hosts);
    return wave;
  }
}

interface Step {
  readonly hosts: readonly Candidate[];
  /** Null where the ring has but one. */
  readonly step: WaveStep | null;
}

/**
 * Hosts of services that come after others are a step of their own, which is cut like a ring; where
 * the policy orders tiers, so are in each of these the hosts of each tier, the least critical first.
 */
function inSteps(
  hosts: readonly Candidate[],
  steps: ReadonlyMap<string, number>,
  tiers: "descending" | "off",
): readonly Step[] {
  const byService = Map.groupBy(hosts, ({ host }) => steps.get(host.labels["service"] ?? "") ?? 0);
  const groups = [...byService]
    .sort(([a], [b]) => a - b)
    .flatMap(([, some]) => (tiers === "off" ? [{ hosts: some, tier: undefined }] : inTiers(some)));
  if (groups.length === 1) return [{ hosts, step: null }];
  return groups.map(({ hosts: some, tier }, at) => ({
    hosts: some,
    step: { at: at + 1, of: groups.length, ...(tier === undefined ? {} : { tier }) },
  }));
}

function inTiers(hosts: readonly Candidate[]): { hosts: Candidate[]; tier: number | undefined }[] {
  const byTier = Map.groupBy(hosts, ({ host }) => tierOf(host.labels) ?? 0);
  return [...byTier].sort(([a], [b]) => b - a).map(([tier, some]) => ({ hosts: some, tier }));
}

interface TimedPart extends RingPart {
  /** The part's hosts may start until then at the latest. */
  readonly until: Instant;
}

/**
 * Canaries are taken from hosts that can start as soon as the ring opens, and their wave ends no later
 * than the ring's would: else the sample would wait for a host that has time last.
 */
function* cutInTime(
  input: PlanInput,
  ring: RingPolicy,
  of: { readonly hosts: readonly Candidate[]; readonly span: Span },
): InPieces<Pick<CutRing, "canaries"> & { readonly parts: readonly TimedPart[] }> {
  const { hosts, span } = of;
  const times = ring.waves.canaries === null ? null : timesOf(input, ring, of);
  const isOpen = times === null || "because" in times ? null : times;
  const open = isOpen === null ? hosts : hosts.filter((host) => !isOpen.closed.has(host));
  yield;
  const cut = yield* cutRing(ring, { hosts, open, change: input.change });
  const first = isOpen === null ? span.to : lastOf(ring, isOpen.notBefore, span);
  return {
    canaries: cut.canaries,
    parts: cut.parts.map((one) => ({
      ...one,
      until: one.part.kind === "canaries" ? first : span.to,
    })),
  };
}

function lastOf(ring: RingPolicy, notBefore: Instant, span: Span): Instant {
  return Math.min(span.to, notBefore + (ring.lastsMs ?? Number.MAX_SAFE_INTEGER));
}

function tooMany(waves: readonly PlannedWave[]): Blocker[] {
  if (waves.length <= WAVES_MAX) return [];
  return [{ why: "too-many-waves", waves: waves.length, most: WAVES_MAX }];
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
  /** Those whose windows are not the wave's. */
  readonly own: readonly {
    readonly hosts: readonly Candidate[];
    readonly windows: readonly Span[];
  }[];
  readonly closed: ReadonlyMap<Candidate, Exclusion>;
  readonly isCutShort: boolean;
  readonly tooShort: TooShort | null;
  readonly waits: CalendarMet["waits"];
  readonly told: readonly EntryTime[];
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
  const to = lastOf(ring, notBefore, span);
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
    own: open.flatMap(({ group, windows }) => {
      // All of the wave's time, and so has the wave: nothing to say of each host.
      if (ring.opens === null && group.open === null) return [];
      return { hosts: group.candidates, windows };
    }),
    closed: new Map(
      judged.flatMap(({ group, windows }) => {
        if (windows.length > 0) return [];
        const because = closedBecause(input, group, wave);
        return group.candidates.map((host) => [host, because] as const);
      }),
    ),
    isCutShort: open.some((one) => one.isCutShort),
    tooShort: tooShortOf(input, ring.name, open),
    waits: waitsFor(input, groups, { span, ringOpen, notBefore }),
    told: toldWithin(groups, wave),
  };
}

/** What in the calendar keeps hosts that could otherwise begin; its ring's own times are no news. */
function waitsFor(
  input: PlanInput,
  groups: readonly OpenGroup[],
  of: { readonly span: Span; readonly ringOpen: readonly Span[]; readonly notBefore: Instant },
): CalendarMet["waits"] {
  const from = of.ringOpen[0]?.from ?? of.notBefore;
  if (from >= of.notBefore) return null;
  const because = whyNever(input, groups, { from, to: of.notBefore }, of.ringOpen);
  return because === null || because === "" ? null : { because, until: of.notBefore };
}

/** Each release and each meeting once, however many hosts have it. */
function toldWithin(groups: readonly OpenGroup[], wave: Span): readonly EntryTime[] {
  const met = groups
    .flatMap((group) => group.told)
    .filter(({ from, to }) => from < wave.to && to > wave.from);
  const byName = new Map(met.map((one) => [`${one.entry.name} ${one.from}`, one]));
  return [...byName.values()].sort((a, b) => a.from - b.from);
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

export function limitsOf(
  ring: RingPolicy,
  of: { readonly rules: ClassPolicy; readonly soakFactor: number },
  hostCount: number,
): WaveLimits {
  const soakMs = ring.soakMs * of.rules.soakShare * of.soakFactor;
  return {
    batchSize: amountOf(ring.batch.size, hostCount, 1),
    inFlightMax: Math.min(ring.batch.inFlightMax, hostCount),
    rate: ring.rate,
    stageSeconds: ring.stageMs === null ? null : ring.stageMs / SECOND_MS,
    failedMax: amountOf(ring.failedMax, hostCount, 0),
    failures: ring.failures,
    successRateMin: ring.successRateMin,
    soakSeconds: Math.ceil(soakMs / SECOND_MS),
    rollback: ring.onFailure.rollback,
  };
}

function floorSecond(instant: Instant): Instant {
  return Math.floor(instant / SECOND_MS) * SECOND_MS;
}

function ceilSecond(instant: Instant): Instant {
  return Math.ceil(instant / SECOND_MS) * SECOND_MS;
}
