import { assert, present } from "../base/failure.ts";
import type { HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { SECOND_MS } from "../base/instant.ts";
import type { Labels } from "../base/labels.ts";
import type { PlannedBudget } from "../plan/model.ts";
import type { Gate } from "../policy/rings-gates.ts";
import type { BudgetRoom } from "./budget.ts";
import type { Stratum } from "./correlation.ts";
import type { GateStand } from "./gate-judge.ts";
import { type RolloutRules, rolloutRulesSchema } from "./gate-rules.ts";
import type { HaltReason, Hold } from "./hold.ts";
import {
  holdsSlot,
  type JobKind,
  move,
  type RolloutState,
  rolloutMoves,
  type TargetState,
  targetMoves,
  type Verdict,
  type WaveState,
} from "./model.ts";
import type { NewRollout, NewWave } from "./store.ts";

/**
 * The engine's rows in memory, for simulations. They follow the same state tables as the rows in
 * PostgreSQL, and a test plays the same commands on both and compares every row; so what holds here
 * for thousands of seeds holds there.
 *
 * Every call is atomic, as a transaction is. Each move of a target is written down, and whoever
 * checks the books can follow each target from its first state to its last by the table alone.
 */
export interface BookTarget {
  readonly rollout: RolloutId;
  readonly host: HostId;
  readonly wave: number;
  readonly leafIndex: number;
  readonly body: string;
  /** What it shares with others, in words; failures that cluster there stop the rollout. */
  readonly strata: readonly Shared[];
  kind: JobKind;
  state: TargetState;
  isBegun: boolean;
  attempt: number;
  epoch: number;
  leaseOwner: string | null;
  leaseUntil: Instant | null;
  talkUntil: Instant | null;
  claimedAt: Instant | null;
  permittedAt: Instant | null;
  heardAt: Instant | null;
  retryAt: Instant | null;
  troubleSince: Instant | null;
  endedAt: Instant | null;
  tries: number;
  hold: Hold | null;
  resultState: string | null;
  resultCode: string | null;
  verdict: Verdict | null;
  isAcknowledged: boolean;
}

export type Shared = Pick<Stratum, "kind" | "name">;

export interface BookWave extends NewWave {
  state: WaveState;
  holds: readonly Hold[];
  openedAt: Instant | null;
  passedAt: Instant | null;
  endedAt: Instant | null;
  readonly targets: BookTarget[];
}

export interface BookRollout {
  readonly id: RolloutId;
  readonly plan: PlanDigest;
  readonly attemptsMax: number;
  readonly permitTtlSeconds: number;
  readonly revertSeconds: number | null;
  readonly waves: readonly BookWave[];
  readonly rules: RolloutRules;
  /** Gates by wave, as they are known; 0: after the last wave. */
  readonly stands: Map<number, GateStand[]>;
  readonly targets: Map<HostId, BookTarget>;
  readonly strata: NewBook["strata"];
  readonly labels: (host: HostId) => Labels;
  readonly budgets: readonly PlannedBudget[];
  state: RolloutState;
  isFrozen: boolean;
  haltedAt: Instant | null;
  haltReason: HaltReason | null;
  isApproved: boolean;
  owner: string | null;
  ownerEpoch: number;
  ownerUntil: Instant | null;
  generation: number;
  lookAt: Instant;
  /** Rises whenever `lookAt` is written: who read an older one does not overwrite a wish. */
  lookCount: number;
}

export interface Slot {
  rollout: RolloutId | null;
  counter: number;
  isQuarantined: boolean;
}

/** One line of what happened to a target. */
export interface Moved {
  readonly rollout: RolloutId;
  readonly host: HostId;
  readonly from: TargetState;
  readonly verb: string;
  readonly to: TargetState;
}

export interface NewBook {
  readonly rollout: Pick<
    NewRollout,
    | "id"
    | "plan"
    | "attemptsMax"
    | "permitTtlSeconds"
    | "revertSeconds"
    | "waves"
    | "targets"
    | "rules"
    | "after"
  >;
  readonly strata: (host: HostId, body: string) => readonly Shared[];
  readonly budgets?: readonly PlannedBudget[];
  /** What budgets count a host by. */
  readonly labels?: (host: HostId) => Labels;
}

export class Books {
  readonly clock: () => Instant;
  readonly rollouts = new Map<RolloutId, BookRollout>();
  readonly slots = new Map<HostId, Slot>();
  readonly targetsOf = new Map<HostId, BookTarget[]>();
  /** Nonces by host: a permit is given once for each. */
  readonly permits = new Map<HostId, Set<string>>();
  /** Digests of the results that were taken in. */
  readonly results = new Set<string>();
  readonly moved: Moved[] = [];
  readonly labels = new Map<HostId, Labels>();
  /** A halt over everything. */
  isHalted = false;

  constructor(clock: () => Instant) {
    this.clock = clock;
  }

  add({ rollout, strata, budgets = [], labels }: NewBook): BookRollout {
    const targets = rollout.targets.map((target) => newTarget(rollout.id, target, strata));
    const waves = rollout.waves.map((wave) => ({
      ...wave,
      state: "waiting" as WaveState,
      holds: [],
      openedAt: null,
      passedAt: null,
      endedAt: null,
      targets: targets
        .filter((target) => target.wave === wave.number)
        .sort((a, b) => a.leafIndex - b.leafIndex),
    }));
    const { id, plan, attemptsMax, permitTtlSeconds, revertSeconds } = rollout;
    const book: BookRollout = {
      id,
      plan,
      attemptsMax,
      permitTtlSeconds,
      revertSeconds,
      waves,
      rules: rolloutRulesSchema.parse(rollout.rules ?? {}),
      stands: standsOf(rollout),
      targets: new Map(targets.map((target) => [target.host, target])),
      strata,
      labels: labels ?? (() => ({})),
      budgets,
      state: "running",
      isFrozen: false,
      haltedAt: null,
      haltReason: null,
      isApproved: true,
      owner: null,
      ownerEpoch: 0,
      ownerUntil: null,
      generation: 1,
      lookAt: this.clock(),
      lookCount: 0,
    };
    this.rollouts.set(id, book);
    for (const target of targets) {
      this.#addTarget(target);
      if (labels !== undefined) this.labels.set(target.host, labels(target.host));
    }
    return book;
  }

  /** Writes hosts that join behind those that are there, up to so many in all; returns how many are new. */
  join(
    rollout: BookRollout,
    joiners: readonly { readonly host: HostId; readonly wave: number; readonly body: string }[],
    max: number,
  ): number {
    let last = Math.max(...[...rollout.targets.values()].map(({ leafIndex }) => leafIndex));
    const room = Math.max(0, max - rollout.targets.size);
    const fresh = joiners.slice(0, room).filter(({ host }) => !rollout.targets.has(host));
    for (const { host, wave, body } of fresh) {
      last += 1;
      const place = { host, wave, leafIndex: last, body, service: null };
      const target = newTarget(rollout.id, place, rollout.strata);
      rollout.targets.set(host, target);
      this.labels.set(host, rollout.labels(host));
      present(rollout.waves[wave - 1], "the wave of a host that joins").targets.push(target);
      this.#addTarget(target);
    }
    if (fresh.length === 0) return 0;
    rollout.generation += 1;
    this.wake(rollout);
    return fresh.length;
  }

  #addTarget(target: BookTarget): void {
    const { host } = target;
    if (!this.slots.has(host)) {
      this.slots.set(host, { rollout: null, counter: 0, isQuarantined: false });
    }
    const others = this.targetsOf.get(host);
    if (others === undefined) this.targetsOf.set(host, [target]);
    else others.push(target);
  }

  rollout(id: RolloutId): BookRollout {
    return present(this.rollouts.get(id), "the rollout's book");
  }

  slot(host: HostId): Slot {
    return present(this.slots.get(host), "the host's slot");
  }

  target(key: { readonly rollout: RolloutId; readonly host: HostId }): BookTarget | null {
    return this.rollouts.get(key.rollout)?.targets.get(key.host) ?? null;
  }

  *targets(): Iterable<BookTarget> {
    for (const rollout of this.rollouts.values()) yield* rollout.targets.values();
  }

  waveOf(target: BookTarget): BookWave {
    const wave = this.rollout(target.rollout).waves[target.wave - 1];
    assert(wave?.number === target.wave, "waves are numbered from one, in order");
    return wave;
  }

  /** Moves a target where its table has such a move; false where it has none. */
  move(target: BookTarget, verb: string): boolean {
    const to = move(targetMoves, target.state, verb);
    if (to === null) return false;
    const { rollout, host, state: from } = target;
    this.moved.push({ rollout, host, from, verb, to });
    target.state = to;
    return true;
  }

  moveRollout(rollout: BookRollout, verb: string): boolean {
    const to = move(rolloutMoves, rollout.state, verb);
    if (to === null) return false;
    rollout.state = to;
    rollout.generation += 1;
    return true;
  }

  /** Frees the slot of a target that holds none any more. */
  free({ rollout, host }: { readonly rollout: RolloutId; readonly host: HostId }): void {
    const slot = this.slot(host);
    const target = this.target({ rollout, host });
    if (slot.rollout === rollout && target !== null && !holdsSlot(target)) slot.rollout = null;
  }

  wake(rollout: BookRollout): void {
    rollout.lookAt = this.clock();
    rollout.lookCount += 1;
  }

  /** The rollout's own state and the halts allow a start of this kind. */
  rolloutAllows(rollout: BookRollout, kind: JobKind): boolean {
    if (kind === "apply") return rollout.state === "running" && !this.isHalted;
    const isActive = rollout.state === "running" || rollout.state === "halted";
    return isActive && !rollout.isFrozen && rollout.revertSeconds !== null;
  }

  /** The approvals hold and the approved time is now; a revert has its own time. */
  mayRunNow(rollout: BookRollout, wave: BookWave, kind: JobKind): boolean {
    if (wave.state === "waiting") return false;
    if (kind === "revert") return true;
    const now = this.clock();
    const isOpen = wave.state === "open" || wave.state === "passed";
    const isInside =
      wave.windows.length === 0 || wave.windows.some((w) => w.from <= now && now < w.to);
    const isInTime = wave.notBefore <= now && now <= wave.notAfter;
    return isOpen && isInTime && isInside && rollout.isApproved;
  }

  /** This server still owns the rollout; nobody else decides. */
  isOwner(rollout: BookRollout, own: { readonly owner: string; readonly epoch: number }): boolean {
    return (
      rollout.owner === own.owner &&
      rollout.ownerEpoch === own.epoch &&
      (rollout.ownerUntil ?? 0) > this.clock()
    );
  }

  /** How many slots of the wave count against its budget. */
  busy(wave: BookWave): number {
    return wave.targets.reduce((sum, target) => sum + Number(holdsSlot(target)), 0);
  }

  /** Hosts of the wave that were started within the time of its rate; 0 where it has none. */
  startedLately({ targets, gate: { rate } }: BookWave): number {
    const since = this.clock() - (rate?.seconds ?? 0) * SECOND_MS;
    return rate === null || rate === undefined
      ? 0
      : targets.filter((target) => target.claimedAt !== null && target.claimedAt > since).length;
  }

  /** Every budget in force with what is used of it, as `loadRooms` reads it from the rows. */
  rooms(kind: JobKind): readonly BudgetRoom[] {
    const active = [...this.rollouts.values()].filter(({ state }) => isActive(state));
    const most = new Map<string, Omit<BudgetRoom, "used">>();
    for (const { key, value, unavailableMax } of active.flatMap((one) => one.budgets)) {
      const name = `${key}=${value}`;
      const allowed = Math.min(unavailableMax, most.get(name)?.most ?? unavailableMax);
      most.set(name, { key, value, most: allowed });
    }
    if (most.size === 0) return [];
    const away = [...this.targetsOf].flatMap(([host, targets]) => {
      const isAway = targets.some((t) => holdsSlot(t) || (kind === "apply" && this.#isDown(t)));
      return isAway ? [this.labels.get(host) ?? {}] : [];
    });
    return [...most.values()].map((one) => ({
      ...one,
      used: away.filter((labels) => labels[one.key] === one.value).length,
    }));
  }

  isHostDown(host: HostId): boolean {
    return (this.targetsOf.get(host) ?? []).some((target) => this.#isDown(target));
  }

  /** Failed on this very patch, and nobody has looked. */
  #isDown({ rollout, state, isAcknowledged }: BookTarget): boolean {
    const isBroken = (state === "failed" || state === "lost") && !isAcknowledged;
    return isBroken && isActive(this.rollout(rollout).state);
  }

  /** A revert may start while the statement's time since the host was done lasts. */
  isRevertInTime(rollout: BookRollout, target: BookTarget): boolean {
    const { revertSeconds } = rollout;
    if (revertSeconds === null || target.endedAt === null) return false;
    return target.endedAt + revertSeconds * SECOND_MS > this.clock();
  }
}

function standsOf({ waves, after }: NewBook["rollout"]): Map<number, GateStand[]> {
  const unknown = (gate: Gate): GateStand => ({ gate, state: null, words: [] });
  return new Map([
    ...waves.map(({ number, gate }) => [number, (gate.gates ?? []).map(unknown)] as const),
    [0, (after ?? []).map(unknown)] as const,
  ]);
}

function isActive(state: RolloutState): boolean {
  return state === "running" || state === "halted";
}

function newTarget(
  rollout: RolloutId,
  { host, wave, leafIndex, body }: NewRollout["targets"][number],
  strata: NewBook["strata"],
): BookTarget {
  return {
    rollout,
    host,
    wave,
    leafIndex,
    body,
    strata: strata(host, body),
    kind: "apply",
    state: "ready",
    isBegun: false,
    attempt: 1,
    epoch: 0,
    leaseOwner: null,
    leaseUntil: null,
    talkUntil: null,
    claimedAt: null,
    permittedAt: null,
    heardAt: null,
    retryAt: null,
    troubleSince: null,
    endedAt: null,
    tries: 0,
    hold: null,
    resultState: null,
    resultCode: null,
    verdict: null,
    isAcknowledged: false,
  };
}
