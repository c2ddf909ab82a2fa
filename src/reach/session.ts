import type { HostMessage, Keeps, ReachProblem, SessionLimits } from "./model.ts";

/**
 * One connection to the host program. The caller takes messages one by one and may answer on the
 * host's input; the session ends with `ended`, always, and says why.
 */
export interface HostSession {
  /** The next message, or the end; after the end always the same end. */
  next(): Promise<SessionItem>;
  /** Writes text lines to the host program, which must end with a line break. */
  send(text: string): void;
  /** Nothing more will be sent; the host program reads the end of its input. */
  endInput(): void;
  /** Ends the connection now. What runs detached on the host goes on. */
  close(): Promise<void>;
  /** Ends the input, gives the host program a moment to end by itself, then closes. */
  finish(): Promise<void>;
}

export type SessionItem =
  | { readonly kind: "message"; readonly message: HostMessage }
  | { readonly kind: "ended"; readonly problem: ReachProblem | null };

export interface SessionRequest {
  /** `inspect`, `status`, …: the line the host program reads first. */
  readonly verb: string;
  /** What follows the verb at once: whole lines. */
  readonly input?: string;
  readonly limits?: Partial<SessionLimits>;
  /** The connection stays for the next session unless told otherwise. */
  readonly keeps?: Keeps;
  readonly signal?: AbortSignal;
}

export interface ItemQueue {
  readonly isEmpty: () => boolean;
  push(item: SessionItem): void;
  end(problem: ReachProblem | null): void;
  next(): Promise<SessionItem>;
  readonly ended: Promise<void>;
}

export function itemQueue(): ItemQueue {
  const waiting: ((item: SessionItem) => void)[] = [];
  const items: SessionItem[] = [];
  let end: SessionItem | null = null;
  let markEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    markEnded = resolve;
  });
  return {
    ended,
    isEmpty: () => items.length === 0 && end === null,
    push(item) {
      const taker = waiting.shift();
      if (taker === undefined) items.push(item);
      else taker(item);
    },
    end(problem) {
      if (end !== null) return;
      end = { kind: "ended", problem };
      for (const taker of waiting.splice(0)) taker(end);
      markEnded();
    },
    next() {
      const item = items.shift() ?? end;
      if (item !== null) return Promise.resolve(item);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
