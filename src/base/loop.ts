import type { Log } from "./log.ts";

/**
 * A background loop: runs `turn` when woken or after `idleMs`, never twice at once. An error is
 * logged and followed by a pause; it never ends the loop. `stop` waits for the turn under way.
 */
export interface Loop {
  wake(): void;
  stop(): Promise<void>;
}

export function startLoop(options: {
  readonly name: string;
  readonly idleMs: number;
  readonly log: Log;
  /** Returns true when there may be more to do at once. */
  readonly turn: () => Promise<boolean>;
}): Loop {
  let isStopped = false;
  let isWoken = false;
  let wakeUp: () => void = () => undefined;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (isWoken || isStopped) return resolve();
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (!isStopped) {
      isWoken = false;
      const hasMore = await options.turn().catch((cause: unknown) => {
        options.log.error({ err: cause, loop: options.name }, "a background turn failed");
        return false;
      });
      if (!hasMore) await pause(options.idleMs);
    }
  };
  const done = run();
  return {
    wake() {
      isWoken = true;
      wakeUp();
    },
    async stop() {
      isStopped = true;
      wakeUp();
      await done;
    },
  };
}
