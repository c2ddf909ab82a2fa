/**
 * Works that run one after the other while the next are made ready: the database writes what was given
 * to it, and meanwhile the program prepares more. Never more than a few wait, so that what waits does
 * not fill the memory.
 */
export interface WorkLine {
  /** Comes back as soon as few enough stand in line; fails if one before it failed. */
  add(work: () => Promise<void>): Promise<void>;
  /** Comes back when all that were added are done. */
  done(): Promise<void>;
}

/** The one that runs and the one that is ready after it. */
const WAITING_MAX = 2;

/** Nothing of the line runs any more when this comes back, however it ends. */
export async function inWorkLine<T>(work: (line: WorkLine) => Promise<T>): Promise<T> {
  const line = openWorkLine();
  try {
    const result = await work(line);
    await line.done();
    return result;
  } finally {
    await line.done().catch(() => undefined);
  }
}

function openWorkLine(): WorkLine {
  const waiting: Promise<void>[] = [];
  let last: Promise<void> = Promise.resolve();
  return {
    async add(work) {
      last = last.then(work);
      // Told by the next that is added, or at the end: until then nobody listens.
      last.catch(() => undefined);
      waiting.push(last);
      if (waiting.length > WAITING_MAX) await waiting.shift();
    },
    done: () => last,
  };
}
