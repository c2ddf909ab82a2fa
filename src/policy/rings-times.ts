import { DAY_MS, MINUTE_MS } from "../base/instant.ts";
import { joined, type Span } from "../base/spans.ts";
import type { DailyWindow } from "./rings.ts";

/** When a ring is open: its daily windows laid over a span of time. */

/** 1970-01-01 was a Thursday; 0 is Sunday. */
const FIRST_WEEKDAY = 4;

/** The open parts of `span`, in order, overlaps joined. `null` windows: all of it. */
export function openSpans(windows: readonly DailyWindow[] | null, span: Span): readonly Span[] {
  if (span.to <= span.from) return [];
  if (windows === null) return [span];
  const spans = windows.flatMap((window) => spansOf(window, span));
  return joined(spans);
}

function spansOf(window: DailyWindow, span: Span): Span[] {
  const spans: Span[] = [];
  const minutes = window.toMinute - window.fromMinute;
  const lengthMs = (minutes > 0 ? minutes : minutes + 24 * 60) * MINUTE_MS;
  // The day before may reach into the span: a window can pass midnight.
  const firstDay = Math.floor(span.from / DAY_MS) - 1;
  for (let day = firstDay; day * DAY_MS < span.to; day += 1) {
    if (!window.days.includes((day + FIRST_WEEKDAY) % 7)) continue;
    const opens = day * DAY_MS + window.fromMinute * MINUTE_MS;
    const from = Math.max(opens, span.from);
    const to = Math.min(opens + lengthMs, span.to);
    if (from < to) spans.push({ from, to });
  }
  return spans;
}
