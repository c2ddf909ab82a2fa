/**
 * Collects what comes in within some milliseconds and handles it at once, so that a hundred hosts
 * that ask in the same moment cost one transaction. Everybody gets their own answer, and a failure is
 * nobody else's: what one host said wrongly must not silence the others.
 *
 * What comes while a batch is handled waits for its end and goes together, so that a hundred hosts are
 * a few transactions over one session of the database, and not as many as there are sessions. A batch
 * that hangs holds up the next one for `BUSY_MS_MAX` only.
 */
export interface Batcher<In, Out> {
  add(item: In): Promise<Out>;
  /** Handles what is there now. */
  flush(): Promise<void>;
}

const FAILURES_MAX = 3;
const BUSY_MS_MAX = 250;

export function makeBatcher<In, Out>(options: {
  readonly waitMs: number;
  readonly countMax: number;
  /** One answer per item, in their order. Must bear the same item again: a failed batch is split. */
  readonly handle: (items: readonly In[]) => Promise<readonly Out[]>;
}): Batcher<In, Out> {
  interface Waiting {
    readonly item: In;
    readonly resolve: (out: Out) => void;
    readonly reject: (cause: unknown) => void;
  }
  const waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | null = null;
  let busy = 0;
  const flush = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const some = waiting.splice(0, options.countMax);
    if (some.length === 0) return;
    busy += 1;
    if (waiting.length > 0) arm();
    if (!(await handle(some, some.length > 1))) await handleAlone(some);
    busy -= 1;
    if (waiting.length > 0) {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      arm();
    }
  };
  /** False when it failed and the items still wait for their answers. */
  const handle = async (some: readonly Waiting[], isSplit: boolean): Promise<boolean> => {
    try {
      const outs = await options.handle(some.map(({ item }) => item));
      for (const [at, { resolve }] of some.entries()) resolve(outs[at] as Out);
      return true;
    } catch (cause) {
      if (!isSplit) for (const { reject } of some) reject(cause);
      return false;
    }
  };
  /** Each for itself; when several in a row fail, it is not the items, and the rest fails at once. */
  const handleAlone = async (some: readonly Waiting[]): Promise<void> => {
    let failures = 0;
    for (const [at, one] of some.entries()) {
      if (failures === FAILURES_MAX) {
        await handle(some.slice(at), false);
        return;
      }
      failures = (await handle([one], false)) ? 0 : failures + 1;
    }
  };
  const arm = (): void => {
    const waitMs = busy === 0 ? options.waitMs : Math.max(options.waitMs, BUSY_MS_MAX);
    timer ??= setTimeout(() => void flush(), waitMs);
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
