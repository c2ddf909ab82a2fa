import { DAY_MS, type Instant } from "../base/instant.ts";
import type { Span } from "../base/spans.ts";
import { type ChangeUrgency, type HostTimes, hostTimes } from "./host-times.ts";
import { type CalendarHost, type HostZone, hostZone } from "./host-zone.ts";
import type { Calendar, EntryKind, EntryTime, Told } from "./model.ts";

/** When a host can be patched next, and why not now. */

/** Why a host may not be worked on at a moment; every one says when it ends, where that is known. */
export type Closed =
  | {
      readonly why: "closed-by";
      readonly kind: EntryKind;
      readonly name: string;
      readonly origin: string;
      readonly reason: string | null;
      readonly until: Instant;
      readonly passesEmergency: boolean;
    }
  | {
      readonly why: "no-window-now";
      readonly next: string | null;
      readonly opensAt: Instant | null;
    }
  | { readonly why: "no-window-at-all" };

export interface WhenNext {
  readonly isOpen: boolean;
  /** The stretch that is open now, or the next one; null where none comes within the look. */
  readonly next: Span | null;
  readonly lookedUntil: Instant;
  /** Names of the windows that open it; none where it needs no window. */
  readonly windows: readonly string[];
  readonly closed: readonly Closed[];
  readonly zone: HostZone;
  /** What the wall clock does within the next stretch, and windows before it that do not happen. */
  readonly told: readonly Told[];
}

/** A little more than a year, so that a yearly window is found. */
const LOOK_DAYS = 400;
const NEAR_DAYS = 32;

export function whenNext(
  calendar: Calendar,
  host: CalendarHost,
  asked: { readonly now: Instant; readonly urgency: ChangeUrgency },
): WhenNext {
  const { now, urgency } = asked;
  const near = timesFrom(calendar, host, { now, urgency, days: NEAR_DAYS });
  const isFound = near.times.open.length > 0;
  const { times, lookedUntil } = isFound
    ? near
    : timesFrom(calendar, host, { now, urgency, days: LOOK_DAYS });
  const next = times.open[0] ?? null;
  const isOpen = next !== null && next.from <= now;
  const opening = times.windows.filter(
    (time) => next !== null && time.from < next.to && time.to > next.from,
  );
  const until = next?.from ?? lookedUntil;
  return {
    isOpen,
    next,
    lookedUntil,
    windows: [...new Set(opening.map(({ entry }) => entry.name))],
    closed: isOpen ? [] : closedAt(times, now),
    zone: hostZone(host, calendar.zone),
    told: [
      ...times.leftOut.filter(({ wall }) => wall * 1000 < until + DAY_MS),
      ...opening.flatMap(({ told }) => told),
    ],
  };
}

function timesFrom(
  calendar: Calendar,
  host: CalendarHost,
  asked: { readonly now: Instant; readonly urgency: ChangeUrgency; readonly days: number },
): { readonly times: HostTimes; readonly lookedUntil: Instant } {
  const lookedUntil = asked.now + asked.days * DAY_MS;
  const span = { from: asked.now, to: lookedUntil };
  return { times: hostTimes(calendar, host, { span, urgency: asked.urgency }), lookedUntil };
}

/** Every reason that holds at the moment, the strongest first. */
export function closedAt(times: HostTimes, now: Instant): readonly Closed[] {
  const holds = ({ from, to }: EntryTime): boolean => from <= now && now < to;
  const closed: Closed[] = times.closures.filter(holds).map(({ entry, to }) => ({
    why: "closed-by",
    kind: entry.kind,
    name: entry.name,
    origin: entry.origin,
    reason: entry.reason,
    until: to,
    passesEmergency: entry.passesEmergency,
  }));
  if (times.isWithoutWindows) {
    return closed.length === 0 ? [{ why: "no-window-at-all" }] : closed;
  }
  if (times.windows.some(holds)) return closed;
  const next = times.windows.find(({ from }) => from > now);
  return [
    ...closed,
    { why: "no-window-now", next: next?.entry.name ?? null, opensAt: next?.from ?? null },
  ];
}
