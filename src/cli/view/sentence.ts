import type { Instant } from "../../base/instant.ts";
import { instantFromText } from "../../base/instant.ts";
import { safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

/**
 * Sentences of the server hold exact instants, each with how far away it was when they were written.
 * A picture that stays on the screen says the distance as it is now.
 */
const INSTANT = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)( \((?:in |now)[^)]*\))?/g;

export function freshTimes(sentence: string, now: Instant): string {
  return safeText(sentence).replace(INSTANT, (_, at: string, distance: string | undefined) =>
    distance === undefined ? shortClock(at, now) : `${shortClock(at, now)} (${whenText(at, now)})`,
  );
}

/** The sentence with its instants as tables show them; for text that is printed once. */
export function clockTimes(sentence: string): string {
  return safeText(sentence).replace(
    INSTANT,
    (_, at: string, distance = "") => clockText(at) + distance,
  );
}

/** The sentence without what only the passing of time changes; equal sentences say the same. */
export function timeless(sentence: string): string {
  return safeText(sentence).replace(INSTANT, (_, at: string) => at.replace(/\.\d+Z$/, "Z"));
}

/** `22:41Z`, with the day where it is not today's (UTC). */
export function shortClock(text: string, now: Instant): string {
  const at = instantFromText(text);
  if (at === null) return safeText(text);
  const shown = new Date(at).toISOString();
  const isToday = shown.slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  return `${isToday ? "" : `${shown.slice(0, 10)} `}${shown.slice(11, 16)}Z`;
}
