import { createContext, Script } from "node:vm";

/**
 * Expressions that take more than time in proportion to what they read (ASVS 5.0 V1.3.12): tried on
 * long texts that begin to match over and over and fail at their end, where the time doubles or squares.
 */
const LENGTH = 24_000;
const MS_MAX = 12;
const TRIES = 3;

const pieces = ["a", "0", " ", "a.", "a-", "0.", "<a", "("];
const texts = pieces.map((piece) => `${piece.repeat(LENGTH / piece.length)}\u0001!`);
const context = createContext({ texts, at: -1 });

/** The piece whose repetition takes too long; null where none does. */
export function slowPieceOf(expression: string): string | null {
  // Without a repetition that has no end nothing can take long.
  if (!/[*+]|,\}/.test(expression)) return null;
  const script = new Script(`for (at = 0; at < texts.length; at++) ${expression}.test(texts[at]);`);
  for (let i = 1; i <= TRIES; i++) {
    try {
      script.runInContext(context, { timeout: MS_MAX * i * i });
      return null;
    } catch {
      // A busy machine is slow once; a slow expression is slow each time.
    }
  }
  return pieces[Number(context["at"])] ?? "";
}

/** Slow ones whose text somebody bounds before, to so many characters that it does not matter. */
export const boundedBefore: Readonly<Record<string, string>> = {
  "/[<[]([^>\\]]+)[>\\]]/": "how our own commands are written",
  "/\\d+$/": "a Gentoo version, of at most 2,048 characters",
  "/0+$/": "a Gentoo version, of at most 2,048 characters",
};
