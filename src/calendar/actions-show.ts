import { type Actor, scopesFor } from "../base/actor.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { joined, type Span } from "../base/spans.ts";
import type { World } from "../db/world.ts";
import { noHost } from "../inventory/actions-no-host.ts";
import { loadHost } from "../inventory/store.ts";
import { backupToText } from "../policy/rings-tiers.ts";
import { calendarInForce } from "./actions.ts";
import { entryTimes } from "./entry-times.ts";
import { canBothSelect } from "./host-overlap.ts";
import { type ChangeUrgency, entriesFor } from "./host-times.ts";
import { hostZone } from "./host-zone.ts";
import type { Calendar, CalendarEntry, EntryTime, Told } from "./model.ts";
import { loadZoneKeys } from "./store.ts";
import { type WhenNext, whenNext } from "./when-next.ts";

/** The calendar as people look at it: what happens in a span, and when one host is open next. */

/** One time of an entry, with the zones of hosts for which it is that very time. */
export interface ShownTime {
  readonly time: EntryTime;
  readonly zones: readonly string[];
}

export interface ShownSpan {
  readonly calendar: Calendar;
  readonly times: readonly ShownTime[];
  readonly leftOut: readonly Told[];
}

/** More zones than this are not shown one by one; there are some forty distinct clocks. */
const ZONES_SHOWN_MAX = 24;
export const SHOWN_DAYS_MAX = 100;

export async function showSpan(world: World, span: Span): Promise<ShownSpan> {
  const calendar = await calendarInForce(world);
  const zones = await hostZones(world, calendar);
  const shown = new Map<string, { readonly time: EntryTime; readonly zones: string[] }>();
  const leftOut = new Map<string, Told>();
  const asked = calendar.entries.flatMap((entry, at) =>
    (entry.timing.zone === "host" ? zones : [calendar.zone]).map((zone) => ({ entry, at, zone })),
  );
  for (const { entry, at, zone } of asked) {
    const found = entryTimes(entry, zone, span);
    for (const told of found.leftOut) leftOut.set(`${at} ${told.wall} ${told.zone}`, told);
    for (const time of found.times) {
      const key = `${at} ${time.from} ${time.to}`;
      const known = shown.get(key) ?? { time, zones: [] };
      if (entry.timing.zone === "host") known.zones.push(zone);
      shown.set(key, known);
    }
  }
  const times = [...shown.values()].sort((a, b) => a.time.from - b.time.from);
  return { calendar, times, leftOut: [...leftOut.values()] };
}

async function hostZones(world: World, calendar: Calendar): Promise<readonly string[]> {
  const keys = await loadZoneKeys(world.db);
  const zones = keys.map(({ tz, zone }) => {
    return hostZone({ labels: tz === "" ? {} : { tz }, zone }, calendar.zone).zone;
  });
  const all = new Set(zones.length === 0 ? [calendar.zone] : zones);
  return [...all].sort().slice(0, ZONES_SHOWN_MAX);
}

export interface HostWhen {
  readonly host: { readonly id: string; readonly name: string };
  readonly when: WhenNext;
  /** The next openings, in order. */
  readonly entries: readonly CalendarEntry[];
  /** What is known of its backup; null where nobody asks for one. */
  readonly backup: string | null;
}

/** When this host can be patched next, and why not now. */
export async function showHostWhen(
  world: World,
  actor: Actor,
  asked: { readonly host: string; readonly urgency: ChangeUrgency; readonly at: Instant | null },
): Promise<HostWhen> {
  const scopes = scopesFor(actor, "host.read");
  const host = await loadHost(world.db, asked.host, scopes);
  if (host === null) throw await noHost(world.db, asked.host, scopes);
  const calendar = await calendarInForce(world);
  const place = { labels: host.labels, zone: host.facts?.zone ?? null };
  const now = asked.at ?? world.clock();
  return {
    host: { id: host.id, name: host.name },
    when: whenNext(calendar, place, { now, urgency: asked.urgency }),
    entries: entriesFor(calendar, place),
    backup: backupToText(host.labels, world.clock()),
  };
}

/** Closing times that meet, as people should see where one hides another. */
export interface Meeting {
  readonly window: EntryTime;
  readonly by: readonly EntryTime[];
  /** Nothing of the window is left for hosts that all of them select. */
  readonly isWhole: boolean;
}

const MEETINGS_DAYS = 92;

/** Windows of the coming quarter that something closes, or that a release or a CAB meeting meets. */
export async function showConflicts(world: World, from: Instant): Promise<readonly Meeting[]> {
  const span = { from, to: from + MEETINGS_DAYS * DAY_MS };
  const { times } = await showSpan(world, span);
  const windows = times.filter(({ time }) => time.entry.kind === "window");
  const others = times.filter(({ time }) => time.entry.kind !== "window").map(({ time }) => time);
  return windows.flatMap(({ time }) => {
    const by = others.filter(
      (other) =>
        other.from < time.to &&
        other.to > time.from &&
        canBothSelect(other.entry.hosts, time.entry.hosts),
    );
    if (by.length === 0) return [];
    const closing = joined(by.filter(({ entry }) => entry.isClosing));
    const isWhole = closing.some((one) => one.from <= time.from && time.to <= one.to);
    return [{ window: time, by, isWhole }];
  });
}
