import type { Action } from "../base/action.ts";
import { type Instant, SECOND_MS } from "../base/instant.ts";
import type { RoleName } from "../base/permission.ts";
import { gateRuleToText } from "../policy/gate-words.ts";
import { judgeAfter, stableAt } from "./decide-after.ts";

import { nowSentence } from "./explain.ts";
import { hostsOf, judgeGate, shownGates } from "./gate.ts";
import { gateActionsOf, type Signer } from "./gate-actions.ts";
import type { GateAnswer, GateStand, JudgedGate } from "./gate-judge.ts";
import { type Hold, haltToText, holdToText } from "./hold.ts";
import { rolloutMoves } from "./model.ts";
import type { LoadedFacts, LoadedWave } from "./store.ts";
import { busyOf, isOver, noCounts, type WaveCounts } from "./wave.ts";

/**
 * The rollout in one picture: the same lines for terminal and web, before, during and after. Pure, so
 * that both show one truth; every sentence comes from the typed holds.
 */
export interface RolloutView {
  readonly now: string;
  readonly haltReason: string | null;
  readonly outcomes: OutcomeCounts;
  readonly waves: readonly WaveView[];
  /** What goes on being judged after the last wave; null: nothing. */
  readonly stabilisation: StabilisationView | null;
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
    readonly answer: GateAnswer;
    readonly verified: number;
    readonly needed: number;
    readonly of: number;
    readonly soakSeconds: number;
    readonly soakUntil: Instant | null;
  };
  /** Every gate of the wave with its answer: its hosts, its failures, its soak, the policy's own. */
  readonly gates: readonly GateView[];
  readonly holds: readonly { readonly why: Hold["why"]; readonly text: string }[];
}

export interface GateView extends JudgedGate {
  /** The rule in words, and what happens when it fails; null of those that every wave has. */
  readonly rule: string | null;
  readonly measuredAt: Instant | null;
  readonly actions: readonly Action[];
}

export interface StabilisationView {
  readonly seconds: number;
  /** Null before the last wave is over. */
  readonly until: Instant | null;
  readonly gates: readonly GateView[];
}

export interface ActionView {
  readonly verb: "halt" | "resume" | "agree" | "stop" | "retry" | "skip" | "revert";
  readonly isAllowed: boolean;
  /** Why not, or what it would do. */
  readonly reason: string;
}

export interface Rights {
  readonly mayOperate: boolean;
  readonly mayHalt: boolean;
  /** Whether the viewer may approve for every host of the rollout. */
  readonly mayApprove: boolean;
  /** Roles that the viewer has over every host of the rollout. */
  readonly roles: readonly RoleName[];
  /** The viewer asked for this change, so somebody else signs its gates off. */
  readonly isRequester: boolean;
  /** Who asked to go on; null: nobody did. */
  readonly asked: { readonly by: string; readonly isViewer: boolean } | null;
}

export function rolloutView(loaded: LoadedFacts, rights: Rights): RolloutView {
  const { row, facts, now } = loaded;
  const signer = { ...rights, state: row.state };
  return {
    now: nowSentence(loaded),
    haltReason: row.haltReason === null ? null : haltToText(row.haltReason),
    outcomes: sumOutcomes(facts.waves.map((wave) => outcomesOf(wave.counts))),
    waves: facts.waves.map((wave) => waveView(wave, now, signer)),
    stabilisation: stabilisationView(facts, now, signer),
    actions: actionsOf(loaded, rights),
  };
}

function waveView(wave: LoadedWave, now: Instant, signer: Signer): WaveView {
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
    gates: shownGates(wave, now).map((judged) => {
      const stand = wave.gates?.find(({ gate }) => gate.name === judged.name);
      return gateView(judged, stand, { signer, isOpen: wave.state === "open" });
    }),
    holds: wave.holds.map((hold) => ({ why: hold.why, text: holdToText(hold, now) })),
  };
}

function gateView(
  judged: JudgedGate,
  stand: GateStand | undefined,
  of: { readonly signer: Signer; readonly isOpen: boolean },
): GateView {
  return {
    ...judged,
    rule: stand === undefined ? null : gateRuleToText(stand.gate),
    measuredAt: stand?.state?.last.at ?? null,
    actions: stand === undefined ? [] : gateActionsOf(stand.gate, of),
  };
}

function stabilisationView(
  facts: LoadedFacts["facts"],
  now: Instant,
  signer: Signer,
): StabilisationView | null {
  const { after, waves } = facts;
  if (after === undefined) return null;
  const isOpen = waves.every(isOver);
  return {
    seconds: after.forMs / SECOND_MS,
    until: isOpen ? stableAt(waves, after) : null,
    gates: judgeAfter(facts, now).map((judged, at) =>
      gateView(judged, after.gates[at], { signer, isOpen }),
    ),
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
  const { mayHalt, mayOperate, asked } = rights;
  const revertible = facts.waves.reduce((sum, wave) => sum + wave.revertible, 0);
  const retryable = facts.waves.reduce((sum, wave) => sum + wave.retryable, 0);
  return [
    action("halt", { may: mayHalt, can: "halt" in moves, why: stateSays }),
    action("resume", {
      may: mayOperate,
      can: "resume" in moves && asked === null,
      why: asked === null ? stateSays : `${asked.by} asked already; somebody else has to agree`,
    }),
    action("agree", agreement({ ...rights, canResume: "resume" in moves, stateSays })),
    action("stop", { may: mayOperate, can: "stop" in moves, why: stateSays }),
    action("retry", {
      may: mayOperate,
      can: isLive && retryable > 0,
      why: isLive ? "no host waits for a retry, or has failed with an attempt left" : stateSays,
    }),
    action("revert", {
      may: mayOperate,
      can: isLive && !row.isFrozen && row.revertSeconds !== null && revertible > 0,
      why: revertRefusal(row, { isLive, stateSays }),
    }),
    action("skip", {
      may: mayOperate,
      can: isLive && counts.waiting + counts.notStarted > 0,
      why: isLive ? "every host has begun or ended" : stateSays,
    }),
  ];
}

/** Whether the viewer is another person than those whose work goes on by it. */
function agreement(of: Rights & { readonly canResume: boolean; readonly stateSays: string }): {
  readonly may: boolean;
  readonly can: boolean;
  readonly why: string;
} {
  const { asked, isRequester, mayApprove: may } = of;
  if (!of.canResume) return { may, can: false, why: of.stateSays };
  if (asked === null) return { may, can: false, why: "nobody asked to resume it" };
  if (asked.isViewer) {
    return { may, can: false, why: "you asked for it yourself; somebody else has to agree" };
  }
  const why = "who asked for the change does not agree that it goes on";
  return { may, can: !isRequester, why };
}

function revertRefusal(
  row: LoadedFacts["row"],
  { isLive, stateSays }: { readonly isLive: boolean; readonly stateSays: string },
): string {
  if (!isLive) return stateSays;
  if (row.isFrozen) return "the rollout is frozen";
  if (row.revertSeconds === null) return "its hosts go back only on their own evidence";
  return "no host has the patch and may still be taken back";
}
