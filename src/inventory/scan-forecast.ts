import type { Instant } from "../base/instant.ts";

/** Where the hosts of a scan stand. */
export interface ScanProgress {
  readonly startedAt: Instant;
  readonly hosts: number;
  /** Answered or given up. */
  readonly done: number;
}

/**
 * When a scan will be done, by the rate at which its hosts answered so far; null before the first
 * answer and after the last. The margin is about two standard errors of that rate (answers that come
 * by chance, so the error shrinks with their square root).
 */
export function scanForecast(
  { startedAt, hosts, done }: ScanProgress,
  now: Instant,
): { readonly endsAt: Instant; readonly marginMs: number } | null {
  if (done === 0 || done >= hosts) return null;
  const leftMs = ((now - startedAt) / done) * (hosts - done);
  const margin = Math.min(1, 2 / Math.sqrt(done));
  return { endsAt: Math.round(now + leftMs), marginMs: Math.ceil(leftMs * margin) };
}
