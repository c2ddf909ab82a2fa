import { memo, useSyncExternalStore } from "react";

/** One clock for all relative times, so that a page does not run a timer for each. */
const TICK_MS = 20_000;
const watchers = new Set<() => void>();
let now = Date.now();
let timer: number | undefined;

function watch(notify: () => void): () => void {
  watchers.add(notify);
  timer ??= window.setInterval(() => {
    now = Date.now();
    for (const each of watchers) each();
  }, TICK_MS);
  return () => {
    watchers.delete(notify);
    if (watchers.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
/** "Next month" is anything from 30 to 45 days, so months and years are numbers. */
const numbered = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
// Made once: a date's own `toLocale…` makes one anew at each call, which took half of a page's work.
const clockOf = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayOf = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
/** Each unit, its length in seconds, and the length from which on the next one is taken. */
const steps = [
  ["minute", 60, 3_600],
  ["hour", 3_600, 86_400],
  // Dates that people answer for are at most some 90 days away.
  ["day", 86_400, 100 * 86_400],
  ["month", 2_629_800, 2 * 31_557_600],
  ["year", 31_557_600, Number.POSITIVE_INFINITY],
] as const;

/** How far a time is from another, both in milliseconds, as a word: `in 40 days`, `5 min. ago`. */
export function relativeText(at: number, from: number): string {
  const seconds = (at - from) / 1000;
  if (Math.abs(seconds) < 45) return seconds > 0 ? "in a moment" : "just now";
  const [unit, size] = steps.find(([, , end]) => Math.abs(seconds) < end) ?? steps[4];
  const words = unit === "month" || unit === "year" ? numbered : relative;
  return words.format(Math.round(seconds / size), unit);
}

/** A time: relative in the text, the exact instant with its zone on hover. */
export function Instant({ at }: { readonly at: string | null }) {
  const current = useSyncExternalStore(watch, () => now);
  if (at === null) return <span className="dim">never</span>;
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={`${exact.format(time)} (${at})`}>
      {relativeText(time, Math.max(current, Date.now()))}
    </time>
  );
}

/** The clock time of an instant in the reader's zone, with its day where that is not today. */
export const ClockTime = memo(function ClockTime(props: {
  readonly at: string;
  /** Says as well how far ahead it is; what has passed needs no distance. */
  readonly isRelative?: boolean;
}) {
  const current = useSyncExternalStore(watch, () => now);
  const time = new Date(props.at);
  const from = Math.max(current, Date.now() - TICK_MS);
  const clock = clockOf.format(time);
  const isToday = time.toDateString() === new Date(from).toDateString();
  const day = isToday ? "" : `${dayOf.format(time)} `;
  const isAhead = props.isRelative === true && time.getTime() > Date.now();
  return (
    <time dateTime={props.at} title={`${exact.format(time)} (${props.at})`}>
      {day}
      {clock}
      {isAhead && ` (${relativeText(time.getTime(), from)})`}
    </time>
  );
});
