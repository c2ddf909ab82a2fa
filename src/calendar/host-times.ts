import { selects } from "../base/labels.ts";
import { joined, overlap, type Span, without } from "../base/spans.ts";
import { entryTimes } from "./entry-times.ts";
import { type CalendarHost, hostZone } from "./host-zone.ts";
import type { Calendar, CalendarEntry, EntryTime, Told } from "./model.ts";

/** When a host may be worked on: its windows, less what closes it. */

export type ChangeUrgency = "normal" | "emergency";

export interface HostTimes {
  /** In order, without overlaps. */
  readonly open: readonly Span[];
  /** No window selects the host, or its class passes windows: only what closes it counts. */
  readonly isWithoutWindows: boolean;
  readonly windows: readonly EntryTime[];
  /** What closes this host for this class. */
  readonly closures: readonly EntryTime[];
  /** What would close it, had an emergency not passed. */
  readonly passed: readonly EntryTime[];
  /** Releases and meetings that are there to be told. */
  readonly told: readonly EntryTime[];
  readonly leftOut: readonly Told[];
}

export interface TimesAsked {
  readonly span: Span;
  readonly urgency: ChangeUrgency;
}

export function hostTimes(calendar: Calendar, host: CalendarHost, asked: TimesAsked): HostTimes {
  const { span, urgency } = asked;
  const { zone } = hostZone(host, calendar.zone);
  const found = entriesFor(calendar, host).map((entry) => ({
    entry,
    ...entryTimes(entry, zone, span),
  }));
  const timesOf = (fits: (entry: CalendarEntry) => boolean): EntryTime[] =>
    found.flatMap(({ entry, times }) => (fits(entry) ? times : []));
  const isPassed = (entry: CalendarEntry): boolean =>
    urgency === "emergency" && entry.passesEmergency;
  const windows = timesOf(isWindow).sort((a, b) => a.from - b.from);
  const closures = timesOf((entry) => entry.isClosing && !isPassed(entry));
  const base = baseSpans(
    calendar,
    found.map(({ entry }) => entry),
    asked,
  );
  const allowed = overlap(base ?? joined(windows), [span]);
  return {
    open: without(allowed, joined(closures)),
    isWithoutWindows: base !== null,
    windows,
    closures: closures.sort(byWeight),
    passed: timesOf((entry) => entry.isClosing && isPassed(entry)),
    told: timesOf((entry) => !entry.isClosing && !isWindow(entry)),
    leftOut: found.flatMap(({ leftOut }) => leftOut),
  };
}

/** The entries whose label expression selects the host, as they stand in the file. */
export function entriesFor(calendar: Calendar, host: CalendarHost): readonly CalendarEntry[] {
  return calendar.entries.filter((entry) => selects(entry.hosts, host.labels));
}

/** Hosts with the same key have the same times, so that a million hosts need a few questions. */
export function timesKey(calendar: Calendar, host: CalendarHost): string {
  const own: number[] = [];
  let hasZone = false;
  for (const [at, entry] of calendar.entries.entries()) {
    if (!selects(entry.hosts, host.labels)) continue;
    own.push(at);
    hasZone ||= entry.timing.zone === "host";
  }
  const zone = hasZone ? hostZone(host, calendar.zone).zone : "";
  return `${zone} ${own.join(",")}`;
}

/** All or none of the time where no window decides; null where windows do. */
function baseSpans(
  calendar: Calendar,
  entries: readonly CalendarEntry[],
  { span, urgency }: TimesAsked,
): readonly Span[] | null {
  if (urgency === "emergency" && calendar.emergencyWindows === "open") return [span];
  if (entries.some(isWindow)) return null;
  return calendar.others === "open" ? [span] : [];
}

function isWindow(entry: CalendarEntry): boolean {
  return entry.kind === "window";
}

const weights = { blackout: 0, freeze: 1, peak: 2, release: 3, cab: 4, window: 5 } as const;

/** The strongest reason first: a blackout, then what lasts longest. */
function byWeight(a: EntryTime, b: EntryTime): number {
  return weights[a.entry.kind] - weights[b.entry.kind] || b.to - a.to;
}
