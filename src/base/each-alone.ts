import type { Log } from "./log.ts";
import { startLoop } from "./loop.ts";

/**
 * A loop over pieces of work that each wait for somebody else: each is done on its own, so that a dead one
 * holds up no other. Whoever takes a piece holds it by a lease; one that fails is taken again when that ends.
 */
export function startEachAlone<Piece extends object>(how: {
  readonly name: string;
  readonly idleMs: number;
  readonly log: Log;
  readonly atOnceMax: number;
  take(room: number): Promise<readonly Piece[]>;
  work(piece: Piece, signal: AbortSignal): Promise<unknown>;
  failed(piece: Piece, cause: unknown): void;
}): { wake(): void; stop(): Promise<void> } {
  const abort = new AbortController();
  const running = new Map<Piece, Promise<void>>();
  const alone = async (piece: Piece): Promise<void> => {
    try {
      await how.work(piece, abort.signal);
    } catch (cause) {
      how.failed(piece, cause);
    } finally {
      running.delete(piece);
      loop.wake();
    }
  };
  const loop = startLoop({
    name: how.name,
    idleMs: how.idleMs,
    log: how.log,
    async turn() {
      const room = Math.max(0, how.atOnceMax - running.size);
      for (const piece of await how.take(room)) running.set(piece, alone(piece));
      return false;
    },
  });
  return {
    wake: loop.wake,
    async stop() {
      await loop.stop();
      abort.abort();
      await Promise.all(running.values());
    },
  };
}
