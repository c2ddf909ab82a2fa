import type { World } from "../db/world.ts";
import { loadLedgerSizes } from "./store-tree.ts";

/**
 * Tells waiting streams that the ledger has grown. One query serves all streams of a server, and
 * none is made while nobody waits.
 */
const LOOK_MS = 300;

interface Waiter {
  readonly beyond: number;
  readonly done: () => void;
}

interface Watch {
  readonly waiters: Set<Waiter>;
  isLooking: boolean;
}

const watches = new WeakMap<World, Watch>();

/** Resolves when the ledger holds more than `beyond` entries, after `ms`, or when aborted. */
export function waitForGrowth(
  world: World,
  options: { readonly beyond: number; readonly ms: number; readonly signal: AbortSignal },
): Promise<void> {
  const watch = watches.get(world) ?? { waiters: new Set<Waiter>(), isLooking: false };
  watches.set(world, watch);
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      options.signal.removeEventListener("abort", done);
      watch.waiters.delete(waiter);
      resolve();
    };
    const waiter = { beyond: options.beyond, done };
    const timer = setTimeout(done, options.ms);
    options.signal.addEventListener("abort", done);
    watch.waiters.add(waiter);
    if (options.signal.aborted) done();
    else if (!watch.isLooking) void look(world, watch);
  });
}

async function look(world: World, watch: Watch): Promise<void> {
  watch.isLooking = true;
  while (watch.waiters.size > 0) {
    const size = await loadLedgerSizes(world.db).then(
      (sizes) => sizes.size,
      (cause: unknown) => {
        world.log.warn({ err: cause }, "the size of the ledger could not be read");
        return -1;
      },
    );
    for (const waiter of [...watch.waiters]) if (waiter.beyond < size) waiter.done();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  watch.isLooking = false;
}
