import { type Instant, instantToText, SECOND_MS } from "../base/instant.ts";
import type { WaveLimits } from "../plan/model.ts";
import type { Gate } from "../policy/rings-gates.ts";
import { type JudgedGate, judgePolicyGate } from "./gate-judge.ts";
import type { Hold } from "./hold.ts";
import type { WaveFacts, WaveGate } from "./wave.ts";

/**
 * Whether the next wave may open. A gate answers pass, fail or not yet, with the evidence it used.
 * Only a verified host counts for it; unknown, unverified and lost hosts count against it, and where
 * there is nothing to judge the answer is never "pass".
 */
export type GateJudgement =
  | { readonly answer: "pass"; readonly hold: null; readonly evidence: GateEvidence }
  | {
      readonly answer: "fail" | "not-yet" | "inconclusive";
      readonly hold: Hold;
      readonly evidence: GateEvidence;
    };

export interface GateEvidence {
  readonly verified: number;
  readonly needed: number;
  readonly of: number;
  readonly soakUntil: Instant | null;
}

/** All of the wave's gates together: its hosts first, then those that the policy names beside them. */
export function judgeGate(wave: WaveFacts, now: Instant): GateJudgement {
  const judged = judgeHosts(wave, now);
  if (judged.answer === "fail") return judged;
  const others = policyGates(wave, now).filter(({ answer }) => answer !== "pass");
  const failed = others.find(({ answer }) => answer === "fail");
  const held = failed ?? (judged.answer === "pass" ? others[0] : undefined);
  if (held === undefined || held.answer === "pass") return judged;
  const { name: gate, answer, words } = held;
  const hold: Hold = { why: "gate", wave: wave.number, gate, answer, words };
  return { answer, hold, evidence: judged.evidence };
}

/** The gates that the policy names for the wave, each on its own. */
export function policyGates(wave: WaveFacts, now: Instant): readonly JudgedGate[] {
  const { counts, lastEndedAt: from, gates = [] } = wave;
  const pending = counts.ready + counts.deferred + counts.active + counts.checking;
  const scope = { from, verified: counts.verified, pending };
  return gates.map((stand) => judgePolicyGate(stand, scope, now));
}

/** Every gate of the wave with its answer, for people: of a wave that passed, those that it passed. */
export function shownGates(wave: WaveFacts, now: Instant): readonly JudgedGate[] {
  const { answer, hold, evidence } = judgeHosts(wave, now);
  const { verified, needed, of, soakUntil } = evidence;
  const { failureBudget, soakSeconds } = wave.gate;
  const isSoaking = hold?.why === "soak";
  const isOver = wave.newFailures > failureBudget;
  const hosts: JudgedGate = {
    name: "hosts",
    kind: "hosts",
    answer: wave.hasPassed || isSoaking ? "pass" : answer,
    words: `${verified} of ${of} hosts are verified, ${needed} are needed`,
    evidence: { verified, needed, of },
  };
  const failures: JudgedGate = {
    name: "failures",
    kind: "failures",
    answer: isOver ? "fail" : wave.hasPassed || answer === "pass" ? "pass" : "not-yet",
    words: `${wave.newFailures} failed, ${failureBudget} may`,
    evidence: { failed: wave.newFailures, allowed: failureBudget, test: wave.gate.failures },
  };
  const soak: JudgedGate = {
    name: "soak",
    kind: "soak",
    answer: wave.hasPassed || answer === "pass" ? "pass" : "not-yet",
    words: soakUntil === null ? "begins with the last host" : `until ${instantToText(soakUntil)}`,
    evidence: { seconds: soakSeconds, until: soakUntil },
  };
  return [hosts, failures, ...(soakSeconds === 0 ? [] : [soak]), ...policyGates(wave, now)];
}

function judgeHosts(wave: WaveFacts, now: Instant): GateJudgement {
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
export function waveGate(
  limits: WaveLimits,
  ring: { readonly gates: readonly Gate[]; readonly openSignatures: number } | null = null,
): WaveGate {
  const { gates = [], openSignatures = 0 } = ring ?? {};
  return {
    ...(gates.length === 0 ? {} : { gates }),
    ...(openSignatures === 0 ? {} : { signatures: openSignatures }),
    inFlightMax: Math.max(1, Math.min(limits.batchSize, limits.inFlightMax)),
    rate: limits.rate,
    ...(limits.stageSeconds === null ? {} : { stageSeconds: limits.stageSeconds }),
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
