import type { Instant } from "../base/instant.ts";
import type { Selector } from "../base/labels.ts";
import type { Recurrence } from "./occurrences.ts";

/**
 * The calendar: when a host may be worked on, and when not.
 *
 * An entry says for which hosts it counts (a label expression), at which times (recurrences, single
 * dates, exceptions) and on whose wall clock. Windows open; blackouts, freezes and peaks close; releases
 * and CAB meetings are told where they meet a plan, and close only where they say so. Precedence:
 * blackout over freeze and peak over window. A ring's own `opens` is another question: both must be open.
 *
 * Invariants: a time that a change of the clocks leaves out is told, never moved in silence; a host that
 * no window selects is open only where the file says so; nothing passes a blackout; an emergency passes
 * a freeze only where the freeze says so. Nothing here ever starts anything.
 */
export const entryKinds = ["window", "blackout", "freeze", "peak", "release", "cab"] as const;
export type EntryKind = (typeof entryKinds)[number];

/** From a wall time on: first as much as the clock on the wall shows, then elapsed time. */
export interface Lasts {
  /** Days of a calendar: a day with a change of the clocks is 23 or 25 hours long. */
  readonly wallSeconds: number;
  readonly elapsedSeconds: number;
}

export interface Timing {
  /** An IANA zone, or the zone of each host. */
  readonly zone: string | "host";
  readonly recurrences: readonly (Recurrence & {
    /** False where the file names no first time: it holds for ever, past and future. */
    readonly isAnchored: boolean;
  })[];
  /** Single times on the wall, beside what recurs (RDATE). */
  readonly dates: readonly { readonly wall: number; readonly lasts: Lasts }[];
  /** Times on the wall that do not happen (EXDATE), and whole days, counted from 1970-01-01. */
  readonly exceptTimes: readonly number[];
  readonly exceptDays: readonly number[];
  readonly lasts: Lasts;
}

export interface CalendarEntry {
  readonly kind: EntryKind;
  readonly name: string;
  /** None selects every host. */
  readonly hosts: Selector;
  readonly timing: Timing;
  readonly reason: string | null;
  /** It keeps hosts closed; a release or a CAB meeting may be there only to be told. */
  readonly isClosing: boolean;
  /** A change of the class emergency passes it. Never true of a blackout. */
  readonly passesEmergency: boolean;
  /** Where it stands: the file, `F-12`, or the name of an imported calendar. */
  readonly origin: string;
}

export interface Calendar {
  /** The zone of hosts that tell none. */
  readonly zone: string;
  /** What hosts are that no window selects. */
  readonly others: "open" | "closed";
  /** Whether an emergency waits for windows too. */
  readonly emergencyWindows: "binding" | "open";
  readonly entries: readonly CalendarEntry[];
}

export const emptyCalendar: Calendar = {
  zone: "UTC",
  others: "open",
  emergencyWindows: "binding",
  entries: [],
};

/** Something about a wall clock that a reader would otherwise be surprised by. */
export type Told =
  | { readonly kind: "left-out"; readonly wall: number; readonly zone: string }
  | { readonly kind: "twice"; readonly wall: number; readonly zone: string }
  | {
      readonly kind: "length";
      readonly wall: number;
      readonly zone: string;
      readonly wallSeconds: number;
      readonly elapsedSeconds: number;
    };

/** One time of an entry. */
export interface EntryTime {
  readonly from: Instant;
  /** Not included. */
  readonly to: Instant;
  readonly entry: CalendarEntry;
  readonly zone: string;
  readonly told: readonly Told[];
}
