import type { Instant } from "../base/instant.ts";

/** Virtual time: what is to happen waits in a heap, and time jumps from one happening to the next. */
export type Happening = () => void | Promise<void>;

interface Waiting {
  readonly at: Instant;
  readonly order: number;
  readonly happening: Happening;
}

export class VirtualClock {
  now: Instant;
  #order = 0;
  readonly #heap: Waiting[] = [];

  constructor(now: Instant) {
    this.now = now;
  }

  after(ms: number, happening: Happening): void {
    this.#order += 1;
    this.#push({ at: this.now + Math.max(0, ms), order: this.#order, happening });
  }

  /** The next happening, with the time moved on to it; null when nothing is left before `until`. */
  next(until: Instant): Happening | null {
    const [first] = this.#heap;
    if (first === undefined || first.at > until) return null;
    this.now = first.at;
    this.#popFirst();
    return first.happening;
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap;
    let at = heap.push(waiting) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Waiting;
      if (!isBefore(waiting, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = waiting;
  }

  #popFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Waiting;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const isRight =
        right < heap.length && isBefore(heap[right] as Waiting, heap[left] as Waiting);
      const child = isRight ? right : left;
      if (!isBefore(heap[child] as Waiting, last)) break;
      heap[at] = heap[child] as Waiting;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
