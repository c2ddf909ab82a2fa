import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Actor } from "../base/actor.ts";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { DAY_MS, HOUR_MS } from "../base/instant.ts";
import { keepLast } from "../base/kept.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import { lockStarts } from "../db/start-lock.ts";
import type { World } from "../db/world.ts";
import { newSecret, secretHash } from "../identity/store-secret.ts";
import { openFetcher } from "../intel/actions-fetch.ts";
import { type FetchLimits, fetchLimits } from "../intel/fetch-rules.ts";
import { recordEvent } from "../ledger/record.ts";
import { hostsOf } from "./hosts-of.ts";
import { ICAL_BYTES_MAX, type IcalAs, readIcal } from "./ical-read.ts";
import type { CalendarEntry, EntryKind } from "./model.ts";
import {
  type CalendarFeed,
  type CalendarSource,
  deleteSource,
  findFeed,
  insertFeed,
  loadSources,
  loadWholeSource,
  noteTry,
  putSource,
  renewSource,
  revokeFeed,
} from "./store-import.ts";

/** Calendars of others taken in, from a file or an address, and ours given out. */

const PARSED_KEPT_MAX = 64;
const parsed = new Map<string, readonly CalendarEntry[]>();

/** Asked for by every claim and permit: a text is read from the database once. */
export async function importedEntries(world: World): Promise<readonly CalendarEntry[]> {
  const entries: CalendarEntry[] = [];
  for (const source of await loadSources(world.db)) {
    entries.push(...(parsed.get(keyOf(source)) ?? (await readEntries(world, source.id))));
  }
  return entries;
}

function keyOf({ id, digest, kind, name, hosts, passesEmergency }: CalendarSource): string {
  return JSON.stringify([id, digest, kind, name, hosts, passesEmergency]);
}

/** As it is now, should another have taken its place meanwhile. */
async function readEntries(world: World, id: string): Promise<readonly CalendarEntry[]> {
  const source = await loadWholeSource(world.db, id);
  if (source === null) return [];
  const { kind, name, hosts, passesEmergency } = source;
  const as: IcalAs = { kind, name, hosts, passesEmergency };
  return keepLast(parsed, PARSED_KEPT_MAX, [keyOf(source), readIcal(source.text, as)]);
}

export interface AskedImport {
  readonly name: string;
  readonly kind: EntryKind;
  readonly hosts: string;
  readonly passesEmergency: boolean;
  readonly text: string | null;
  readonly url: string | null;
}

const WHAT = "Importing a calendar";

/** Reads the calendar whole before it takes the place of an earlier one of the same name. */
export async function importCalendar(
  world: World,
  actor: Actor,
  asked: AskedImport,
): Promise<{ readonly entries: number; readonly digest: Digest }> {
  demandUnscoped(actor, "policy.apply", WHAT);
  if ((asked.text === null) === (asked.url === null)) {
    throw new Failure("invalid", "Hand in the calendar's text, or say its address.");
  }
  const hosts = hostsOf(asked.hosts);
  const { name, kind, passesEmergency, url } = asked;
  const came =
    url === null
      ? { text: asked.text ?? "", etag: null }
      : await fetched(world, url, { etag: null, limits: calendarLimits });
  if (came === null) throw new Failure("unavailable", "The address gave no calendar.");
  const entries = readIcal(came.text, { name, kind, hosts, passesEmergency });
  const at = world.clock();
  const digest = sha256(came.text);
  await inTransaction(world.db, async (tx) => {
    await lockStarts(tx);
    await putSource(tx, {
      ...{ id: newId(at), name, kind, hosts, passesEmergency, url, ...came, digest },
      ...{ addedBy: actor.subject, addedAt: at, fetchedAt: at },
    });
    await recordEvent(tx, {
      type: "calendar.imported",
      actor: actor.subject,
      object: `calendar:${name}`,
      facts: { kind, digest, entries: entries.length, isFetched: url !== null },
    });
    await notify(tx, "rollout");
  });
  return { entries: entries.length, digest };
}

export async function removeCalendar(world: World, actor: Actor, name: string): Promise<void> {
  demandUnscoped(actor, "policy.apply", WHAT);
  await inTransaction(world.db, async (tx) => {
    await lockStarts(tx);
    const digest = await deleteSource(tx, name);
    if (digest === null) throw new Failure("not-found", `No calendar is named ${name}.`);
    await recordEvent(tx, {
      type: "calendar.removed",
      actor: actor.subject,
      object: `calendar:${name}`,
      facts: { digest },
    });
    await notify(tx, "rollout");
  });
}

/** Somebody waits for the first try; the next comes within the hour by itself. */
export const calendarLimits: FetchLimits = { ...fetchLimits, timeoutMs: 60_000, attemptsMax: 2 };

/** Null when it is what we have. The way out is that of feeds: proxy, authorities, limits. */
async function fetched(
  world: World,
  url: string,
  of: { readonly etag: string | null; readonly limits: FetchLimits },
): Promise<{ readonly text: string; readonly etag: string | null } | null> {
  const { etag, limits } = of;
  const fetcher = await openFetcher(world, { limits });
  const folder = await mkdtemp(join(world.paths.state, "calendar-"));
  try {
    const validators = etag === null ? {} : { [url]: { etag, lastModified: null } };
    const into = join(folder, "calendar.ics");
    const request = { urls: [url], into, bytesMax: ICAL_BYTES_MAX, validators };
    const answer = await fetcher.fetch(request);
    if (answer.kind === "not-modified") return null;
    return { text: await readFile(answer.path, "utf8"), etag: answer.etag };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const REFRESH_MS = HOUR_MS;

/** Asks each address again; what fails, or cannot be read, leaves the last good calendar in force. */
export async function refreshCalendars(world: World, limits = calendarLimits): Promise<void> {
  const now = world.clock();
  for (const source of await loadSources(world.db)) {
    if (source.url === null || source.triedAt + REFRESH_MS > now) continue;
    try {
      const came = await fetched(world, source.url, { etag: source.etag, limits });
      if (came === null || sha256(came.text) === source.digest) {
        await noteTry(world.db, { id: source.id, at: now, problem: null });
        continue;
      }
      await takeAnew(world, source, came);
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      world.log.warn({ err: cause, calendar: source.name }, "a calendar could not be had anew");
      await noteTry(world.db, { id: source.id, at: now, problem: cause.message });
    }
  }
}

async function takeAnew(
  world: World,
  source: CalendarSource,
  came: { readonly text: string; readonly etag: string | null },
): Promise<void> {
  const entries = readIcal(came.text, source);
  const digest = sha256(came.text);
  await inTransaction(world.db, async (tx) => {
    await lockStarts(tx);
    const fetchedAt = world.clock();
    if (!(await renewSource(tx, source, { ...came, digest, fetchedAt }))) return;
    await recordEvent(tx, {
      type: "calendar.refreshed",
      actor: source.addedBy,
      object: `calendar:${source.name}`,
      facts: { digest, before: source.digest, entries: entries.length },
    });
    await notify(tx, "rollout");
  });
}

/** An address that a calendar program can subscribe to; the secret is told once. */
export async function makeFeed(
  world: World,
  actor: Actor,
  asked: { readonly name: string; readonly hosts: string },
): Promise<{ readonly feed: CalendarFeed; readonly secret: string }> {
  const hosts = hostsOf(asked.hosts);
  const at = world.clock();
  const secret = newSecret();
  const feed = { id: newId(at), name: asked.name, hosts, madeBy: actor.subject, madeAt: at };
  await inTransaction(world.db, async (tx) => {
    await insertFeed(tx, { ...feed, secretDigest: secretHash(secret) });
    await recordEvent(tx, {
      type: "calendar.feed-made",
      actor: actor.subject,
      object: `calendar-feed:${feed.id}`,
      facts: { name: sha256(asked.name) },
    });
  });
  return { feed, secret };
}

export async function endFeed(world: World, actor: Actor, id: string): Promise<void> {
  await inTransaction(world.db, async (tx) => {
    if (!(await revokeFeed(tx, id, world.clock()))) {
      throw new Failure("not-found", `There is no calendar address ${id.slice(0, 64)}.`);
    }
    await recordEvent(tx, {
      type: "calendar.feed-revoked",
      actor: actor.subject,
      object: `calendar-feed:${id}`,
      facts: {},
    });
  });
}

export async function requireFeed(world: World, secret: string): Promise<CalendarFeed> {
  const feed = await findFeed(world.db, secretHash(secret));
  if (feed !== null) return feed;
  throw new Failure("not-found", "There is no such calendar.");
}

/** How far ahead a subscribed calendar shows. */
export const EXPORT_DAYS = 92;
export const exportSpan = (now: number) => ({
  from: now - 7 * DAY_MS,
  to: now + EXPORT_DAYS * DAY_MS,
});
