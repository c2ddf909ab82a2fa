import type { VersionOrder } from "../intel/versions/order.ts";

/** What of a move or a step with a package decides whether it goes down. */
interface Moved {
  readonly verb: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Why these moves are none of a plan that brings a fix, or null. A lower version brings back what was
 * fixed since, so it is only ever a way back: an `undo` of what the same plan raised, from the very file
 * that was installed before. A package manager that takes down something else on the way, or a source
 * that calls an older version an upgrade, is refused; so are versions that nobody can put in order.
 */
export function loweringProblem(moves: readonly Moved[], order: VersionOrder): string | null {
  for (const { verb, name, from, to } of moves) {
    if (verb === "downgrade") return lowered(name, from, to);
    if (verb !== "upgrade") continue;
    const step = order(from, to);
    if (step === null) return `the versions ${from} and ${to} of ${name} have no order`;
    if (step > 0) return lowered(name, from, to);
  }
  return null;
}

function lowered(name: string, from: string, to: string): string {
  return `it would lower ${name} from ${from} to ${to}; only the way back of a plan may do that: offer ${name} in ${from} or above, or remove what holds it down`;
}
