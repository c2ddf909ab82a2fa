import type { Instant } from "../base/instant.ts";

/**
 * What was refused, put together so that it can be recorded whatever the flood (ASVS 5.0 V16.3.2,
 * V16.4.1). The first refusal of its kind is told at once, its repetitions once a minute with their
 * number; beyond so many kinds a minute the rest is counted in one. Nothing is ever left uncounted.
 */
export interface Refusal {
  /** Who was refused; null for somebody who is not signed in. */
  readonly subject: string | null;
  readonly method: string;
  /** The route as it is declared, never the path: paths hold what people typed. */
  readonly route: string;
  readonly code: string;
  /** The right that was missing, where that was the reason. */
  readonly permission: string | null;
}

export interface Counted extends Refusal {
  readonly count: number;
}

export const KINDS_A_MINUTE_MAX = 30;
const AGAIN_MS = 60_000;

interface Entry {
  readonly refusal: Refusal;
  count: number;
  dueAt: Instant;
}

const others: Refusal = {
  subject: null,
  method: "*",
  route: "(others)",
  code: "many",
  permission: null,
};

export class RefusalTally {
  readonly #entries = new Map<string, Entry>();

  add(refusal: Refusal, now: Instant): void {
    const known = this.#entries.get(keyOf(refusal));
    const isOne = known !== undefined || this.#entries.size < KINDS_A_MINUTE_MAX;
    const counted = isOne ? refusal : others;
    const key = keyOf(counted);
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.count += 1;
    else this.#entries.set(key, { refusal: counted, count: 1, dueAt: now });
  }

  /** What is to be told now. A kind that was silent for a minute is told at once the next time. */
  take(now: Instant): readonly Counted[] {
    const due: Counted[] = [];
    for (const [key, entry] of this.#entries) {
      if (entry.dueAt > now) continue;
      if (entry.count === 0) {
        this.#entries.delete(key);
        continue;
      }
      due.push({ ...entry.refusal, count: entry.count });
      entry.count = 0;
      entry.dueAt = now + AGAIN_MS;
    }
    return due;
  }

  /** All that is left, whether due or not: the server closes. */
  takeAll(): readonly Counted[] {
    const left = [...this.#entries.values()].filter(({ count }) => count > 0);
    this.#entries.clear();
    return left.map(({ refusal, count }) => ({ ...refusal, count }));
  }
}

function keyOf({ subject, method, route, code, permission }: Refusal): string {
  return JSON.stringify([subject, method, route, code, permission]);
}
