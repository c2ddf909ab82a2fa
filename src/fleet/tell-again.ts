/** How long nobody else tells a host: longer than an agent takes until it calls in and answers. */
export const TELL_LEASE_SECONDS = 300;

const AGAIN_SECONDS_MIN = 10;
const AGAIN_SECONDS_MAX = 600;

/** Soon after the first failure, then ever longer, but never later than a few minutes. */
export function tellAgainSeconds(tries: number): number {
  return Math.min(AGAIN_SECONDS_MAX, AGAIN_SECONDS_MIN * 2 ** Math.min(tries, 10));
}
