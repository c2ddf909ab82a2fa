/**
 * Collects what comes in within some milliseconds and handles it at once, so that a hundred hosts
 * that ask in the same moment cost one transaction. Everybody gets their own answer.
 */
export interface Batcher<In, Out> {
  add(item: In): Promise<Out>;
  /** Handles what is there now. */
  flush(): Promise<void>;
}

export function makeBatcher<In, Out>(options: {
  readonly waitMs: number;
  readonly countMax: number;
  /** One answer per item, in their order. A failure is everybody's answer. */
  readonly handle: (items: readonly In[]) => Promise<readonly Out[]>;
}): Batcher<In, Out> {
  interface Waiting {
    readonly item: In;
    readonly resolve: (out: Out) => void;
    readonly reject: (cause: unknown) => void;
  }
  const waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | null = null;
  const flush = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const some = waiting.splice(0, options.countMax);
    if (some.length === 0) return;
    if (waiting.length > 0) arm();
    try {
      const outs = await options.handle(some.map(({ item }) => item));
      for (const [at, { resolve }] of some.entries()) resolve(outs[at] as Out);
    } catch (cause) {
      for (const { reject } of some) reject(cause);
    }
  };
  const arm = (): void => {
    timer ??= setTimeout(() => void flush(), options.waitMs);
  };
  return {
    flush,
    add: (item) =>
      new Promise<Out>((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (waiting.length >= options.countMax) void flush();
        else arm();
      }),
  };
}
