import type { Instant } from "../base/instant.ts";

/**
 * How many requests somebody may still make: a bucket that fills evenly and is emptied by use
 * (RFC 2697 in spirit). Kept in the memory of each server, so of three servers each allows its own.
 */
export interface RateLimit {
  /** Null when the request may go on; else the whole seconds after which one may. */
  take(who: string, now: Instant): number | null;
}

interface Bucket {
  left: number;
  at: Instant;
}

/** More callers than these at once are not told apart: the longest silent ones are forgotten. */
const CALLERS_MAX = 20_000;

export function makeRateLimit(perMinute: number): RateLimit {
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / 60_000;
  return {
    take(who, now) {
      const bucket = buckets.get(who) ?? { left: perMinute, at: now };
      const passedMs = Math.max(0, now - bucket.at);
      const left = Math.min(perMinute, bucket.left + passedMs * perMs);
      // Written again at the end, so that the first of the map is the one silent for longest.
      buckets.delete(who);
      if (buckets.size >= CALLERS_MAX) forgetFirst(buckets);
      const isAllowed = left >= 1;
      buckets.set(who, { left: isAllowed ? left - 1 : left, at: now });
      return isAllowed ? null : Math.max(1, Math.ceil((1 - left) / perMs / 1000));
    },
  };
}

function forgetFirst(buckets: Map<string, Bucket>): void {
  const first = buckets.keys().next();
  if (first.done !== true) buckets.delete(first.value);
}
