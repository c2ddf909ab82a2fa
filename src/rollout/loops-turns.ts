import { setTimeout as sleep } from "node:timers/promises";
import type { RolloutId } from "../base/ids.ts";
import { type Loop, startLoop } from "../base/loop.ts";
import { takeTurnsOf } from "./actions-turn.ts";
import type { Engine } from "./engine.ts";
import { type Owned, type Taking, takeRollouts } from "./store-turn.ts";
import type { Hands } from "./turn.ts";

/**
 * The turns of one server, a few rollouts at once, so that none waits until all others were looked at.
 * One lane takes who waited longest; the others take those that somebody asked to look at, as nearly all looks
 * are only made because time has passed, and find nothing.
 */
const LANES: readonly Taking["first"][] = ["longest", "asked", "asked"];
/** The engine looks by itself; whoever has news wakes it. */
const IDLE_MS = 1_000;
/** Between two looks at one rollout, so that hosts which end together are seen together. */
const TURNS_APART_MS = 50;
/** Wakes that come together are one. */
const WAKES_APART_MS = 10;

export function startTurns(
  engine: Engine,
  of: { readonly isHeld: () => boolean; readonly hands: Hands },
): Loop {
  const due = new Due(engine);
  const lanes = LANES.map((first) =>
    startLoop({
      name: "rollout",
      idleMs: IDLE_MS,
      log: engine.world.log,
      async turn() {
        if (!of.isHeld()) return false;
        const own = await due.next(first);
        if (own === null) {
          const restsMs = due.restsMs();
          await sleep(Math.max(WAKES_APART_MS, restsMs ?? 0));
          return restsMs !== null;
        }
        let hasMore = false;
        try {
          hasMore = await takeTurnsOf(engine, own, of.hands);
        } finally {
          due.end(own, hasMore ? 0 : TURNS_APART_MS);
        }
        return true;
      },
    }),
  );
  return {
    wake() {
      for (const lane of lanes) lane.wake();
    },
    async stop() {
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
  };
}

/** Who needs a look and is not being looked at here, nor was a moment ago. */
class Due {
  readonly #engine: Engine;
  /** Until when each is left alone, by the process's own clock. */
  readonly #restUntil = new Map<RolloutId, number>();
  /** One lane asks after the other, else two would take the same. */
  #asked: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Until the first rest is over, as somebody may be due then; null when nobody rests. */
  restsMs(): number | null {
    const ends = [...this.#restUntil.values()].filter(Number.isFinite);
    return ends.length === 0 ? null : Math.max(0, Math.min(...ends) - performance.now());
  }

  next(first: Taking["first"]): Promise<Owned | null> {
    const asking = this.#asked.then(() => this.#take(first));
    this.#asked = asking.catch(() => undefined);
    return asking;
  }

  end({ rollout }: Owned, restMs: number): void {
    this.#restUntil.set(rollout, performance.now() + restMs);
  }

  async #take(first: Taking["first"]): Promise<Owned | null> {
    const now = performance.now();
    for (const [id, until] of this.#restUntil) if (until <= now) this.#restUntil.delete(id);
    const { world, server } = this.#engine;
    const taking = { countMax: 1, first, but: [...this.#restUntil.keys()] };
    const [own] = await takeRollouts(world.db, server, taking);
    if (own === undefined) return null;
    this.#restUntil.set(own.rollout, Number.POSITIVE_INFINITY);
    return own;
  }
}
