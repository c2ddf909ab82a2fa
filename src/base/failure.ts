/**
 * Failures that somebody must be told about.
 *
 * Expected outcomes are values; bugs are `Bug`; everything between is one `Failure` with a code
 * from one short table, so HTTP status, exit code and retry advice never disagree.
 */

export const failureTable = {
  invalid: { status: 400, exit: 2, retry: false },
  unauthenticated: { status: 401, exit: 1, retry: false },
  forbidden: { status: 403, exit: 3, retry: false },
  /** Signed in, but it must be proved anew (the idea of RFC 9470): ask, then send it again. */
  "proof-needed": { status: 403, exit: 3, retry: false },
  "not-found": { status: 404, exit: 1, retry: false },
  conflict: { status: 409, exit: 1, retry: false },
  blocked: { status: 409, exit: 3, retry: false },
  "too-large": { status: 413, exit: 2, retry: false },
  "rate-limited": { status: 429, exit: 1, retry: true },
  unavailable: { status: 503, exit: 1, retry: true },
  internal: { status: 500, exit: 1, retry: false },
} as const satisfies Record<string, { status: number; exit: number; retry: boolean }>;

export type FailureCode = keyof typeof failureTable;

export type Facts = Readonly<Record<string, unknown>>;

/**
 * The message says what was tried, on what, and what to do, in the user's words. The cause's own
 * text never goes into the message: it is for the log.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly facts: Facts;

  constructor(
    code: FailureCode,
    message: string,
    options: { cause?: unknown; facts?: Facts } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Failure";
    this.code = code;
    this.facts = options.facts ?? {};
  }
}

/** A broken assumption of ours; caught only at the request or process edge. */
export class Bug extends Error {
  override readonly name = "Bug";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Bug(message);
}

/** Ends a `switch` on a union: the compiler proves that it is never reached. */
export function never(value: never): never {
  throw new Bug(`unexpected value ${JSON.stringify(value)}`);
}

/** Narrows away `undefined` where our own code guarantees presence. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Bug(`missing ${what}`);
  return value;
}
