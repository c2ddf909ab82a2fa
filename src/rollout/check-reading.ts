import type { Instant } from "../base/instant.ts";
import type { CheckRule } from "../policy/rings-gates.ts";
import type { Reading } from "./gate-state.ts";
import { quantile } from "./metric-judge.ts";

/** What the runs of a synthetic transaction show together: pure, from the runs alone. */
export interface CheckRun {
  /** Null: asked once for the wave. */
  readonly host: { readonly id: string; readonly name: string } | null;
  readonly isGood: boolean;
  readonly tookMs: number;
  readonly tries: number;
  /** What was seen, or why it failed. */
  readonly words: string;
}

/** Fewer runs before the patch say nothing about a twentieth of them. */
export const BASELINE_RUNS_MIN = 5;
export const BASELINE_RUNS_MAX = 200;

export function readCheck(
  rule: CheckRule,
  runs: readonly CheckRun[],
  at: { readonly beforeMs: readonly number[]; readonly now: Instant },
): Reading {
  const good = runs.filter((run) => run.isGood);
  const bad = runs.filter((run) => !run.isGood);
  const took = good.map((run) => run.tookMs).sort((a, b) => a - b);
  const p95 = took.length === 0 ? null : Math.round(quantile(took, 0.95));
  const before = at.beforeMs.toSorted((a, b) => a - b);
  const beforeP95 = before.length < BASELINE_RUNS_MIN ? null : quantile(before, 0.95);
  const evidence = {
    runs: runs.length,
    good: good.length,
    p95Ms: p95,
    beforeP95Ms: beforeP95 === null ? null : Math.round(beforeP95),
  };
  const reading = (kind: Reading["kind"], words: string): Reading => {
    const badHosts =
      kind === "bad" ? bad.flatMap(({ host }) => (host === null ? [] : host.id)) : [];
    return { kind, at: at.now, words, evidence, badHosts };
  };
  if (runs.length === 0) return reading("none", "no host of it has the patch yet");
  const succeed = `${good.length} of ${runs.length} runs succeed`;
  const [first] = bad;
  // The small subtraction keeps 0.95 × 20 from needing 20 runs through binary rounding.
  if (good.length < Math.ceil(rule.success * runs.length - 1e-9) || p95 === null) {
    const where = first?.host == null ? "" : `${first.host.name}: `;
    return reading("bad", `${succeed}; ${where}${first?.words ?? "no run"}`);
  }
  const slow = slowness(rule, p95, beforeP95);
  if (slow !== null) return reading(slow.kind, `${succeed}; ${slow.words}`);
  return reading("good", `${succeed}, p95 ${p95} ms`);
}

function slowness(
  { latencyMax, latencyRatioMax }: CheckRule,
  p95: number,
  beforeP95: number | null,
): { readonly kind: "bad" | "unsure"; readonly words: string } | null {
  if (latencyMax !== undefined && p95 > latencyMax) {
    return { kind: "bad", words: `p95 is ${p95} ms, more than ${latencyMax} ms` };
  }
  if (latencyRatioMax === undefined) return null;
  if (beforeP95 === null) {
    const words = `fewer than ${BASELINE_RUNS_MIN} runs were made before the patch, so p95 ${p95} ms compares with nothing`;
    return { kind: "unsure", words };
  }
  // Below a millisecond the clock, not the service, makes the difference.
  const ratio = p95 / Math.max(1, beforeP95);
  if (ratio <= latencyRatioMax) return null;
  const times = Math.round(ratio * 10) / 10;
  const words = `p95 is ${p95} ms, ${times} times the ${Math.round(beforeP95)} ms before`;
  return { kind: "bad", words };
}

const PLACE = /\{([a-zA-Z0-9_./-]+)\}/g;

/** Fills `{host}` and `{label}`; null with the first place that nothing fills. */
export function filled(
  text: string,
  of: { readonly host: string | null; readonly labels: Readonly<Record<string, string>> },
): { readonly text: string } | { readonly missing: string } {
  let missing: string | null = null;
  const out = text.replaceAll(PLACE, (place, name: string) => {
    const value = name === "host" ? of.host : (of.labels[name] ?? null);
    if (value === null) missing ??= name;
    return value ?? place;
  });
  return missing === null ? { text: out } : { missing };
}
