import type { Instant } from "../base/instant.ts";
import { busyOf } from "./decide.ts";
import { nowSentence } from "./explain.ts";
import { hostsOf, judgeGate } from "./gate.ts";
import { type Hold, haltToText, holdToText } from "./hold.ts";
import { rolloutMoves } from "./model.ts";
import type { LoadedFacts, LoadedWave } from "./store.ts";
import { noCounts, type WaveCounts } from "./wave.ts";

/**
 * The rollout in one picture: the same lines for terminal and web, before, during and after. Pure, so
 * that both show one truth; every sentence comes from the typed holds.
 */
export interface RolloutView {
  readonly now: string;
  readonly haltReason: string | null;
  readonly outcomes: OutcomeCounts;
  readonly waves: readonly WaveView[];
  readonly actions: readonly ActionView[];
}

export interface OutcomeCounts {
  readonly verified: number;
  readonly appliedUnverified: number;
  readonly failed: number;
  readonly rolledBack: number;
  readonly unknown: number;
  readonly skipped: number;
  readonly notStarted: number;
  readonly running: number;
  readonly checking: number;
  readonly waiting: number;
  readonly hosts: number;
}

export interface WaveView {
  readonly number: number;
  readonly ring: string;
  readonly state: LoadedWave["state"];
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly openedAt: Instant | null;
  readonly passedAt: Instant | null;
  readonly outcomes: OutcomeCounts;
  readonly inFlight: { readonly busy: number; readonly allowed: number };
  readonly failures: { readonly count: number; readonly allowed: number };
  readonly gate: {
    readonly answer: "pass" | "fail" | "not-yet";
    readonly verified: number;
    readonly needed: number;
    readonly of: number;
    readonly soakSeconds: number;
    readonly soakUntil: Instant | null;
  };
  readonly holds: readonly { readonly why: Hold["why"]; readonly text: string }[];
}

export interface ActionView {
  readonly verb: "halt" | "resume" | "stop" | "retry" | "skip";
  readonly isAllowed: boolean;
  /** Why not, or what it would do. */
  readonly reason: string;
}

export interface Rights {
  readonly mayOperate: boolean;
  readonly mayHalt: boolean;
}

export function rolloutView(loaded: LoadedFacts, rights: Rights): RolloutView {
  const { row, facts, now } = loaded;
  return {
    now: nowSentence(loaded),
    haltReason: row.haltReason === null ? null : haltToText(row.haltReason),
    outcomes: sumOutcomes(facts.waves.map((wave) => outcomesOf(wave.counts))),
    waves: facts.waves.map((wave) => waveView(wave, now)),
    actions: actionsOf(loaded, rights),
  };
}

function waveView(wave: LoadedWave, now: Instant): WaveView {
  const judged = judgeGate(wave, now);
  const { inFlightMax, failureBudget, soakSeconds } = wave.gate;
  return {
    number: wave.number,
    ring: wave.ring,
    state: wave.state,
    notBefore: wave.notBefore,
    notAfter: wave.notAfter,
    openedAt: wave.openedAt,
    passedAt: wave.passedAt,
    outcomes: outcomesOf(wave.counts),
    inFlight: { busy: busyOf(wave.counts), allowed: inFlightMax },
    failures: { count: wave.newFailures, allowed: failureBudget },
    gate: {
      answer: wave.hasPassed ? "pass" : judged.answer,
      verified: judged.evidence.verified,
      needed: judged.evidence.needed,
      of: judged.evidence.of,
      soakSeconds,
      soakUntil: judged.evidence.soakUntil,
    },
    holds: wave.holds.map((hold) => ({ why: hold.why, text: holdToText(hold, now) })),
  };
}

export function outcomesOf(counts: WaveCounts): OutcomeCounts {
  return {
    verified: counts.verified,
    appliedUnverified: counts.unverified,
    failed: counts.failed,
    rolledBack: counts.rolledBack,
    unknown: counts.unknown + counts.lost,
    skipped: counts.skipped,
    notStarted: counts.held,
    running: counts.active,
    checking: counts.checking,
    waiting: counts.ready + counts.deferred + counts.readyRevert,
    hosts: hostsOf({ counts }),
  };
}

function sumOutcomes(all: readonly OutcomeCounts[]): OutcomeCounts {
  const zero = outcomesOf(noCounts);
  const names = Object.keys(zero) as readonly (keyof OutcomeCounts)[];
  const total = (name: keyof OutcomeCounts): number => all.reduce((sum, c) => sum + c[name], 0);
  return Object.fromEntries(names.map((name) => [name, total(name)])) as unknown as OutcomeCounts;
}

/** Buttons come from the state table; a button that does nothing says why beside it. */
function actionsOf({ row, facts }: LoadedFacts, rights: Rights): readonly ActionView[] {
  const counts = sumOutcomes(facts.waves.map((wave) => outcomesOf(wave.counts)));
  const action = (
    verb: ActionView["verb"],
    given: { readonly may: boolean; readonly can: boolean; readonly why: string },
  ): ActionView => {
    if (!given.may) {
      return { verb, isAllowed: false, reason: "you may not do this to its hosts" };
    }
    return { verb, isAllowed: given.can, reason: given.can ? "" : given.why };
  };
  const moves: Readonly<Record<string, string>> = rolloutMoves[row.state];
  const stateSays = `the rollout is ${row.state}`;
  const isLive = row.state === "running" || row.state === "halted";
  const { mayHalt, mayOperate } = rights;
  const failed = counts.failed + counts.rolledBack + counts.notStarted;
  return [
    action("halt", { may: mayHalt, can: "halt" in moves, why: stateSays }),
    action("resume", { may: mayOperate, can: "resume" in moves, why: stateSays }),
    action("stop", { may: mayOperate, can: "stop" in moves, why: stateSays }),
    action("retry", {
      may: mayOperate,
      can: isLive && failed > 0,
      why: isLive ? "no host has failed" : stateSays,
    }),
    action("skip", {
      may: mayOperate,
      can: isLive && counts.waiting + counts.notStarted > 0,
      why: isLive ? "every host has begun or ended" : stateSays,
    }),
  ];
}
