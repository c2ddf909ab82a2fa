import { HOUR_MS, type Instant } from "../base/instant.ts";
import { decide, nextLookAt } from "./decide.ts";
import type { Decision, RolloutFacts } from "./decision.ts";
import { CLAIM_BATCH_MAX } from "./engine.ts";
import type { HaltReason, Hold } from "./hold.ts";
import type { JobKind } from "./model.ts";
import type { Claimed } from "./store-claims.ts";
import type { Owned } from "./store-turn.ts";
import { isOver } from "./wave.ts";

/**
 * One turn of the engine: read aggregates, decide, commit under the owner's epoch and the generation
 * that was read, then hand out work. Everything is a function of rows, so a turn that is cut off
 * anywhere is simply taken again.
 *
 * What the turn needs of its store is the port below and no more. The server gives it PostgreSQL, the
 * simulation gives it rows in memory; the turn itself is this one.
 */
export interface TurnStore<S extends Seen> {
  /** Takes or keeps rollouts that need a look; others' are left alone. */
  takeRollouts(): Promise<readonly Owned[]>;
  /** The aggregates; null when the rollout is gone. */
  loadFacts(own: Owned): Promise<S | null>;
  /** Halts under the halt lock, if what was seen still holds. */
  commitHalt(own: Owned, seen: S, reason: HaltReason): Promise<void>;
  /** Writes everything but claims, by compare-and-set; false when the rollout changed since. */
  commitTurn(own: Owned, seen: S, turn: TurnToCommit): Promise<boolean>;
  claim(own: Owned, seen: S, claim: ClaimWish): Promise<readonly Claimed[]>;
}

/** What a turn saw; a store adds what it needs to notice that it has changed since. */
export interface Seen {
  readonly facts: RolloutFacts;
  /** The store's clock. */
  readonly now: Instant;
}

export interface TurnToCommit {
  readonly decisions: readonly Decision[];
  /** What is said of each wave. */
  readonly holds: readonly { readonly wave: number; readonly holds: readonly Hold[] }[];
  /** When to look again if nothing moves; a turn that moved something looks again at once. */
  readonly lookAt: Instant;
}

export interface ClaimWish {
  readonly wave: number;
  readonly kind: JobKind;
  readonly countMax: number;
}

export interface TurnEnd {
  readonly claimed: readonly Claimed[];
  /** Something was decided, so there may be more to decide at once. */
  readonly hasMore: boolean;
}

/**
 * How many more hosts may be given out, over all that gives out at once. What is reserved is settled,
 * also when the claim failed: it is free again then.
 */
export interface Hands {
  /** At most so many; 0 while there is no room. */
  reserve(countMax: number): number;
  /** These are brought to their hosts at once, whatever else the turn still does. */
  settle(reserved: number, claimed: readonly Claimed[]): void;
}

/** The engine looks at a rollout at least this often while hosts may be working. */
const LOOK_EVERY_MS = 2_000;
/** Pass, open, release; a rollout in which more happens must not hold up the others. */
const TURNS_IN_A_ROW = 3;

/** One look at all rollouts that need one, one after the other. */
export async function takeTurns<S extends Seen>(
  store: TurnStore<S>,
  room: number,
): Promise<TurnEnd> {
  const claimed: Claimed[] = [];
  let left = room;
  const hands: Hands = {
    reserve(countMax) {
      const reserved = Math.max(0, Math.min(countMax, left));
      left -= reserved;
      return reserved;
    },
    settle(reserved, some) {
      left += reserved - some.length;
      claimed.push(...some);
    },
  };
  let hasMore = false;
  for (const own of await store.takeRollouts()) {
    hasMore = (await takeTurnsOf(store, own, hands)) || hasMore;
  }
  return { claimed, hasMore };
}

/**
 * Looks at one rollout; true when there may be more to decide at once. A wave that passes opens the
 * next one, and that has hosts to release: at once, not after a turn of every other rollout.
 */
export async function takeTurnsOf<S extends Seen>(
  store: TurnStore<S>,
  own: Owned,
  hands: Hands,
): Promise<boolean> {
  for (let turns = 0; turns < TURNS_IN_A_ROW; turns += 1) {
    if (!(await takeTurn(store, own, hands))) return false;
  }
  return true;
}

/** True when something was decided, so there may be more to decide at once. */
async function takeTurn<S extends Seen>(
  store: TurnStore<S>,
  own: Owned,
  hands: Hands,
): Promise<boolean> {
  const seen = await store.loadFacts(own);
  if (seen === null) return false;
  const decisions = decide(seen.facts, seen.now);
  const halt = decisions.find((decision) => decision.do === "halt");
  if (halt !== undefined) {
    await store.commitHalt(own, seen, halt.reason);
    const after = await store.loadFacts(own);
    if (after !== null) await store.commitTurn(own, after, toCommit(after, decisions));
    return true;
  }
  if (!(await store.commitTurn(own, seen, toCommit(seen, decisions)))) return true;
  await release(store, { own, seen, decisions, hands });
  return decisions.some((d) => d.do !== "hold" && d.do !== "release");
}

function toCommit(seen: Seen, decisions: readonly Decision[]): TurnToCommit {
  return {
    decisions,
    holds: seen.facts.waves.map(({ number }) => ({
      wave: number,
      holds: decisions.flatMap((d) => (d.do === "hold" && d.wave === number ? [d.hold] : [])),
    })),
    lookAt: Math.min(
      nextLookAt(seen.facts, seen.now),
      // Nobody works any more while it stabilises; then a measurement asks for a look.
      seen.facts.waves.every(isOver) ? seen.now + HOUR_MS : seen.now + LOOK_EVERY_MS,
    ),
  };
}

/** In batches, each a transaction of its own, so that a halt waits for one of them at most. */
async function release<S extends Seen>(
  store: TurnStore<S>,
  what: {
    readonly own: Owned;
    readonly seen: S;
    readonly decisions: readonly Decision[];
    readonly hands: Hands;
  },
): Promise<void> {
  for (const decision of what.decisions) {
    if (decision.do !== "release") continue;
    const { wave, kind } = decision;
    let left = decision.countMax ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const countMax = what.hands.reserve(Math.min(CLAIM_BATCH_MAX, left));
      if (countMax === 0) break;
      let some: readonly Claimed[] = [];
      try {
        some = await store.claim(what.own, what.seen, { wave, kind, countMax });
      } finally {
        what.hands.settle(countMax, some);
      }
      left -= some.length;
      if (some.length < countMax) break;
    }
  }
}
