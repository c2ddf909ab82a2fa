/**
 * Records: how long the words of the log are kept, what keeps them longer, and what is held on a
 * person. The hashes of the log are kept for ever.
 *
 * Invariants: nothing goes before its retention is over, nothing that a legal hold in force names, and
 * nothing of which no signed statement in the log tells. The owner's function in the database sees to
 * all three, as the server's own role may not delete.
 *
 * Never: a person erased, or a hold lifted, by one person alone.
 */
import { numberOf, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";

export const holdKinds = ["case", "change", "host", "person", "time"] as const;
export type HoldKind = (typeof holdKinds)[number];

export interface Hold {
  readonly id: string;
  readonly number: number;
  readonly kind: HoldKind;
  /** The id of what is held; null for a span of time. */
  readonly about: string | null;
  readonly from: Instant | null;
  /** Not itself in the span. */
  readonly until: Instant | null;
  readonly reason: string;
  readonly placedBy: SubjectId;
  readonly placedAt: Instant;
  readonly liftAskedBy: SubjectId | null;
  readonly liftAskedAt: Instant | null;
  readonly liftReason: string | null;
  readonly liftedBy: SubjectId | null;
  readonly liftedAt: Instant | null;
}

export function holdName(number: number): string {
  return `LH-${number}`;
}

/** Null for what names no hold. */
export function holdNumber(name: string): number | null {
  return numberOf("LH", name);
}

/** Entries go by whole tiles (C2SP tlog-tiles, Pruning). */
const TILE_WIDTH = 256;

/** Below which index entries could go, when `first` must stay; `size` where none must. */
export function prunableBelow(of: {
  readonly first: number | null;
  readonly size: number;
  readonly minimum: number;
}): number {
  const end = of.first ?? of.size;
  return Math.max(of.minimum, Math.floor(end / TILE_WIDTH) * TILE_WIDTH);
}
