import type { Host } from "../inventory/model.ts";
import { AGENTS_MAX, type Engine } from "./engine.ts";
import type { TargetKey } from "./store-targets.ts";

/** The talks that one server has now, and how many of them take a connection. */
export class RunningTalks {
  readonly #engine: Engine;
  readonly #onEnd: (state: string | null) => void;
  readonly #running = new Map<TargetKey, Promise<void>>();
  /** Those of them with hosts that call in. */
  readonly #agents = new Set<TargetKey>();
  /** Talks that failed here, as when the database went away, and that the rows still call held. */
  readonly failed = new Set<TargetKey>();

  constructor(engine: Engine, onEnd: (state: string | null) => void) {
    this.#engine = engine;
    this.#onEnd = onEnd;
  }

  begin(key: TargetKey, work: () => Promise<string | null>): void {
    const done = work()
      .catch((cause: unknown) => {
        this.#engine.world.log.error({ err: cause, host: key.host }, "a talk with a host failed");
        this.failed.add(key);
        return null;
      })
      .then((state) => {
        this.#running.delete(key);
        this.#agents.delete(key);
        this.#onEnd(state);
      });
    this.#running.set(key, done);
  }

  /** Known once the host's row was read; until then a talk counts as a connection. */
  isWith(key: TargetKey, host: Host): void {
    if (host.way.kind === "agent") this.#agents.add(key);
  }

  connected(): number {
    return this.#running.size - Math.min(this.#agents.size, AGENTS_MAX);
  }

  keys(): readonly TargetKey[] {
    return [...this.#running.keys()];
  }

  async allEnded(): Promise<void> {
    await Promise.all(this.#running.values());
  }
}
