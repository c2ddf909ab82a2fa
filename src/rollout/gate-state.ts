import { z } from "zod";
import type { Instant } from "../base/instant.ts";

/**
 * What is known of a gate that measures: its last reading, and since when readings are alike. Folded
 * from one reading after the other, so that a decision never reads more than this.
 */
export const readingKinds = ["good", "bad", "unsure", "none"] as const;
/** `none` is no data, or nobody to ask: never good. `unsure` is data that proves nothing. */
export type ReadingKind = (typeof readingKinds)[number];

export interface Reading {
  readonly kind: ReadingKind;
  readonly at: Instant;
  readonly words: string;
  /** Facts behind it, small enough to show; what was measured in full stands in its row. */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Hosts on which it was bad, of gates that look at each host. */
  readonly badHosts: readonly string[];
}

export interface GateState {
  readonly last: Reading;
  /** Since when all readings are of this kind, without a break. */
  readonly since: Instant;
  readonly inARow: number;
}

export const gateStateSchema: z.ZodType<GateState> = z.object({
  last: z.object({
    kind: z.enum(readingKinds),
    at: z.number(),
    words: z.string(),
    evidence: z.record(z.string(), z.unknown()),
    badHosts: z.array(z.string()),
  }),
  since: z.number(),
  inARow: z.number(),
});

/** The state after one more reading; a gap longer than `gapMax` breaks what was without a break. */
export function withReading(
  state: GateState | null,
  reading: Reading,
  gapMaxMs: number,
): GateState {
  const goesOn =
    state !== null &&
    state.last.kind === reading.kind &&
    reading.at - state.last.at <= gapMaxMs &&
    reading.at >= state.last.at;
  if (!goesOn) return { last: reading, since: reading.at, inARow: 1 };
  return { last: reading, since: state.since, inARow: state.inARow + 1 };
}

/** Readings further apart than this say nothing about the time between them. */
export function gapMaxOf(intervalMs: number): number {
  return Math.max(3 * intervalMs, 90_000);
}
