import { type RawBuilder, sql } from "kysely";
import type { Instant } from "../base/instant.ts";
import { selectorSql } from "../inventory/scope.ts";
import { stateAt } from "./entry-times.ts";
import type { ChangeUrgency } from "./host-times.ts";
import { hostZone } from "./host-zone.ts";
import type { Calendar, CalendarEntry } from "./model.ts";
import type { ZoneKey } from "./store.ts";

/**
 * The calendar of one moment as a condition on rows of `host h`, so that claims and permits ask it in
 * their own statement. Must agree with `hostTimes` on every host; a test holds them together.
 */
export function mayStartNow(
  calendar: Calendar,
  of: {
    readonly now: Instant;
    readonly zones: readonly ZoneKey[];
    readonly urgency: ChangeUrgency;
  },
): RawBuilder<boolean> {
  const { urgency } = of;
  const windows = calendar.entries.filter((entry) => entry.kind === "window");
  const closing = calendar.entries.filter(
    (entry) => entry.isClosing && !(urgency === "emergency" && entry.passesEmergency),
  );
  const parts = closing.map((entry) => isOnSql(calendar, entry, { ...of, isUnknownOn: true }));
  const closed = parts.flatMap((part) => (part === null ? [] : [sql`not ${part}`]));
  const isBound = !(urgency === "emergency" && calendar.emergencyWindows === "open");
  const all = isBound ? [...closed, windowsSql(calendar, windows, of)] : closed;
  return all.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join(all, sql` and `)})`;
}

/** Nothing that depends on the moment: no look at hosts is needed. */
export function isAlwaysOpen(calendar: Calendar): boolean {
  const asks = calendar.entries.some((entry) => entry.kind === "window" || entry.isClosing);
  return !asks && calendar.others === "open";
}

interface Moment {
  readonly now: Instant;
  readonly zones: readonly ZoneKey[];
}

function windowsSql(
  calendar: Calendar,
  windows: readonly CalendarEntry[],
  of: Moment,
): RawBuilder<unknown> {
  const open = windows.flatMap((entry) => {
    const part = isOnSql(calendar, entry, { ...of, isUnknownOn: false });
    return part === null ? [] : [part];
  });
  const selected = windows.map((entry) => selectorSql(entry.hosts, "h.labels"));
  const none = selected.length === 0 ? sql`true` : sql`not (${sql.join(selected, sql` or `)})`;
  if (calendar.others === "open") open.push(sql<boolean>`(${none})`);
  return open.length === 0 ? sql`false` : sql`(${sql.join(open, sql` or `)})`;
}

/** Rows for which the entry happens now; null where that is so for none. */
function isOnSql(
  calendar: Calendar,
  entry: CalendarEntry,
  of: Moment & { readonly isUnknownOn: boolean },
): RawBuilder<boolean> | null {
  const hosts = selectorSql(entry.hosts, "h.labels");
  if (entry.timing.zone !== "host") {
    return isOn(entry, "UTC", of.now) ? sql<boolean>`(${hosts})` : null;
  }
  const on = of.zones.filter(({ tz, zone }) => {
    const labels = tz === "" ? {} : { tz };
    return isOn(entry, hostZone({ labels, zone }, calendar.zone).zone, of.now);
  });
  const keys = (zones: readonly ZoneKey[]) => sql`${zones.map(({ key }) => key)}::text[]`;
  const isOnHere = sql`h.zone_key = any(${keys(on)})`;
  // A host in a zone that nobody has looked at yet waits: what closes counts, what opens does not.
  const isUnknown = sql`not h.zone_key = any(${keys(of.zones)})`;
  const zones = of.isUnknownOn ? sql`(${isOnHere} or ${isUnknown})` : isOnHere;
  return sql<boolean>`(${hosts} and ${zones})`;
}

/** Asked many times a second, and true for hours: each answer is kept until it changes. */
const known = new WeakMap<CalendarEntry, Map<string, Answer>>();

interface Answer {
  readonly isOn: boolean;
  readonly from: Instant;
  readonly changesAt: Instant;
}

function isOn(entry: CalendarEntry, zone: string, now: Instant): boolean {
  const answers = known.get(entry) ?? new Map<string, Answer>();
  known.set(entry, answers);
  const kept = answers.get(zone);
  if (kept !== undefined && kept.from <= now && now < kept.changesAt) return kept.isOn;
  const answer = { ...stateAt(entry, zone, now), from: now };
  answers.set(zone, answer);
  return answer.isOn;
}
