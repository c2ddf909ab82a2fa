import { type Actor, scopesFor } from "../base/actor.ts";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { newId, numberOf } from "../base/ids.ts";
import { DAY_MS, type Instant, instantToText, SECOND_MS } from "../base/instant.ts";
import { keepLast } from "../base/kept.ts";
import type { Selector } from "../base/labels.ts";
import { type Db, inTransaction, type Reader, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import { lockStarts } from "../db/start-lock.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { nameInForce, policyInForce } from "../policy/store-files.ts";
import { importedEntries } from "./actions-import.ts";
import { type CalendarPolicy, calendarKind, parseCalendar } from "./calendar-policy.ts";
import { type Freeze, freezeEntry, freezeState, isWithinScopes } from "./freeze.ts";
import { hostsOf } from "./hosts-of.ts";
import type { Calendar } from "./model.ts";
import {
  insertFreeze,
  liftFreezeRow,
  loadFreeze,
  loadFreezes,
  loadFreezesNow,
  loadZoneKeys,
  type ZoneKey,
} from "./store.ts";

/** The calendar in force: the file, what was imported, and the freezes that people set. */

const PARSED_KEPT_MAX = 8;
const parsed = new Map<string, CalendarPolicy>();

export async function calendarPolicy(world: World): Promise<CalendarPolicy> {
  const found = await policyInForce(world, calendarKind);
  const file = nameInForce(found, calendarKind.name);
  const key = `${found.digest} ${file}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  return keepLast(parsed, PARSED_KEPT_MAX, [key, parseCalendar(found.text, file)]);
}

/** Without the freezes that people set: those are read where a start is decided, after its lock. */
export async function standingCalendar(world: World): Promise<Calendar> {
  const { calendar } = await calendarPolicy(world);
  const imported = await importedEntries(world);
  return imported.length === 0
    ? calendar
    : { ...calendar, entries: [...calendar.entries, ...imported] };
}

export async function calendarInForce(world: World): Promise<Calendar> {
  const standing = await standingCalendar(world);
  const freezes = await loadFreezes(world.db, { liveAt: world.clock() });
  return withFreezes(standing, freezes);
}

function withFreezes(calendar: Calendar, freezes: readonly Freeze[]): Calendar {
  if (freezes.length === 0) return calendar;
  return { ...calendar, entries: [...calendar.entries, ...freezes.map(freezeEntry)] };
}

/** What a claim or a permit asks, read in its own transaction after the lock of the start. */
export interface CalendarNow {
  readonly calendar: Calendar;
  readonly now: Instant;
  readonly zones: readonly ZoneKey[];
}

export async function calendarNow(
  reader: Reader,
  of: { readonly db: Db; readonly standing: Calendar },
): Promise<CalendarNow> {
  const { now, freezes } = await loadFreezesNow(reader);
  const calendar = withFreezes(of.standing, freezes);
  const asksZones = calendar.entries.some((entry) => entry.timing.zone === "host");
  return { calendar, now, zones: asksZones ? await zonesOf(reader, of.db, now) : [] };
}

const ZONES_KEPT_MS = 60 * SECOND_MS;
/** Hosts in a zone that is not among them yet wait until it is. */
const zonesKept = new WeakMap<Db, { readonly zones: readonly ZoneKey[]; readonly at: Instant }>();

async function zonesOf(reader: Reader, db: Db, now: Instant): Promise<readonly ZoneKey[]> {
  const kept = zonesKept.get(db);
  if (kept !== undefined && kept.at <= now && now < kept.at + ZONES_KEPT_MS) return kept.zones;
  const zones = await loadZoneKeys(reader);
  zonesKept.set(db, { zones, at: now });
  return zones;
}

export interface AskedFreeze {
  readonly name: string;
  /** A label expression, or `all`. */
  readonly hosts: string;
  readonly reason: string;
  readonly startsAt: Instant | null;
  readonly endsAt: Instant;
  readonly passesEmergency: boolean;
}

const FREEZE_DAYS_MAX = 400;

/** Holds from now, or from its beginning, on the next claim and the next permit. */
export async function setFreeze(world: World, actor: Actor, asked: AskedFreeze): Promise<Freeze> {
  const hosts = hostsOf(asked.hosts);
  demandWithin(actor, hosts);
  const now = world.clock();
  const startsAt = Math.floor((asked.startsAt ?? now) / SECOND_MS) * SECOND_MS;
  const endsAt = Math.ceil(asked.endsAt / SECOND_MS) * SECOND_MS;
  if (endsAt <= Math.max(now, startsAt) || endsAt > now + FREEZE_DAYS_MAX * DAY_MS) {
    throw new Failure(
      "invalid",
      `A freeze ends after it begins, in the future and within ${FREEZE_DAYS_MAX} days; ${instantToText(endsAt)} does not.`,
    );
  }
  return inTransaction(world.db, async (tx) => {
    await lockStarts(tx);
    const { name, reason, passesEmergency } = asked;
    const freeze = await insertFreeze(tx, {
      id: newId(now),
      ...{ name, hosts, reason, startsAt, endsAt, passesEmergency },
      ...{ setBy: actor.subject, setAt: now },
    });
    await recordFreeze(tx, actor, freeze, "set", reason);
    return freeze;
  });
}

export async function liftFreeze(
  world: World,
  actor: Actor,
  asked: { readonly freeze: string; readonly reason: string },
): Promise<Freeze> {
  const freeze = await requireFreeze(world, asked.freeze);
  demandWithin(actor, freeze.hosts);
  const now = world.clock();
  if (freezeState(freeze, now) === "over") {
    throw new Failure("blocked", `F-${freeze.number} is over already.`);
  }
  return inTransaction(world.db, async (tx) => {
    const { reason } = asked;
    const lifted = await liftFreezeRow(tx, { id: freeze.id, by: actor.subject, at: now, reason });
    if (lifted === null) throw new Failure("blocked", `F-${freeze.number} is lifted already.`);
    await recordFreeze(tx, actor, lifted, "lifted", reason);
    return lifted;
  });
}

export async function requireFreeze(world: World, ref: string): Promise<Freeze> {
  const freeze = await loadFreeze(world.db, numberOf("f", ref) ?? ref);
  if (freeze !== null) return freeze;
  throw new Failure(
    "not-found",
    `There is no freeze ${ref.slice(0, 64)}. "fettle freeze list" shows them.`,
  );
}

function demandWithin(actor: Actor, hosts: Selector): void {
  if (isWithinScopes(hosts, scopesFor(actor, "calendar.freeze"))) return;
  throw new Failure(
    "forbidden",
    "Your right to freeze is limited to some labels. Name them in the label expression, so that it reaches no other host.",
  );
}

async function recordFreeze(
  tx: Tx,
  actor: Actor,
  freeze: Freeze,
  verb: "set" | "lifted",
  reason: string,
): Promise<void> {
  await recordEvent(tx, {
    type: `freeze.${verb}`,
    actor: actor.subject,
    object: `freeze:${freeze.id}`,
    facts: {
      freeze: `F-${freeze.number}`,
      from: instantToText(freeze.startsAt),
      until: instantToText(freeze.endsAt),
      passesEmergency: freeze.passesEmergency,
      reason: sha256(reason) satisfies Digest,
    },
  });
  await notify(tx, "rollout");
}
