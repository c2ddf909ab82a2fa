import { type Instant, SECOND_MS } from "../base/instant.ts";
import type { WaveLimits } from "../plan/model.ts";
import type { Hold } from "./hold.ts";
import type { WaveFacts, WaveGate } from "./wave.ts";

/**
 * Whether the next wave may open. A gate answers pass, fail or not yet, with the evidence it used.
 * Only a verified host counts for it; unknown, unverified and lost hosts count against it, and where
 * there is nothing to judge the answer is never "pass".
 */
export type GateJudgement =
  | { readonly answer: "pass"; readonly hold: null; readonly evidence: GateEvidence }
  | { readonly answer: "fail" | "not-yet"; readonly hold: Hold; readonly evidence: GateEvidence };

export interface GateEvidence {
  readonly verified: number;
  readonly needed: number;
  readonly of: number;
  readonly soakUntil: Instant | null;
}

export function judgeGate(wave: WaveFacts, now: Instant): GateJudgement {
  const { counts, gate, number } = wave;
  const of = hostsOf(wave) - counts.skipped;
  // The small subtraction keeps 0.95 × 20 from needing 20 hosts through binary rounding.
  const needed = Math.ceil(gate.successRate * of - 1e-9);
  const { verified } = counts;
  const evidence: GateEvidence = { verified, needed, of, soakUntil: null };
  if (of === 0 || (verified === 0 && needed === 0)) {
    const since = wave.openedAt ?? wave.notBefore;
    const hold: Hold = { why: "evidence-missing", wave: number, since };
    return { answer: "not-yet", hold, evidence };
  }
  const pending = counts.ready + counts.deferred + counts.active + counts.checking;
  if (verified + pending < needed) {
    const unknown = counts.unknown + counts.lost;
    return {
      answer: "fail",
      hold: { why: "gate-failed", wave: number, verified, needed, of, unknown },
      evidence,
    };
  }
  // Hosts out of reach do not stop a gate that has its share; hosts at work do.
  if (verified < needed || counts.active + counts.checking + counts.ready > 0) {
    const { active: running, checking } = counts;
    const waiting = counts.ready + counts.deferred;
    const hold: Hold = {
      why: "gate-not-yet",
      wave: number,
      verified,
      needed,
      of,
      running,
      waiting,
      checking,
    };
    return { answer: "not-yet", hold, evidence };
  }
  const soakUntil = (wave.lastEndedAt ?? now) + gate.soakSeconds * SECOND_MS;
  if (now < soakUntil) {
    const hold: Hold = { why: "soak", wave: number, until: soakUntil };
    return { answer: "not-yet", hold, evidence: { ...evidence, soakUntil } };
  }
  return { answer: "pass", hold: null, evidence: { ...evidence, soakUntil } };
}

/** The approved limits of a wave; the smaller of batch and limit counts, so neither is ever passed. */
export function waveGate(limits: WaveLimits): WaveGate {
  return {
    inFlightMax: Math.max(1, Math.min(limits.batchSize, limits.inFlightMax)),
    soakSeconds: limits.soakSeconds,
    successRate: limits.successRateMin,
    failureBudget: limits.failedMax,
    failures: limits.failures,
    onFailure: limits.rollback === "wave" ? "revert" : "halt",
  };
}

export function hostsOf(wave: Pick<WaveFacts, "counts">): number {
  return Object.values(wave.counts).reduce((sum, n) => sum + n, 0);
}
