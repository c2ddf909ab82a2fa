import { never } from "../base/failure.ts";
import { durationToText, type Instant, instantToText, SECOND_MS } from "../base/instant.ts";
import { type Selector, selectorToText } from "../base/labels.ts";
import type { EntryKind, Told } from "./model.ts";
import { wallToText, zonedToText } from "./wall-text.ts";
import type { Closed, WhenNext } from "./when-next.ts";
import { zoneClock } from "./zone-time.ts";

/** What the calendar says, in words: the only place, so that terminal, pages and holds say the same. */

export const entryKindWords: Readonly<Record<EntryKind, readonly [tone: string, label: string]>> = {
  window: ["good", "window"],
  blackout: ["bad", "blackout"],
  freeze: ["attention", "freeze"],
  peak: ["attention", "business peak"],
  release: ["waiting", "release"],
  cab: ["waiting", "CAB meeting"],
};

export function hostsText(hosts: Selector): string {
  return hosts.length === 0 ? "all" : selectorToText(hosts);
}

export function kindLabel(kind: EntryKind): string {
  return entryKindWords[kind][1];
}

export function closedToText(closed: Closed): string {
  switch (closed.why) {
    case "closed-by": {
      const why = closed.reason === null ? "" : `: ${closed.reason}`;
      const passes = closed.passesEmergency ? "; a change of the class emergency passes it" : "";
      return `the ${kindLabel(closed.kind)} "${closed.name}" (${closed.origin}) holds until ${instantToText(closed.until)}${why}${passes}`;
    }
    case "no-window-now":
      return closed.opensAt === null
        ? "no maintenance window is open, and none comes within the time looked at"
        : `no maintenance window is open; "${closed.next}" opens ${instantToText(closed.opensAt)}`;
    case "no-window-at-all":
      return "no maintenance window selects this host, and the calendar keeps such hosts closed";
    default:
      return never(closed);
  }
}

export function toldToText(told: Told): string {
  const wall = wallToText(told.wall).replace("T", " ").slice(0, 16);
  switch (told.kind) {
    case "left-out":
      return `${wall} in ${told.zone} does not happen: the clocks jump over it that day`;
    case "twice":
      return `${wall} in ${told.zone} is shown twice that day; the first counts`;
    case "length": {
      const lasts = durationToText(told.elapsedSeconds * SECOND_MS);
      const shown = durationToText(told.wallSeconds * SECOND_MS);
      return `the time from ${wall} in ${told.zone} lasts ${lasts} and looks like ${shown} on the wall, as the clocks change`;
    }
    default:
      return never(told);
  }
}

/** `2026-11-24 22:00 +01:00 (Europe/Berlin)`. */
export function zonedText(instant: Instant, zone: string): string {
  const text = zonedToText(Math.floor(instant / SECOND_MS), zoneClock(zone));
  return `${text.slice(0, 10)} ${text.slice(11, 16)} ${text.slice(19)} (${zone})`;
}

/** One sentence: open until when, or when next and why not now. */
export function whenNextToText(when: WhenNext): string {
  const { next, zone } = when;
  if (next === null) {
    const reasons = when.closed.map(closedToText).join("; ");
    return `Cannot be patched before ${instantToText(when.lookedUntil).slice(0, 10)}, as far as the calendar was looked at: ${reasons}.`;
  }
  const by = when.windows.length === 0 ? "" : ` (${when.windows.join(", ")})`;
  const isUnbounded = next.to >= when.lookedUntil;
  const until = isUnbounded ? "" : ` until ${zonedText(next.to, zone.zone)}`;
  if (when.isOpen) {
    const open = isUnbounded ? "at any time: nothing in the calendar keeps it closed" : "now";
    return `Can be patched ${open}${until}${by}.`;
  }
  const reasons = when.closed.map(closedToText).join("; ");
  return `Can be patched next from ${zonedText(next.from, zone.zone)}${until}${by}. Not now: ${reasons}.`;
}
