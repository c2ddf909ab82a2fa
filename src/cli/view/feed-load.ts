import type { Instant } from "../../base/instant.ts";
import { durationToText } from "../../base/instant.ts";
import type { Loaded } from "./intel.ts";
import { type Line, span, type Tone } from "./span.ts";
import { safeText } from "./table.ts";

/** Loading feeds while it goes on: one row a file or publisher, in the order they were named. */
export type FeedEvent =
  | {
      readonly at: string;
      readonly event: "feed";
      readonly item: string;
      readonly state: LoadItem["state"];
      readonly text: string;
    }
  | {
      readonly at: string;
      readonly event: "end";
      readonly exit: number;
      readonly shown: readonly Loaded[];
      /** Why the rest was not loaded; null when all was tried. */
      readonly problem: string | null;
    };

export interface LoadItem {
  readonly name: string;
  /** Null where nobody knows it beforehand. */
  readonly bytes: number | null;
  readonly state: "waiting" | "working" | "done" | "failed";
  readonly text: string;
  readonly beganAt: Instant | null;
  readonly endedAt: Instant | null;
}

export function feedLine(event: FeedEvent): string {
  switch (event.event) {
    case "feed":
      return `${event.item} ${event.state}${event.text === "" ? "" : `: ${event.text}`}`;
    case "end":
      return event.problem ?? "";
  }
}

/**
 * When the files will be loaded, by the bytes a second of those that were loaded before; null where
 * none was, or where nobody knows how large the rest is.
 */
export function loadForecast(items: readonly LoadItem[], now: Instant): Instant | null {
  const done = items.filter((item) => item.state === "done");
  const left = items.filter((item) => item.state === "waiting" || item.state === "working");
  if (done.length === 0 || left.length === 0) return null;
  if (items.some((item) => item.bytes === null)) return null;
  const bytesOf = (some: readonly LoadItem[]): number =>
    some.reduce((sum, item) => sum + (item.bytes ?? 0), 0);
  const tookMs = done.reduce((sum, item) => sum + (item.endedAt ?? 0) - (item.beganAt ?? 0), 0);
  const perByte = tookMs / Math.max(1, bytesOf(done));
  const begunMs = left.reduce((sum, i) => sum + (i.beganAt === null ? 0 : now - i.beganAt), 0);
  return Math.round(now + Math.max(0, perByte * bytesOf(left) - begunMs));
}

const shapes: Readonly<Record<LoadItem["state"], readonly [shape: string, tone: Tone]>> = {
  waiting: ["□", "dim"],
  working: ["▣", "busy"],
  done: ["■", "good"],
  failed: ["✗", "bad"],
};

export function loadPicture(items: readonly LoadItem[], now: Instant): readonly Line[] {
  const width = Math.max(...items.map((item) => safeText(item.name).length));
  const rows = items.map((item): Line => {
    const [shape, tone] = shapes[item.state];
    const size = item.bytes === null ? "" : `${sizeText(item.bytes)}  `;
    const took =
      item.beganAt === null ? "" : ` (${durationToText((item.endedAt ?? now) - item.beganAt)})`;
    return [
      span(` ${shape} `, tone),
      span(`${safeText(item.name).padEnd(width)}  ${size}`),
      span(item.state, tone),
      span(`${took}  ${safeText(item.text)}`),
    ];
  });
  const endsAt = loadForecast(items, now);
  const forecast = endsAt === null ? "" : ` forecast: done in ${durationToText(endsAt - now)}`;
  return [...rows, [span(forecast, "dim")]];
}

function sizeText(bytes: number): string {
  const isLarge = bytes >= 1_000_000;
  return isLarge ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${Math.ceil(bytes / 1_000)} kB`;
}
