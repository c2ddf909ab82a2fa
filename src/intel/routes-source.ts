import { z } from "zod";
import { type Action, actionOf, actionSchema } from "../base/action.ts";
import type { Actor } from "../base/actor.ts";
import { durationToText, type Instant, instantToText } from "../base/instant.ts";
import { demandUnscoped, lacksUnscoped } from "../base/unscoped.ts";
import { markTones } from "../base/word.ts";
import { type Route, route, type World } from "../db/world.ts";
import { refreshFromNetwork, whyNotAsked } from "./actions.ts";
import { listSources, type SourceView, setSource, showSource } from "./actions-source.ts";
import { authoritiesIn } from "./feed-authority.ts";
import { sourceKinds } from "./feed-catalogue.ts";
import { outcomeSchema, outcomeView } from "./outcome-view.ts";
import { sourceStateWords } from "./words.ts";

/** Sources of feeds over HTTP: how each is, which are asked, and where they are. */
const FEEDS = "What feeds say";
const time = z.string().describe("RFC 3339 in UTC");

const sourceSchema = z
  .strictObject({
    name: z.string().describe("kev, osv:npm, updateinfo:9/AppStream"),
    kind: z.string(),
    parameter: z.string(),
    title: z.string(),
    state: z.enum(["good", "late", "failing", "never-loaded", "off"]),
    tone: z.enum(markTones),
    label: z.string().describe("the state, for people"),
    why: z.string().describe("why it is asked, or not"),
    choice: z.enum(["on", "off", "automatic"]),
    urls: z.array(z.string()).describe("in the order they are tried"),
    hasOwnUrls: z.boolean(),
    secretFile: z.string().nullable().describe("name of the file below the server's secrets"),
    authorities: z
      .array(z.strictObject({ name: z.string(), fingerprint: z.string(), endsAt: time }))
      .describe("whose certificates its own addresses are believed by, beside the system's"),
    feeds: z.array(z.string()),
    entryCount: z.number(),
    lastGoodAt: time.nullable().describe("when it was last known to be current"),
    age: z.string().nullable(),
    limit: z.string().describe("older than this it is not relied on"),
    checkEvery: z.string(),
    nextCheckAt: time.nullable(),
    licence: z.string(),
    alarm: z
      .strictObject({ what: z.string(), since: time.nullable(), todo: z.string() })
      .nullable(),
    lost: z
      .strictObject({
        sentence: z.string(),
        isLost: z.boolean().describe("false: from that moment on, if nothing is mended"),
        from: time.nullable(),
        hostCount: z.number(),
        releases: z.array(z.strictObject({ ecosystem: z.string(), hostCount: z.number() })),
      })
      .nullable()
      .describe("what no other current feed covers, of a source that something is wrong with"),
    actions: z.array(actionSchema),
  })
  .meta({ id: "FeedSource" });

const kindSchema = z.strictObject({
  kind: z.string(),
  title: z.string(),
  parameter: z.strictObject({ what: z.string(), values: z.array(z.string()) }).nullable(),
  url: z.string().nullable().describe("{} stands for the parameter; null: the operator gives one"),
  limit: z.string(),
  licence: z.string(),
});

const getSources = route({
  method: "GET",
  path: "/api/v1/feed-sources",
  summary: "Lists where feeds come from: how each source is, and the kinds that can be added.",
  permission: "feed.read",
  reply: z.object({ items: z.array(sourceSchema), kinds: z.array(kindSchema) }),
  handle: async ({ world, actor }) => ({
    items: (await listSources(world, actor)).map((view) => viewOf(view, world, actor)),
    kinds: sourceKinds.map((kind) => ({
      kind: kind.kind,
      title: kind.title,
      parameter:
        kind.parameter === null
          ? null
          : { what: kind.parameter.what, values: [...kind.parameter.values] },
      url: kind.urls[0] ?? null,
      limit: durationToText(kind.staleAfterMs),
      licence: kind.licence,
    })),
  }),
});

const getSource = route({
  method: "GET",
  path: "/api/v1/feed-sources/{source}",
  summary: "Shows one source of feeds.",
  permission: "feed.read",
  params: z.object({ source: z.string().min(1).max(200) }),
  reply: sourceSchema,
  errors: ["invalid"],
  handle: async ({ world, actor }, { params }) =>
    viewOf(await showSource(world, actor, params.source), world, actor),
});

const url = z.string().min(1).max(500);

const postSource = route({
  method: "POST",
  path: "/api/v1/feed-sources",
  summary: "Adds a source of feeds, switches it on or off, or says where it is.",
  permission: "feed.load",
  body: z.strictObject({
    source: z.string().min(1).max(200),
    choice: z.enum(["on", "off", "automatic"]).default("on"),
    urls: z
      .array(url)
      .max(10)
      .optional()
      .describe("own address, then mirrors; empty: the catalogue's; absent: as they are"),
    secretFile: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/)
      .optional()
      .describe("name of a file in the folder `secrets` of the server's state"),
    authority: z
      .string()
      .max(200_000)
      .optional()
      .describe(
        "PEM certificates of an authority of your own, for your own addresses; empty: none",
      ),
  }),
  reply: sourceSchema,
  errors: ["invalid"],
  handle: async ({ world, actor }, { body }) => {
    demandUnscoped(actor, "feed.load", FEEDS);
    const view = await setSource(world, actor, {
      name: body.source,
      urls: body.urls ?? null,
      secretFile: body.secretFile ?? null,
      authority: body.authority ?? null,
      isEnabled: body.choice === "automatic" ? null : body.choice === "on",
    });
    return viewOf(view, world, actor);
  },
});

const refreshSources = route({
  method: "POST",
  path: "/api/v1/feed-sources/refresh",
  summary: "Asks publishers now: the named sources, or all that are asked by timetable.",
  permission: "feed.load",
  body: z.strictObject({ sources: z.array(z.string().min(1).max(200)).max(100).default([]) }),
  reply: z.object({ items: z.array(outcomeSchema) }),
  errors: ["invalid", "blocked"],
  handle: async ({ world, actor }, { body }) => {
    demandUnscoped(actor, "feed.load", FEEDS);
    const outcomes = await refreshFromNetwork(world, actor, body.sources);
    return { items: outcomes.map(outcomeView) };
  },
});

export const sourceRoutes: readonly Route[] = [getSources, postSource, refreshSources, getSource];

function viewOf(view: SourceView, world: World, actor: Actor): z.input<typeof sourceSchema> {
  const { source, stored, alarm, lost } = view;
  const { kind } = source;
  return {
    name: source.name,
    kind: kind.kind,
    parameter: source.parameter,
    title: kind.title,
    state: view.state,
    tone: sourceStateWords[view.state][0],
    label: sourceStateWords[view.state][1],
    why: view.why,
    choice: view.choice,
    urls: [...source.urls],
    hasOwnUrls: source.hasOwnUrls,
    secretFile: stored?.secretFile ?? null,
    authorities: authoritiesOf(stored?.authority ?? null),
    feeds: [...view.feeds],
    entryCount: view.entryCount,
    lastGoodAt: timeOf(view.lastGoodAt),
    age: view.ageMs === null ? null : durationToText(view.ageMs),
    limit: durationToText(kind.staleAfterMs),
    checkEvery: durationToText(kind.checkEveryMs),
    nextCheckAt: view.state === "off" ? null : timeOf(stored?.nextCheckAt ?? null),
    licence: kind.licence,
    alarm: alarm === null ? null : { ...alarm, since: timeOf(alarm.since) },
    lost: lost === null ? null : { ...lost, from: timeOf(lost.from), releases: [...lost.releases] },
    actions: actionsFor(view, world, actor),
  };
}

function authoritiesOf(pem: string | null): z.input<typeof sourceSchema>["authorities"] {
  if (pem === null) return [];
  return authoritiesIn(pem).map(({ endsAt, ...each }) => ({
    ...each,
    endsAt: instantToText(endsAt),
  }));
}

function actionsFor(view: SourceView, world: World, actor: Actor): Action[] {
  const refusal = lacksUnscoped(actor, "feed.load", FEEDS);
  const isOff = view.state === "off";
  const noAddress =
    view.source.urls.length === 0 ? "The catalogue has no address for it; give one first." : null;
  return [
    actionOf("refresh", "Ask now", refusal ?? whyNotAsked(world) ?? noAddress),
    isOff
      ? actionOf("enable", "Switch on", refusal ?? noAddress)
      : actionOf("disable", "Switch off", refusal),
  ];
}

function timeOf(instant: Instant | null): string | null {
  return instant === null ? null : instantToText(instant);
}
