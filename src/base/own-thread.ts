import { Worker } from "node:worker_threads";

/** Work beside the event loop, with a limit of memory and time of its own. */
export interface ThreadWork {
  readonly program: URL;
  /** Copied to the thread. */
  readonly data: unknown;
  readonly timeoutMs: number;
  readonly memoryMaxMb: number;
}

/**
 * The first thing that the thread says; null when it exceeded a limit or ended without a word. The
 * thread is gone afterwards, whatever became of it; what it throws is thrown here.
 */
export async function answerOfThread(work: ThreadWork): Promise<unknown> {
  const worker = new Worker(work.program, {
    workerData: work.data,
    resourceLimits: { maxOldGenerationSizeMb: work.memoryMaxMb },
  });
  const timer = setTimeout(() => void worker.terminate(), work.timeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", (cause: NodeJS.ErrnoException) => {
        if (cause.code === "ERR_WORKER_OUT_OF_MEMORY") resolve(null);
        else reject(cause);
      });
      worker.once("exit", () => resolve(null));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
