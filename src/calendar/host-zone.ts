import { Failure } from "../base/failure.ts";
import type { Labels } from "../base/labels.ts";
import { zoneClock } from "./zone-time.ts";

/**
 * On whose wall clock a host lives: its label `tz` first, as people set it on purpose; else the zone
 * that the host itself reported; else the zone of the calendar. A label's value has no slash, so
 * `tz=Europe.Berlin` is Europe/Berlin; no zone of the database has a dot in its name.
 */
export interface CalendarHost {
  readonly labels: Labels;
  /** As the host reported it; null where it did not. */
  readonly zone: string | null;
}

export interface HostZone {
  readonly zone: string;
  readonly from: "label" | "host" | "calendar";
  /** A name that the time-zone database does not have, and that was passed over. */
  readonly unknown: string | null;
}

export function hostZone(host: CalendarHost, calendarZone: string): HostZone {
  const label = Object.hasOwn(host.labels, "tz") ? host.labels["tz"] : undefined;
  const named = label?.replaceAll(".", "/") ?? null;
  if (named !== null && isZone(named)) return { zone: named, from: "label", unknown: null };
  if (host.zone !== null && isZone(host.zone)) {
    return { zone: host.zone, from: "host", unknown: named };
  }
  return { zone: calendarZone, from: "calendar", unknown: named ?? host.zone };
}

export function isZone(name: string): boolean {
  try {
    zoneClock(name);
    return true;
  } catch (cause) {
    if (cause instanceof Failure) return false;
    throw cause;
  }
}
