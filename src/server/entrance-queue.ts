/**
 * Who may begin a TLS handshake, in the order in which they came. A handshake is what a call costs most,
 * and hosts give up after 20 s (curl's connect-timeout in 86-agent.sh): where ten thousand shake hands at
 * once each gets a ten-thousandth of the processor, all give up together, and the work on all of them was
 * for nothing. So few are under way at once, and whoever would wait longer than its patience is sent off
 * before anything was spent on it. Times in ms; pure.
 */
const HANDSHAKES_AT_ONCE = 64;
/**
 * One that takes longer than this lends its place to the next and goes on: the other side is far away or
 * does not go on, and neither may keep others out.
 */
const PLACE_MS_MAX = 500;
/** Half of what hosts wait: the handshake itself and the way there take their part. */
const WAIT_MS_MAX = 10_000;
/** The time between two places that come free, until it is known: what two free cores need. */
const EACH_MS_FIRST = 5;
/**
 * One stop of the server is no measure: a time counts for this at most, so that 400 may always wait, and
 * only those who waited in vain are sent off where it is slower than that.
 */
const EACH_MS_MAX = 25;
/** How much the newest of these times counts for their mean. */
const NEWEST_SHARE = 0.05;
/** A wait says how busy the server is for so long. */
const WAIT_KNOWN_MS = 2_000;

interface Turn<Who> {
  readonly who: Who;
  readonly at: number;
}

export class EntranceQueue<Who> {
  // Both in the order in which they came.
  readonly #waiting = new Map<Who, number>();
  readonly #underWay = new Map<Who, number>();
  #eachMs = EACH_MS_FIRST;
  #freedAt: number | null = null;
  #lastWait: { readonly ms: number; readonly at: number } | null = null;

  /** Takes somebody in; false where its turn would come too late for it. */
  join(who: Who, now: number): boolean {
    if (this.#waiting.size * this.#eachMs > WAIT_MS_MAX) return false;
    this.#waiting.set(who, now);
    return true;
  }

  /** Whose turn it is now, and who has waited in vain. */
  next(now: number): { readonly begin: readonly Who[]; readonly late: readonly Who[] } {
    for (const { who } of olderThan(this.#underWay, now - PLACE_MS_MAX)) this.#underWay.delete(who);
    const late = olderThan(this.#waiting, now - WAIT_MS_MAX).map(({ who }) => who);
    for (const who of late) this.#waiting.delete(who);
    const begin: Who[] = [];
    for (const [who, at] of this.#waiting) {
      if (this.#underWay.size >= HANDSHAKES_AT_ONCE) break;
      this.#waiting.delete(who);
      this.#underWay.set(who, now);
      this.#lastWait = { ms: now - at, at: now };
      begin.push(who);
    }
    // Only places for which somebody waits tell how fast the server is.
    if (this.#waiting.size === 0) this.#freedAt = null;
    return { begin, late };
  }

  /** Its handshake is over, or it went away. */
  leave(who: Who, now: number): void {
    this.#waiting.delete(who);
    if (!this.#underWay.delete(who)) return;
    const before = this.#freedAt;
    this.#freedAt = now;
    if (before === null) return;
    const newest = Math.min(EACH_MS_MAX, now - before);
    this.#eachMs += (newest - this.#eachMs) * NEWEST_SHARE;
  }

  /** How long those waited who began just now; 0 where nobody came for some time. */
  waitMs(now: number): number {
    const last = this.#lastWait;
    return last === null || now - last.at > WAIT_KNOWN_MS ? 0 : last.ms;
  }
}

const HEADER_BYTES = 5;
const HANDSHAKE_RECORD = 22;
const RECORD_BYTES_MAX = 2 ** 14;

/**
 * How many bytes the first record of a connection has with its header (RFC 8446 §5.1); "more" where that
 * is not said yet, "other" where this is not the beginning of a handshake.
 */
export function firstRecordLength(said: Uint8Array): number | "more" | "other" {
  const [type, , , high, low] = said;
  if (type !== undefined && type !== HANDSHAKE_RECORD) return "other";
  if (high === undefined || low === undefined) return "more";
  const bytes = high * 256 + low;
  return bytes === 0 || bytes > RECORD_BYTES_MAX ? "other" : HEADER_BYTES + bytes;
}

function olderThan<Who>(turns: ReadonlyMap<Who, number>, before: number): readonly Turn<Who>[] {
  const older: Turn<Who>[] = [];
  for (const [who, at] of turns) {
    if (at > before) break;
    older.push({ who, at });
  }
  return older;
}
