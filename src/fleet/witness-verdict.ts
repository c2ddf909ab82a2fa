import type { Head } from "./order.ts";
import type { WitnessAnswer } from "./witness-frame.ts";

/** What a witness's answer means for the log (host protocol §12.3). */
export type WitnessVerdict =
  /** It signed; the signature is still to be judged. */
  | { readonly kind: "signed"; readonly signature: string }
  /** It holds another head than was thought, of this log: it is asked again from there. */
  | { readonly kind: "elsewhere"; readonly head: Head }
  /** It holds a head that this log never had: one of the two histories is false. */
  | { readonly kind: "contradicts"; readonly head: Head; readonly why: string }
  | { readonly kind: "refused"; readonly why: string };

export function judgeWitness(of: {
  readonly answer: WitnessAnswer;
  /** What it was thought to have seen. */
  readonly thought: Head;
  /** The root of this log over as many entries as the witness saw; null beyond its end. */
  readonly ownRoot: string | null;
}): WitnessVerdict {
  const { answer, thought, ownRoot } = of;
  const { head, signature, refused } = answer;
  if (signature !== null && refused === null) return { kind: "signed", signature };
  const why = refused === null ? "it gave no signature" : `${refused.code} ${refused.why}`.trim();
  if (head !== null && head.size > 0 && ownRoot !== head.root) {
    return { kind: "contradicts", head, why };
  }
  const isElsewhere = head !== null && head.size !== thought.size;
  return isElsewhere ? { kind: "elsewhere", head } : { kind: "refused", why };
}

const AGAIN_SECONDS_MAX = 600;

/** Doubling from five seconds. */
export function askAgainSeconds(tries: number): number {
  return Math.min(AGAIN_SECONDS_MAX, 5 * 2 ** Math.min(tries, 10));
}
