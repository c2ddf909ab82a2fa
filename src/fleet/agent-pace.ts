/**
 * When an agent comes back (host protocol §9): the server says so in each answer. Far apart while there
 * is nothing to do, close together where work for the host is ready or under way. Each host is sent
 * back a little earlier or later, always by the same share for the same id and poll, so that a fleet
 * which was installed in one go does not stay in step. Pure.
 */
export const POLL_IDLE_SECONDS = 60;
export const POLL_NEAR_SECONDS = 10;
/** A host that was told to go on at once, as more than one thing waits for it. */
export const POLL_NOW_SECONDS = 0;
/** A sixth to either side: 50 to 70 s, so that after a restart of the server all are back within 120 s. */
const JITTER_SHARE = 1 / 6;

/** Longer silence than this many intervals is told as such. */
const MISSED_POLLS = 3;

export function nextPollSeconds(of: {
  readonly host: string;
  /** Number of the poll, so that two hosts do not stay beside each other for ever. */
  readonly poll: number;
  readonly isNear: boolean;
}): number {
  const base = of.isNear ? POLL_NEAR_SECONDS : POLL_IDLE_SECONDS;
  const share = (spread(`${of.host} ${of.poll}`) * 2 - 1) * JITTER_SHARE;
  return Math.max(1, Math.round(base * (1 + share)));
}

/** When a host that was told to come at this time counts as one that stays away; both in ms. */
export function isAway(nextAt: number, now: number): boolean {
  return now > nextAt + MISSED_POLLS * POLL_IDLE_SECONDS * 1000;
}

/** A number from 0 to below 1 that looks random and is always the same for a text (FNV-1a). */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  // The low bits of FNV-1a are the well mixed ones only after a last fold.
  hash ^= hash >>> 15;
  return (Math.imul(hash, 0x2c1b3c6d) >>> 0) / 2 ** 32;
}
