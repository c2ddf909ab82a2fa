/**
 * A calculation that stops after each small piece of work, so that whoever carries it out may let others
 * have their turn in between (`givingWay`). It is as pure as one without pieces.
 */
export type InPieces<T> = Generator<undefined, T, undefined>;

/** A loop over many hosts stops after so many: some milliseconds of the dearest work that is done for each. */
export const PIECE = 1024;

/** Carries it out in one go. */
export function inOneGo<T>(work: InPieces<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
