import type { Instant } from "../base/instant.ts";

/**
 * When others are told that a change waits: each step once, at its own time after the waiting began,
 * whenever somebody looks. A change that gets a new plan or is approved waits anew.
 */
export interface EscalationStep {
  readonly after: number;
  readonly to: readonly string[];
}

export interface DueStep {
  readonly step: number;
  readonly to: readonly string[];
  readonly dueAt: Instant;
}

export function stepsDue(
  steps: readonly EscalationStep[],
  of: { readonly since: Instant; readonly now: Instant; readonly told: readonly number[] },
): readonly DueStep[] {
  return steps
    .map(({ after, to }, step) => ({ step, to, dueAt: of.since + after }))
    .filter(({ step, dueAt }) => dueAt <= of.now && !of.told.includes(step));
}

/** Who is told next, and when; null when nobody is left. */
export function nextStep(
  steps: readonly EscalationStep[],
  of: { readonly since: Instant; readonly now: Instant },
): DueStep | null {
  const later = steps
    .map(({ after, to }, step) => ({ step, to, dueAt: of.since + after }))
    .filter(({ dueAt }) => dueAt > of.now);
  return later[0] ?? null;
}
