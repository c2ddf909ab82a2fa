import type { Instant } from "../base/instant.ts";
import type { Decision, RolloutFacts, Stop } from "./decision.ts";
import { type GateStand, type JudgedGate, judgePolicyGate } from "./gate-judge.ts";
import type { Hold } from "./hold.ts";
import { isOver, type WaveFacts } from "./wave.ts";

/**
 * The time after the last wave in which the gates go on being judged: what breaks slowly, or only
 * under Monday's load, is taken back before the rollout is called finished. No data is never pass
 * here either: a window that ends without an answer waits for a person.
 */
export function stabilise(facts: RolloutFacts, now: Instant): readonly Decision[] {
  const { after, waves } = facts;
  const last = waves.at(-1);
  if (after === undefined || last === undefined || verifiedOf(waves) === 0) {
    return [{ do: "finish" }];
  }
  const until = stableAt(waves, after);
  const open = judgeAfter(facts, now).filter(({ answer }) => answer !== "pass");
  const say = (hold: Hold): Decision => ({ do: "hold", wave: last.number, hold });
  if (now < until) {
    const gates = after.gates.map(({ gate }) => gate.name);
    const unclear = open.filter(({ answer }) => answer !== "not-yet");
    return [say({ why: "stabilising", until, gates }), ...unclear.map((gate) => say(holdOf(gate)))];
  }
  return open.length === 0 ? [{ do: "finish" }] : open.map((gate) => say(holdOf(gate)));
}

/** A gate that failed in that time and stops the rollout; null while none has. */
export function stabilisationStop(facts: RolloutFacts, now: Instant): Stop | null {
  const wave = facts.waves.at(-1);
  if (facts.after === undefined || wave === undefined || !facts.waves.every(isOver)) return null;
  if (verifiedOf(facts.waves) === 0) return null;
  const judged = judgeAfter(facts, now);
  for (const [at, { name, answer, words }] of judged.entries()) {
    const action = facts.after.gates[at]?.gate.onFail ?? "hold";
    if (answer !== "fail" || action === "hold") continue;
    const takesBack = action === "revert-all" ? "all" : action === "revert-wave" ? "wave" : "none";
    const of = { wave: wave.number, gate: name, isStabilising: true };
    return { wave, reason: { why: "gate", ...of, takesBack, words } };
  }
  return null;
}

/** The gates of that time, each with its answer, in the policy's order. */
export function judgeAfter(facts: RolloutFacts, now: Instant): readonly JudgedGate[] {
  const { after, waves } = facts;
  const scope = { from: lastEnd(waves), verified: verifiedOf(waves), pending: 0 };
  return (after?.gates ?? []).map((stand: GateStand) => judgePolicyGate(stand, scope, now));
}

/** When the rollout has been watched for long enough. */
export function stableAt(
  waves: readonly WaveFacts[],
  { forMs }: { readonly forMs: number },
): Instant {
  return (lastEnd(waves) ?? 0) + forMs;
}

function lastEnd(waves: readonly WaveFacts[]): Instant | null {
  return waves.reduce<Instant | null>((latest, { lastEndedAt }) => {
    return lastEndedAt === null ? latest : Math.max(latest ?? 0, lastEndedAt);
  }, null);
}

function verifiedOf(waves: readonly WaveFacts[]): number {
  return waves.reduce((sum, wave) => sum + wave.counts.verified, 0);
}

function holdOf({ name: gate, answer, words }: JudgedGate): Hold {
  const said = answer === "pass" ? "not-yet" : answer;
  return { why: "gate", wave: 0, gate, answer: said, words };
}
