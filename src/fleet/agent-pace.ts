/**
 * When an agent comes back (host protocol §9): the server says so in each answer. Far apart while there
 * is nothing to do, close together where a job is under way. Where work is only ready, the pace depends
 * on how many wait for it: a thousand hosts of a wave that let a few in at a time would else keep a
 * server busy with nothing but their calls. Each host is sent
 * back a little earlier or later, always by the same share for the same id and poll, so that a fleet
 * which was installed in one go does not stay in step. Pure.
 */
export const POLL_IDLE_SECONDS = 60;
export const POLL_NEAR_SECONDS = 10;
/** Calls that hosts with work ready may make in a second, all together; two cores bear four times that. */
const READY_PER_SECOND_MAX = 100;
/**
 * Each second that callers have to wait for the server makes hosts with work near come less often by
 * as much again: a fleet that returns has the room that they leave.
 */
const WAIT_STEP_MS = 1_000;
const POLL_JOB_SECONDS_MAX = 30;
/** What is near for a host: a job of it is under way, work for it is ready, or nothing. */
export type Nearness = "job" | "ready" | "nothing";
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
  readonly near: Nearness;
  /** How many hosts with work ready call this server. */
  readonly readyCount: number;
  /** How long callers wait now before the server takes them up; 0 where it has room. */
  readonly waitedMs: number;
}): number {
  const base = baseSeconds(of);
  const share = (spread(`${of.host} ${of.poll}`) * 2 - 1) * JITTER_SHARE;
  return Math.max(1, Math.round(base * (1 + share)));
}

function baseSeconds(of: {
  readonly near: Nearness;
  readonly readyCount: number;
  readonly waitedMs: number;
}): number {
  const stretch = 1 + of.waitedMs / WAIT_STEP_MS;
  switch (of.near) {
    case "job":
      return Math.min(POLL_JOB_SECONDS_MAX, POLL_NEAR_SECONDS * stretch);
    case "ready": {
      const shared = Math.max(POLL_NEAR_SECONDS, of.readyCount / READY_PER_SECOND_MAX);
      return Math.min(POLL_IDLE_SECONDS, shared * stretch);
    }
    case "nothing":
      return POLL_IDLE_SECONDS;
  }
}

/**
 * Who of the hosts that call has work ready: seen within the longest time between two calls. A server
 * counts its own callers only, as only those keep it busy.
 */
export interface ReadyCount {
  see(host: string, isReady: boolean, at: number): void;
  count(at: number): number;
}

const READY_SEEN_MS = 2 * POLL_IDLE_SECONDS * 1000;

export function readyCount(): ReadyCount {
  // In the order in which they called, as one that calls again goes to the end.
  const seen = new Map<string, number>();
  return {
    see(host, isReady, at) {
      seen.delete(host);
      if (isReady) seen.set(host, at);
    },
    count(at) {
      for (const [host, last] of seen) {
        if (at - last <= READY_SEEN_MS) break;
        seen.delete(host);
      }
      return seen.size;
    },
  };
}

/** Polls that are under way at once; whoever comes beside them is sent away before anything is asked. */
export const POLLS_UNDER_WAY_MAX = 2_000;
/** Two cores bear twice that with a handshake for each, so those who come as usual are answered too. */
const SENT_AWAY_PER_SECOND = 100;
const SENT_AWAY_SECONDS_MIN = 10;
const SENT_AWAY_SECONDS_MAX = 110;

/**
 * When those come back whom a busy server sends away: one after the other, each at a time of its own,
 * so that the fleet cannot come in step again. Past the longest time they share it anew from the front.
 * Gives whole seconds (RFC 9110 §10.2.3, Retry-After).
 */
export function busyTimes(): (now: number) => number {
  let nextAt = 0;
  return (now) => {
    const firstAt = now + SENT_AWAY_SECONDS_MIN * 1000;
    if (nextAt < firstAt || nextAt > now + SENT_AWAY_SECONDS_MAX * 1000) nextAt = firstAt;
    const seconds = Math.floor((nextAt - now) / 1000);
    nextAt += 1000 / SENT_AWAY_PER_SECOND;
    return seconds;
  };
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
