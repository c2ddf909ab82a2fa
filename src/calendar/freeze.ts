import type { SubjectId } from "../base/ids.ts";
import { type Instant, SECOND_MS } from "../base/instant.ts";
import { type Selector, selectorToText } from "../base/labels.ts";
import { lastsOf } from "./lasts.ts";
import type { CalendarEntry } from "./model.ts";

/** A freeze that somebody set at once: for which hosts, from when to when, and why. */
export interface Freeze {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly hosts: Selector;
  readonly reason: string;
  readonly startsAt: Instant;
  /** Not included. */
  readonly endsAt: Instant;
  readonly passesEmergency: boolean;
  readonly setBy: SubjectId;
  readonly setAt: Instant;
  readonly liftedBy: SubjectId | null;
  readonly liftedAt: Instant | null;
  readonly liftedReason: string | null;
}

export type FreezeState = "planned" | "holds" | "over" | "lifted";

export function freezeState(freeze: Freeze, now: Instant): FreezeState {
  if (freeze.liftedAt !== null) return "lifted";
  if (freeze.endsAt <= now) return "over";
  return freeze.startsAt <= now ? "holds" : "planned";
}

/** As the calendar's other entries, on a clock without changes. */
export function freezeEntry(freeze: Freeze): CalendarEntry {
  const lasts = lastsOf({ elapsedSeconds: (freeze.endsAt - freeze.startsAt) / SECOND_MS });
  return {
    kind: "freeze",
    name: freeze.name,
    hosts: freeze.hosts,
    timing: {
      zone: "UTC",
      recurrences: [],
      dates: [{ wall: freeze.startsAt / SECOND_MS, lasts }],
      exceptTimes: [],
      exceptDays: [],
      lasts,
    },
    reason: freeze.reason,
    isClosing: true,
    passesEmergency: freeze.passesEmergency,
    origin: `F-${freeze.number}`,
  };
}

/**
 * Who is limited to some labels may freeze only hosts that carry them: every requirement of one of the
 * scopes must stand in the freeze's own expression, so that it can reach no other host.
 */
export function isWithinScopes(hosts: Selector, scopes: readonly Selector[]): boolean {
  const own = new Set(hosts.map((requirement) => selectorToText([requirement])));
  return scopes.some((scope) => scope.every((one) => own.has(selectorToText([one]))));
}
