import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { newId } from "../base/ids.ts";
import { type Instant, SECOND_MS } from "../base/instant.ts";
import { canonicalJson, type Json } from "../base/json.ts";
import { pause } from "../base/pause.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { reachOfPolicy } from "../outbound/address.ts";
import type { CheckRule, CompareRule, PrometheusRule } from "../policy/rings-gates.ts";
import { runCheck } from "./actions-check.ts";
import { askMetrics } from "./actions-metric-source.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { BASELINE_RUNS_MAX, type CheckRun, readCheck } from "./check-reading.ts";
import {
  hostOfSeries,
  type MeasuredMetric,
  noReading,
  readComparison,
  readThreshold,
} from "./gate-reading.ts";
import { gapMaxOf, type Reading, withReading } from "./gate-state.ts";
import type { Series } from "./prometheus-answer.ts";
import {
  type DueGate,
  type GateHost,
  loadBeforeMs,
  loadGateHosts,
  loadGateNetworks,
  lockGateState,
  recordReading,
  saveBeforeMs,
  takeDueGates,
} from "./store-gates.ts";

/**
 * Measuring: gates that are due are asked, each on its own, and what came out is kept with its
 * evidence. Nothing is decided here; the engine's next turn judges from what is kept.
 */
const GATES_AT_ONCE = 8;
/** Longer than any measurement may take; a server that dies leaves its gates to others after that. */
const LEASE_SECONDS = 120;
const MEASURE_MS_MAX = 100 * SECOND_MS;

/** True when there may be more to measure at once. */
export async function measureDueGates(world: World, stop: AbortSignal): Promise<boolean> {
  const take = { countMax: GATES_AT_ONCE, leaseSeconds: LEASE_SECONDS };
  const due = await takeDueGates(world.db, take);
  await Promise.all(due.map((gate) => measureAndKeep(world, gate, stop)));
  return due.length === GATES_AT_ONCE;
}

interface Measured {
  readonly reading: Reading;
  /** In full; the reading shows the gist of it. */
  readonly evidence: Json;
}

async function measureAndKeep(world: World, due: DueGate, stop: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(MEASURE_MS_MAX)]);
  const measured = await measure(world, due, signal).catch((cause: unknown): Measured => {
    world.log.error({ err: cause, gate: due.name }, "a gate could not be measured");
    const reading = noReading(
      "the measurement failed on this server; its log says why",
      world.clock(),
    );
    return { reading, evidence: {} };
  });
  if (stop.aborted) return;
  const { rule } = due.gate;
  const interval = "interval" in rule ? rule.interval : 0;
  const { reading, evidence } = measured;
  const digest = sha256(canonicalJson(evidence));
  await inTransaction(world.db, async (tx) => {
    const known = await lockGateState(tx, due);
    const state = withReading(known, reading, gapMaxOf(interval));
    await recordReading(tx, due, {
      ...{ id: newId(world.clock()), reading, evidence, digest, state },
      nextInSeconds: interval / SECOND_MS,
    });
    if (known?.last.kind !== reading.kind) {
      const facts = { wave: due.wave, gate: due.name, reading: reading.kind, digest };
      await recordRolloutEvent(tx, due.rollout, "gate.read", facts, systemActor.subject);
    }
    await notify(tx, "rollout");
  });
}

async function measure(world: World, due: DueGate, signal: AbortSignal): Promise<Measured> {
  const { rule } = due.gate;
  switch (rule.kind) {
    case "prometheus":
      return measureThreshold(world, rule, signal);
    case "compare":
      return measureComparison(world, due, { rule, signal });
    case "check":
      return measureCheck(world, due, { rule, signal });
    default:
      throw new RangeError(`a gate of kind ${rule.kind} is not measured`);
  }
}

async function measureThreshold(
  world: World,
  rule: PrometheusRule,
  signal: AbortSignal,
): Promise<Measured> {
  const at = world.clock();
  const { source, query } = rule;
  const when = { at, lookbackMs: gapMaxOf(rule.interval) };
  const answer = await askMetrics(world, { source, query, when }, signal);
  if (answer.kind === "refused") return { reading: noReading(answer.words, at), evidence: {} };
  const reading = readThreshold(rule, answer.series, at);
  return { reading, evidence: { source, query, at, series: jsonOf(answer.series) } };
}

async function measureComparison(
  world: World,
  due: DueGate,
  { rule, signal }: { readonly rule: CompareRule; readonly signal: AbortSignal },
): Promise<Measured> {
  const at = world.clock();
  const hosts = await loadGateHosts(world.db, due.rollout, null);
  const sides = sidesOf(rule, hosts, due.wave);
  const measured: MeasuredMetric[] = [];
  for (const { name, query } of rule.metrics) {
    const { source, step: stepMs, over, label } = rule;
    const ask = (to: Instant) =>
      askMetrics(world, { source, query, when: { from: to - over, to, stepMs } }, signal);
    const now = await ask(at);
    const then = sides.beforeAt === null ? now : await ask(sides.beforeAt);
    const refused = [now, then].find((one) => one.kind === "refused");
    if (refused?.kind === "refused") return { reading: noReading(refused.words, at), evidence: {} };
    const seriesOf = (answer: typeof now, names: ReadonlySet<string>): readonly Series[] =>
      answer.kind === "refused"
        ? []
        : answer.series.filter((one) => names.has(hostOfSeries(one, label) ?? ""));
    const [patched, peers] = [seriesOf(now, sides.patched), seriesOf(then, sides.peers)];
    measured.push({ name, patched: since(patched, sides.patchedAt), peers });
  }
  const reading = readComparison(rule, measured, at);
  const evidence = { at, metrics: measured.map((one) => ({ ...one })) };
  return { reading, evidence: jsonOf(evidence) };
}

interface Sides {
  readonly patched: ReadonlySet<string>;
  readonly peers: ReadonlySet<string>;
  /** Until when "before" is; null: both sides are of now. */
  readonly beforeAt: Instant | null;
  /** From when the patched hosts are all patched. */
  readonly patchedAt: Instant;
}

/** Patched hosts, and peers that share system and service with one of them; or themselves before. */
function sidesOf(rule: CompareRule, hosts: readonly GateHost[], wave: number): Sides {
  const own = hosts.filter((host) => wave === 0 || host.wave === wave);
  const patched = own.filter((host) => host.standing === "patched");
  const ends = patched.flatMap(({ endedAt }) => (endedAt === null ? [] : [endedAt]));
  const patchedAt = ends.reduce((latest, end) => Math.max(latest, end), 0);
  const names = (some: readonly GateHost[]): ReadonlySet<string> =>
    new Set(some.map((host) => host.name));
  if (rule.against === "before") {
    const beforeAt = ends.reduce((earliest, end) => Math.min(earliest, end), patchedAt);
    return { patched: names(patched), peers: names(patched), beforeAt, patchedAt };
  }
  const unpatched = hosts.filter((host) => host.standing === "unpatched");
  const strata = new Set(unpatched.map((host) => host.stratum));
  const matched = patched.filter((host) => strata.has(host.stratum));
  const shared = new Set(matched.map((host) => host.stratum));
  const peers = unpatched.filter((host) => shared.has(host.stratum));
  return { patched: names(matched), peers: names(peers), beforeAt: null, patchedAt };
}

/** What was measured on a host before it had the patch says nothing about the patch. */
function since(series: readonly Series[], from: Instant): readonly Series[] {
  return series.map(({ labels, points }) => ({
    labels,
    points: points.filter(([at]) => at * SECOND_MS >= from),
  }));
}

const CHECKED_HOSTS_MAX = 200;
const RUNS_AT_ONCE = 16;
const TRY_AGAIN_MS = 1_000;

async function measureCheck(
  world: World,
  due: DueGate,
  { rule, signal }: { readonly rule: CheckRule; readonly signal: AbortSignal },
): Promise<Measured> {
  const now = world.clock();
  const own = await loadGateHosts(world.db, due.rollout, due.wave === 0 ? null : due.wave);
  const patched = own.filter((host) => host.standing === "patched");
  const before = own.filter((host) => host.standing === "unpatched");
  const reach = reachOfPolicy(await loadGateNetworks(world.db, due.rollout));
  const run = (of: GateHost | null) => runOnce(rule, of, { reach, signal, now });
  const isOnce = rule.each === "wave";
  const asked = isOnce ? (patched.length > 0 ? [null] : []) : patched;
  const earlier = isOnce ? (patched.length > 0 ? [] : [null]) : before;
  const runs = await inTurns(atMost(asked), run);
  const wantsBefore = rule.latencyRatioMax !== undefined && due.wave > 0;
  const beforeRuns = wantsBefore ? await inTurns(atMost(earlier), run) : [];
  const known = await loadBeforeMs(world.db, due);
  const fresh = beforeRuns.flatMap((one) => (one.isGood ? [Math.round(one.tookMs)] : []));
  const beforeMs = [...known, ...fresh].slice(-BASELINE_RUNS_MAX);
  if (fresh.length > 0) await saveBeforeMs(world.db, due, beforeMs);
  const reading = readCheck(rule, runs, { beforeMs, now });
  return { reading, evidence: jsonOf({ at: now, runs, before: beforeRuns }) };
}

/** At most so many, spread evenly over all of them. */
function atMost<T>(all: readonly T[]): readonly T[] {
  if (all.length <= CHECKED_HOSTS_MAX) return all;
  const step = all.length / CHECKED_HOSTS_MAX;
  return Array.from({ length: CHECKED_HOSTS_MAX }, (_, at) => all[Math.floor(at * step)] as T);
}

/** Some at once; whoever was not asked in time has no run, and is neither good nor bad. */
async function inTurns<T, R>(all: readonly T[], work: (one: T) => Promise<R | null>): Promise<R[]> {
  const done: R[] = [];
  for (let from = 0; from < all.length; from += RUNS_AT_ONCE) {
    const runs = await Promise.all(all.slice(from, from + RUNS_AT_ONCE).map(work));
    done.push(...runs.filter((run) => run !== null));
  }
  return done;
}

async function runOnce(
  rule: CheckRule,
  host: GateHost | null,
  of: Pick<Parameters<typeof runCheck>[1], "reach" | "signal" | "now">,
): Promise<CheckRun | null> {
  const place = { ...of, host: host?.name ?? null, labels: host?.labels ?? {} };
  for (let tries = 1; ; tries += 1) {
    if (of.signal.aborted) return null;
    const seen = await runCheck(rule, place);
    // What this server's own time cut off says nothing about the host.
    if (!seen.isGood && of.signal.aborted) return null;
    if (seen.isGood || tries >= rule.tries) {
      const named = host === null ? null : { id: host.id, name: host.name };
      return { ...seen, host: named, tries, words: seen.words.slice(0, 300) };
    }
    await pause(TRY_AGAIN_MS, of.signal);
  }
}

/** As JSON has it: numbers that are none are written as text. */
function jsonOf(value: unknown): Json {
  const text = JSON.stringify(value, (_key, one: unknown) =>
    typeof one === "number" && !Number.isFinite(one) ? String(one) : one,
  );
  return JSON.parse(text) as Json;
}
