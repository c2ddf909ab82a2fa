import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import {
  endFeed,
  exportSpan,
  importCalendar,
  makeFeed,
  removeCalendar,
  requireFeed,
} from "./actions-import.ts";
import { showSpan } from "./actions-show.ts";
import { canBothSelect } from "./host-overlap.ts";
import { hostsOf } from "./hosts-of.ts";
import { ICAL_BYTES_MAX } from "./ical-read.ts";
import { writeIcal } from "./ical-write.ts";
import { entryKinds } from "./model.ts";
import { loadFeeds, loadSources } from "./store-import.ts";
import { hostsText } from "./words.ts";

/** Calendars in and out over HTTP, as iCalendar. */
const time = z.iso.datetime({ offset: true });
const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, {
  message: "a name has lower-case letters, digits, dots and dashes",
});
const hosts = z.string().min(1).max(500).describe("a label expression, or all");
const CALENDAR = "text/calendar; charset=utf-8";

const sourceSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(entryKinds),
    hosts: z.string(),
    passesEmergency: z.boolean(),
    url: z.string().nullable(),
    digest: z.string(),
    fetchedAt: time,
    triedAt: time,
    problem: z.string().nullable(),
  })
  .meta({ id: "ImportedCalendar" });

const getSources = route({
  method: "GET",
  path: "/api/v1/calendar/imports",
  summary: "Calendars that were imported, and what the last try to fetch each met.",
  permission: "calendar.read",
  reply: z.strictObject({ items: z.array(sourceSchema) }),
  async handle({ world }) {
    const sources = await loadSources(world.db);
    return {
      items: sources.map((one) => ({
        name: one.name,
        kind: one.kind,
        hosts: hostsText(one.hosts),
        passesEmergency: one.passesEmergency,
        // An address may carry a secret in its query.
        url: one.url === null ? null : one.url.replace(/\?.*$/, "?…"),
        digest: one.digest,
        fetchedAt: instantToText(one.fetchedAt),
        triedAt: instantToText(one.triedAt),
        problem: one.problem,
      })),
    };
  },
});

const postImport = route({
  method: "POST",
  path: "/api/v1/calendar/imports",
  summary: "Imports an iCalendar, from its text or an address; one of the same name is replaced.",
  permission: "policy.apply",
  status: 201,
  body: z.strictObject({
    name,
    kind: z.enum(entryKinds),
    hosts,
    passesEmergency: z.boolean().default(false),
    text: z.string().max(ICAL_BYTES_MAX).optional(),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
  }),
  bodyBytesMax: 2 * ICAL_BYTES_MAX,
  handlerMsMax: 90_000,
  reply: z.strictObject({ name: z.string(), entries: z.number().int(), digest: z.string() }),
  errors: ["invalid", "too-large", "unavailable"],
  async handle({ world, actor }, { body }) {
    const asked = { ...body, text: body.text ?? null, url: body.url ?? null };
    return { name: body.name, ...(await importCalendar(world, actor, asked)) };
  },
});

const deleteImport = route({
  method: "DELETE",
  path: "/api/v1/calendar/imports/{name}",
  summary: "Takes an imported calendar away.",
  permission: "policy.apply",
  params: z.strictObject({ name }),
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    await removeCalendar(world, actor, params.name);
    return null;
  },
});

const getExport = route({
  method: "GET",
  path: "/api/v1/calendar.ics",
  summary: "The calendar of the last week and the coming quarter as iCalendar.",
  permission: "calendar.read",
  query: z.strictObject({ hosts: hosts.default("all") }),
  reply: { contentType: CALENDAR },
  errors: ["invalid"],
  async handle({ world }, { query }) {
    return exported(world, query.hosts);
  },
});

async function exported(world: Parameters<typeof showSpan>[0], asked: string): Promise<string> {
  const wanted = hostsOf(asked);
  const now = world.clock();
  const { times } = await showSpan(world, exportSpan(now));
  const mine = times.filter(({ time: { entry } }) => canBothSelect(entry.hosts, wanted));
  return writeIcal(
    mine.map((one) => one.time),
    now,
  );
}

const feedSchema = z
  .strictObject({ id: z.string(), name: z.string(), hosts: z.string(), madeAt: time })
  .meta({ id: "CalendarFeed" });

const getFeeds = route({
  method: "GET",
  path: "/api/v1/calendar/feeds",
  summary: "Secret addresses under which the calendar is subscribed to.",
  permission: "calendar.freeze",
  reply: z.strictObject({ items: z.array(feedSchema) }),
  async handle({ world }) {
    const feeds = await loadFeeds(world.db);
    return {
      items: feeds.map(({ id, name: own, hosts: selector, madeAt }) => ({
        ...{ id, name: own, hosts: hostsText(selector), madeAt: instantToText(madeAt) },
      })),
    };
  },
});

const postFeed = route({
  method: "POST",
  path: "/api/v1/calendar/feeds",
  summary: "Makes a secret address for calendar programs. It is told once.",
  permission: "calendar.freeze",
  status: 201,
  body: z.strictObject({ name: z.string().trim().min(1).max(120), hosts: hosts.default("all") }),
  reply: z.strictObject({ id: z.string(), path: z.string() }),
  errors: ["invalid"],
  async handle({ world, actor }, { body }) {
    const { feed, secret } = await makeFeed(world, actor, body);
    return { id: feed.id, path: `/api/v1/calendar/feeds/${secret}/calendar.ics` };
  },
});

const deleteFeed = route({
  method: "DELETE",
  path: "/api/v1/calendar/feeds/{feed}",
  summary: "Ends such an address.",
  permission: "calendar.freeze",
  params: z.strictObject({ feed: z.string().min(2).max(64) }),
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    await endFeed(world, actor, params.feed);
    return null;
  },
});

const getFeed = route({
  method: "GET",
  path: "/api/v1/calendar/feeds/{secret}/calendar.ics",
  summary: "The calendar under a secret address.",
  permission: {
    public: "Calendar programs cannot sign in; the secret in the address is the right.",
  },
  params: z.strictObject({ secret: z.string().min(40).max(64) }),
  reply: { contentType: CALENDAR },
  errors: ["not-found"],
  async handle({ world }, { params }) {
    const feed = await requireFeed(world, params.secret);
    return exported(world, hostsText(feed.hosts));
  },
});

export const importRoutes: readonly Route[] = [
  getSources,
  postImport,
  deleteImport,
  getExport,
  getFeeds,
  postFeed,
  deleteFeed,
  getFeed,
];
