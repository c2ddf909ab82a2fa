/**
 * The poll-token ratchet (host protocol §10.2): how one machine is told from its copy. Each poll brings
 * the newest token the host was given and a nonce that the host wrote down before it sent; the answer
 * brings the next token. A machine and its clone hold the same token once, and whichever polls second
 * shows one that is used up, with another nonce.
 *
 * Tokens are numbered: the server makes the token of a number with a secret of its own, so that what
 * lies in the database lets nobody poll. Pure: which number a token has is found out by the caller.
 */
export interface Ratchet {
  /** Number of the token that the host holds, or is just being told. */
  readonly count: number;
  /** With which nonce the token before was used; null where none was. */
  readonly nonce: string | null;
  /** The last polls that moved the ratchet, newest last. */
  readonly recent: readonly RecentPoll[];
  /** A person said that one machine alone goes on under this id: its next poll counts as it comes. */
  readonly isReleased: boolean;
}

export interface RecentPoll {
  readonly count: number;
  readonly nonce: string;
}

/** §10.2: a packet that wandered this many polls behind is late, not a clone. */
export const RECENT_MAX = 8;

export interface SaidPoll {
  /** Which of the server's tokens this is; null where it is none of the numbers that still matter. */
  readonly count: number | null;
  readonly nonce: string;
}

export type PollVerdict =
  | { readonly kind: "advance"; readonly next: Ratchet }
  /** The answer before was lost: the same once more. */
  | { readonly kind: "repeat" }
  /** A copy of an older message, which was answered long ago. */
  | { readonly kind: "late" }
  | { readonly kind: "clone" };

export function firstRatchet(): Ratchet {
  return { count: 0, nonce: null, recent: [], isReleased: false };
}

/** The numbers whose tokens a poll may show and be understood. */
export function countsThatMatter(ratchet: Ratchet): readonly number[] {
  const oldest = Math.max(0, ratchet.count - RECENT_MAX);
  return Array.from({ length: ratchet.count - oldest + 1 }, (_, at) => ratchet.count - at);
}

export function judgePoll(ratchet: Ratchet, said: SaidPoll): PollVerdict {
  const { count, nonce } = ratchet;
  if (said.count === count || ratchet.isReleased) {
    const recent = [...ratchet.recent, { count, nonce: said.nonce }].slice(-RECENT_MAX);
    const next = { count: count + 1, nonce: said.nonce, recent, isReleased: false };
    return { kind: "advance", next };
  }
  if (said.count === count - 1 && said.nonce === nonce) return { kind: "repeat" };
  const isLate = ratchet.recent.some(
    (poll) => poll.count === said.count && poll.nonce === said.nonce,
  );
  return { kind: isLate ? "late" : "clone" };
}
