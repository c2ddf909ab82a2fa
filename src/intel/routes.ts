import { z } from "zod";
import { type Action, actionOf, actionSchema } from "../base/action.ts";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type Instant, instantFromText, instantToText } from "../base/instant.ts";
import { demandUnscoped, lacksUnscoped } from "../base/unscoped.ts";
import { type Route, route, type World } from "../db/world.ts";
import {
  type FeedStatus,
  feedStatus,
  loadFeedFile,
  refreshFromNetwork,
  whyNotAsked,
} from "./actions.ts";
import type { NetworkOutcome } from "./actions-network.ts";
import type { LoadOutcome } from "./load-feed.ts";
import { bundleRoutes } from "./routes-bundle.ts";
import { findingRoutes } from "./routes-findings.ts";
import { runtimeRoutes } from "./routes-runtime.ts";
import { serviceRoutes } from "./routes-services.ts";
import { sourceRoutes } from "./routes-source.ts";
import { supportRoutes } from "./routes-support.ts";
import { vexRoutes } from "./routes-vex.ts";

const BODY_BYTES_MAX = 64 * 1024 * 1024;

const time = z.string().describe("RFC 3339 in UTC");
const problem = z.object({ place: z.string(), reason: z.string() });

const feedReply = z.object({
  name: z.string(),
  state: z.enum(["fresh", "stale", "never-loaded"]),
  why: z.string().describe("why it is stale; empty otherwise"),
  origin: z.enum(["starter", "file", "network"]).nullable(),
  generation: z.string().nullable(),
  asOf: time.nullable(),
  confirmedAt: time.nullable(),
  loadedAt: time.nullable(),
  entryCount: z.number(),
  ecosystems: z.array(z.string()),
  label: z.string().describe("what must be known when relying on it; empty when nothing"),
  licence: z.string(),
  isComplete: z.boolean(),
  problemCount: z.number(),
  problems: z.array(problem),
  failure: z.string().nullable().describe("why the last attempt did not succeed"),
  failedAt: time.nullable(),
});

const outcomeReply = z.object({
  source: z.string().optional().describe("where it came from, when the publishers were asked"),
  feed: z.string(),
  kind: z.enum(["loaded", "unchanged", "refused", "current", "unavailable"]),
  message: z.string(),
  generation: z.string().optional(),
  entryCount: z.number().optional(),
  addedCount: z.number().optional(),
  endedCount: z.number().optional(),
  problemCount: z.number().optional(),
  problems: z.array(problem).optional(),
});

const getFeeds = route({
  method: "GET",
  path: "/api/v1/feeds",
  summary: "Lists the feeds: what is loaded, how old it is, and what went wrong last.",
  permission: "feed.read",
  reply: z.object({
    items: z.array(feedReply),
    next: z.string().nullable(),
    actions: z.array(actionSchema),
  }),
  handle: async ({ world, actor }) => ({
    items: (await feedStatus(world)).map(feedView),
    next: null,
    actions: feedActions(world, actor),
  }),
});

const FEEDS = "What feeds say";

function feedActions(world: World, actor: Actor): Action[] {
  const refusal = lacksUnscoped(actor, "feed.load", FEEDS);
  return [
    actionOf("ask", "Ask the publishers now", refusal ?? whyNotAsked(world)),
    actionOf("load", "Load a file", refusal),
  ];
}

const flag = z.enum(["true", "false"]).transform((text) => text === "true");

const loadFeeds = route({
  method: "POST",
  path: "/api/v1/feeds/load",
  summary: "Loads a feed file, told by its content, or asks the publishers for all feeds now.",
  permission: "feed.load",
  query: z.object({
    asOf: z.string().optional().describe("when the file was made, where it does not say"),
    acceptShrink: flag.optional().describe("take over what the shrink guard would refuse"),
  }),
  body: z.union([
    z.instanceof(Uint8Array).meta({
      type: "string",
      format: "binary",
      description: "the file itself, as application/octet-stream",
    }),
    z.object({ network: z.literal(true) }),
  ]),
  bodyBytesMax: BODY_BYTES_MAX,
  reply: z.object({ items: z.array(outcomeReply) }),
  errors: ["invalid", "too-large", "blocked"],
  handle: async ({ world, actor }, { query, body }) => {
    demandUnscoped(actor, "feed.load", FEEDS);
    const outcomes =
      body instanceof Uint8Array
        ? await loadFeedFile(world, actor, {
            bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
            asOf: instantOf(query.asOf),
            acceptShrink: query.acceptShrink ?? false,
          })
        : await refreshFromNetwork(world, actor);
    return { items: outcomes.map(outcomeView) };
  },
});

export const routes: readonly Route[] = [
  getFeeds,
  loadFeeds,
  ...findingRoutes,
  ...vexRoutes,
  ...runtimeRoutes,
  ...supportRoutes,
  ...serviceRoutes,
  ...sourceRoutes,
  ...bundleRoutes,
];

function instantOf(text: string | undefined): Instant | null {
  if (text === undefined) return null;
  const instant = instantFromText(text);
  if (instant !== null) return instant;
  throw new Failure(
    "invalid",
    "The time of the feed (asOf) is not of the form 2026-11-21T08:00:00Z.",
  );
}

function timeOf(instant: Instant | null): string | null {
  return instant === null ? null : instantToText(instant);
}

function feedView(feed: FeedStatus): z.input<typeof feedReply> {
  return {
    name: feed.name,
    state: feed.freshness.kind,
    why: feed.freshness.kind === "stale" ? feed.freshness.why : "",
    origin: feed.origin,
    generation: feed.generation,
    asOf: timeOf(feed.asOf),
    confirmedAt: timeOf(feed.confirmedAt),
    loadedAt: timeOf(feed.loadedAt),
    entryCount: feed.entryCount,
    ecosystems: [...feed.ecosystems],
    label: feed.label,
    licence: feed.licence,
    isComplete: feed.isComplete,
    problemCount: feed.problemCount,
    problems: [...feed.problems],
    failure: feed.failure,
    failedAt: timeOf(feed.failedAt),
  };
}

function outcomeView(outcome: LoadOutcome | NetworkOutcome): z.input<typeof outcomeReply> {
  if (outcome.kind !== "loaded") {
    return { message: "", ...outcome };
  }
  return { message: "", ...outcome, problems: [...outcome.problems] };
}
