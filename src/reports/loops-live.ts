import { randomBytes } from "node:crypto";
import type { Connection } from "../db/database.ts";
import { listenToHints } from "../db/hints.ts";
import type { World } from "../db/world.ts";

/**
 * The hints of one server: heard once from the database, kept for a while so that a stream that broke
 * can go on, and given to every stream. No stream asks the database whether something is new.
 */
export interface HintHub {
  /** The place of the newest hint. */
  newest(): number;
  /** Whether everything behind this place is still kept. */
  reaches(place: number): boolean;
  /** Topics behind a place; `all` when they are not all kept any more. */
  since(place: number): readonly string[];
  /** Resolves at the next hint, after `ms`, or when aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Names this run of the server: places of another one mean nothing here. */
  readonly run: string;
  close(): Promise<void>;
}

/** Means that anything may have changed. */
export const ALL = "all";

const KEPT_MAX = 2_000;

const hubs = new WeakMap<World, HintHub>();

export function hubOf(world: World): HintHub | null {
  return hubs.get(world) ?? null;
}

export function startHints(world: World, connection: Connection): HintHub {
  const kept: { readonly place: number; readonly topics: readonly string[] }[] = [];
  const waiting = new Set<() => void>();
  let place = 0;
  const tell = (topics: readonly string[]): void => {
    place += 1;
    kept.push({ place, topics });
    if (kept.length > KEPT_MAX) kept.shift();
    for (const wake of [...waiting]) wake();
  };
  const listener = listenToHints(connection, { onTopics: tell, onGap: () => tell([ALL]) });
  const reaches = (from: number): boolean =>
    from <= place && from >= (kept[0]?.place ?? place + 1) - 1;
  const hub: HintHub = {
    run: randomBytes(6).toString("hex"),
    newest: () => place,
    reaches,
    since(from) {
      if (!reaches(from)) return [ALL];
      const behind = kept.slice(kept.length - (place - from));
      return [...new Set(behind.flatMap((hint) => hint.topics))];
    },
    wait(ms, signal) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        signal.addEventListener("abort", done);
        waiting.add(done);
        if (signal.aborted) done();
      });
    },
    async close() {
      hubs.delete(world);
      for (const wake of [...waiting]) wake();
      await listener.close();
    },
  };
  hubs.set(world, hub);
  return hub;
}
