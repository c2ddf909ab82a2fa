import type { InPieces } from "./pieces.ts";

/**
 * Long calculations give way in between, so that the server answers others meanwhile. A pause is asked
 * for after every small piece of work and is taken only once a slice of time is used up: asking costs
 * nothing that counts.
 */
const SLICE_MS = 12;

/** `const pause = slices();` and after each piece `if (pause.isDue()) await pause.taken();`. */
export interface Slices {
  /** True once the slice is used up. */
  isDue(): boolean;
  /** Lets everything else that waits have its turn; a new slice begins after that. */
  taken(): Promise<void>;
}

export function slices(sliceMs = SLICE_MS): Slices {
  let since = performance.now();
  return {
    isDue: () => performance.now() - since >= sliceMs,
    taken: async () => {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      since = performance.now();
    },
  };
}

/** Carries out a calculation in pieces, and lets others have their turn whenever a slice is used up. */
export async function givingWay<T>(work: InPieces<T>): Promise<T> {
  const pause = slices();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (pause.isDue()) await pause.taken();
  }
}
