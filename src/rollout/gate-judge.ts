import { never } from "../base/failure.ts";
import { durationToText, type Instant, instantToText } from "../base/instant.ts";
import { type Gate, gateKinds, type MeasuringRule } from "../policy/rings-gates.ts";
import { type GateState, gapMaxOf } from "./gate-state.ts";

/**
 * One gate of the policy, judged from what is known now: pass, fail, not yet or inconclusive, each
 * with words. No data is never pass, old data is no data, and what a person says about a gate stands
 * above what was measured, with that person's reason.
 */
export const gateAnswers = ["pass", "fail", "not-yet", "inconclusive"] as const;
export type GateAnswer = (typeof gateAnswers)[number];

/** What somebody said about a gate: `accept` lets it pass, `refuse` makes it fail. */
export interface GateWord {
  readonly verdict: "accept" | "refuse";
  readonly person: string;
  readonly words: string;
  readonly at: Instant;
}

/** A gate with all that is known of it. */
export interface GateStand {
  readonly gate: Gate;
  readonly state: GateState | null;
  readonly words: readonly GateWord[];
}

/** What the policy may ask for, and what every wave asks of its hosts. */
export const shownKinds = ["hosts", "failures", "soak", ...gateKinds] as const;

export interface JudgedGate {
  readonly name: string;
  readonly kind: (typeof shownKinds)[number];
  readonly answer: GateAnswer;
  readonly words: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** What a gate must know of its wave; after the last wave: of all of them. */
export interface GateScope {
  /** From when on it has to hold: when the last host ended, or the gate's wave opened. */
  readonly from: Instant | null;
  /** Verified hosts of the rollout up to this wave, and those that may still become so. */
  readonly verified: number;
  readonly pending: number;
}

export function judgePolicyGate(stand: GateStand, scope: GateScope, now: Instant): JudgedGate {
  const { gate, words } = stand;
  const { name, rule } = gate;
  const judged = (answer: GateAnswer, text: string, evidence: JudgedGate["evidence"] = {}) => ({
    ...{ name, kind: rule.kind, answer, words: text, evidence },
  });
  const refused = words.find((word) => word.verdict === "refuse");
  if (refused !== undefined) return judged("fail", `refused: ${refused.words}`, saidBy(words));
  const accepted = words.length;
  switch (rule.kind) {
    case "signOff": {
      const evidence = { people: accepted, needed: rule.people, ...saidBy(words) };
      if (accepted >= rule.people) return judged("pass", signedText(words), evidence);
      const left = rule.people - accepted;
      const who = left === 1 ? "one more person" : `${left} more people`;
      return judged("not-yet", `waits for ${who} with the role ${rule.role}`, evidence);
    }
    case "manual":
      return accepted > 0
        ? judged("pass", signedText(words), saidBy(words))
        : judged("not-yet", `waits for somebody to say: ${rule.say}`);
    case "sample": {
      const evidence = { verified: scope.verified, needed: rule.hosts };
      const has = `${scope.verified} of ${rule.hosts} hosts are verified`;
      if (accepted > 0) return judged("pass", signedText(words), { ...evidence, ...saidBy(words) });
      if (scope.verified >= rule.hosts) return judged("pass", has, evidence);
      if (scope.verified + scope.pending >= rule.hosts) return judged("not-yet", has, evidence);
      return judged(
        "inconclusive",
        `${has}, and no more than ${scope.verified + scope.pending} can be`,
        evidence,
      );
    }
    case "prometheus":
    case "compare":
    case "check": {
      if (accepted > 0) return judged("pass", signedText(words), { ...saidBy(words) });
      const { answer, text } = judgeMeasured(rule, stand.state, { ...scope, now });
      return judged(answer, text, stand.state?.last.evidence ?? {});
    }
    default:
      return never(rule);
  }
}

interface Answered {
  readonly answer: GateAnswer;
  readonly text: string;
}

function judgeMeasured(
  rule: MeasuringRule,
  state: GateState | null,
  at: { readonly from: Instant | null; readonly now: Instant },
): Answered {
  const said = answerOf(rule, state, at);
  const { from, now } = at;
  const isLate = rule.deadline !== undefined && from !== null && now > from + rule.deadline;
  if (!isLate || said.answer === "pass" || said.answer === "fail") return said;
  const over = `has not passed within ${durationToText(rule.deadline ?? 0)}`;
  return { answer: "fail", text: `${over}: ${said.text}` };
}

function answerOf(
  rule: MeasuringRule,
  state: GateState | null,
  { from, now }: { readonly from: Instant | null; readonly now: Instant },
): Answered {
  if (state === null) return { answer: "not-yet", text: "nothing was measured yet" };
  const { last, since, inARow } = state;
  if (now - last.at > gapMaxOf(rule.interval)) {
    const text = `the last measurement is of ${instantToText(last.at)}, which is too old: ${last.words}`;
    return { answer: "not-yet", text };
  }
  switch (last.kind) {
    case "good": {
      // It has to hold with all hosts of the wave patched, not only with the first of them.
      const heldSince = Math.max(since, from ?? since);
      const until = heldSince + rule.for;
      if (from === null || last.at < from)
        return { answer: "not-yet", text: `holds so far: ${last.words}` };
      if (now >= until) return { answer: "pass", text: last.words };
      return {
        answer: "not-yet",
        text: `holds, and must until ${instantToText(until)}: ${last.words}`,
      };
    }
    case "bad":
      if (inARow >= rule.failAfter) return { answer: "fail", text: last.words };
      return { answer: "not-yet", text: `${last.words} (${inARow} of ${rule.failAfter} in a row)` };
    case "unsure":
      return { answer: "inconclusive", text: last.words };
    case "none":
      return { answer: "not-yet", text: last.words };
    default:
      return never(last.kind);
  }
}

function signedText(words: readonly GateWord[]): string {
  return `accepted: ${words.map((word) => word.words).join("; ")}`;
}

function saidBy(words: readonly GateWord[]): Readonly<Record<string, unknown>> {
  return { said: words.map(({ verdict, person, at }) => ({ verdict, person, at })) };
}

/** When the answer of a gate may change by itself, without a new measurement. */
export function gateTimes({ gate, state }: GateStand, from: Instant | null): readonly Instant[] {
  const { rule } = gate;
  if (!("interval" in rule)) return [];
  const heldFrom = state === null ? from : Math.max(state.since, from ?? state.since);
  return [
    ...(heldFrom === null ? [] : [heldFrom + rule.for]),
    ...(state === null ? [] : [state.last.at + gapMaxOf(rule.interval) + 1]),
    ...(rule.deadline === undefined || from === null ? [] : [from + rule.deadline + 1]),
  ];
}
