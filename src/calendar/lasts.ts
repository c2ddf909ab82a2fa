import type { Lasts } from "./model.ts";

/**
 * How long a time lasts. Days are days of the wall clock, hours and minutes are elapsed time, as
 * RFC 5545 §3.3.6 has it: a window of four hours is four hours also in the night the clocks change.
 */
const DAY_SECONDS = 86_400;
export const LASTS_DAYS_MAX = 400;

export function lastsOf(of: Partial<Lasts>): Lasts {
  return { wallSeconds: of.wallSeconds ?? 0, elapsedSeconds: of.elapsedSeconds ?? 0 };
}

/** `45m`, `4h`, `1d`, `1d12h`; `null` for anything else and for nothing. */
export function lastsFromText(text: string): Lasts | null {
  const match = /^(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?$/.exec(text.replace(/\s+/g, ""));
  if (match === null) return null;
  const [days, hours, minutes] = match.slice(1, 4).map((digits) => Number(digits ?? 0));
  const wallSeconds = (days ?? 0) * DAY_SECONDS;
  const elapsedSeconds = (hours ?? 0) * 3600 + (minutes ?? 0) * 60;
  const all = wallSeconds + elapsedSeconds;
  return all > 0 && all <= LASTS_DAYS_MAX * DAY_SECONDS ? { wallSeconds, elapsedSeconds } : null;
}
