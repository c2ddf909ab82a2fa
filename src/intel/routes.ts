import { z } from "zod";
import { type Action, actionOf, actionSchema } from "../base/action.ts";
import type { Actor } from "../base/actor.ts";
import { asOfFromText, asOfQuery } from "../base/as-of.ts";
import { Failure } from "../base/failure.ts";
import { type Instant, instantFromText, instantToText } from "../base/instant.ts";
import { skip } from "../base/list-page.ts";
import { demandUnscoped, lacksUnscoped } from "../base/unscoped.ts";
import { type Route, route, type World } from "../db/world.ts";
import {
  type FeedStatus,
  feedStatus,
  listFindings,
  loadFeedFile,
  refreshFromNetwork,
  showFinding,
  whyNotAsked,
} from "./actions.ts";
import type { NetworkOutcome } from "./actions-network.ts";
import { coverageReasons } from "./coverage.ts";
import { filterReply, filterSchema } from "./filter-reply.ts";
import type { ExplainedFinding } from "./findings.ts";
import type { LoadOutcome } from "./load-feed.ts";
import { matchRules } from "./match-rules.ts";
import { exposedStates } from "./model.ts";
import { bundleRoutes } from "./routes-bundle.ts";
import { runtimeRoutes } from "./routes-runtime.ts";
import { serviceRoutes } from "./routes-services.ts";
import { sourceRoutes } from "./routes-source.ts";
import { supportRoutes } from "./routes-support.ts";
import { vexRoutes } from "./routes-vex.ts";
import { loadKnownSince } from "./store-past.ts";

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

const findingStates = [
  ...exposedStates,
  "under-investigation",
  "unknown-coverage",
] as const satisfies readonly string[];

const coverageReply = z.object({
  coveredCount: z.number().nullable().describe("null of a past moment: it is known of now only"),
  unknown: z.array(
    z.object({
      ecosystem: z.string(),
      reason: z.string(),
      text: z.string(),
      packageCount: z.number(),
    }),
  ),
  hostCount: z.number(),
  unknownHostCount: z.number(),
});

const findingReply = z.object({
  key: z.string().describe("the vulnerability, `<ecosystem> <source>`, or the host's name"),
  title: z.string(),
  vulnerabilities: z.array(z.string()),
  sources: z.array(
    z.object({
      ecosystem: z.string(),
      source: z.string(),
      fixedVersions: z.array(z.string()),
    }),
  ),
  states: z.array(z.string()),
  hostCount: z.number(),
  serviceCount: z.number().int().describe("services whose own components have it"),
  packageCount: z.number(),
  knownExploitedCount: z.number(),
  epss: z.number().nullable(),
  cvss: z.number().nullable(),
  since: time,
  runtime: z
    .array(z.object({ kind: z.string(), label: z.string(), hostCount: z.number() }))
    .nullable()
    .describe("hosts on which the running system speaks against it; null where not asked for"),
  team: z.string().nullable().describe("of a host, the team that its labels name; else null"),
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

const getFindings = route({
  method: "GET",
  path: "/api/v1/findings",
  summary: "Lists findings of hosts and services by vulnerability, source package or host.",
  permission: "finding.read",
  query: z.object({
    group: z.enum(["vulnerability", "source", "host"]).default("vulnerability"),
    state: z.enum(findingStates).optional(),
    kev: flag.optional(),
    search: z.string().max(200).optional(),
    service: z
      .string()
      .max(100)
      .optional()
      .describe("only what this service contains and the hosts that run it have"),
    team: z
      .string()
      .max(63)
      .optional()
      .describe("only services and hosts of this team (of hosts label team, or owner)"),
    filtered: flag.optional().describe("only what is set aside, which is else left out"),
    runtime: flag.optional().describe("tell what runs of it: not running, not loaded, and so on"),
    asOf: asOfQuery,
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    cursor: z.string().max(500).optional(),
    skip,
  }),
  reply: z.object({
    items: z.array(findingReply),
    next: z.string().nullable(),
    total: z.number(),
    coverage: coverageReply,
    runtimeLeftOutCount: z
      .number()
      .int()
      .nullable()
      .describe("hosts whose running system was not asked, as too many are unlike others"),
    filteredCount: z.number().describe("vulnerabilities that are set aside on some host"),
    asOf: time.nullable().describe("the past moment that it tells of; null for now"),
    knownSince: time.nullable().describe("how far back the past is known"),
    nothingKnown: z.string().nullable().describe("why an empty list of the past means nothing"),
    backlogCount: z.number().describe("above 0 the list is not final"),
  }),
  errors: ["invalid", "not-found"],
  handle: async ({ world, actor }, { query }) => {
    const list = await listFindings(world, actor, {
      group: query.group,
      states: query.state === undefined ? undefined : [query.state],
      isKev: query.kev,
      isFiltered: query.filtered,
      service: query.service,
      team: query.team,
      hasRuntime: query.runtime,
      asOf: asOfFromText(query.asOf, world.clock()),
      search: query.search,
      page: { cursor: query.cursor, skip: query.skip, limit: query.limit },
    });
    return {
      items: list.rows.map((row) => ({
        ...row,
        vulnerabilities: [...row.vulnerabilities],
        sources: row.sources.map((s) => ({ ...s, fixedVersions: [...s.fixedVersions] })),
        states: [...row.states],
        runtime: row.runtime === null ? null : [...row.runtime],
        since: instantToText(row.since),
      })),
      next: list.next,
      total: list.total,
      coverage: {
        ...list.coverage,
        unknown: list.coverage.unknown.map((u) => ({ ...u, text: coverageReasons[u.reason] })),
      },
      runtimeLeftOutCount: list.runtimeLeftOutCount,
      filteredCount: list.filteredCount,
      asOf: timeOf(list.asOf),
      knownSince: timeOf(list.knownSince),
      nothingKnown: list.nothingKnown,
      backlogCount: list.backlogCount,
    };
  },
});

const explanationReply = z.object({
  vulnerability: z.object({
    id: z.string(),
    title: z.string(),
    publishedAt: time.nullable(),
    status: z.string(),
    cvss: z.array(
      z.object({ source: z.string(), version: z.string(), vector: z.string(), score: z.number() }),
    ),
    kev: z.object({ addedAt: time, dueAt: time.nullable(), isRansomware: z.boolean() }).nullable(),
    epss: z.object({ score: z.number(), percentile: z.number() }).nullable(),
    ssvc: z
      .object({
        exploitation: z.string(),
        isAutomatable: z.boolean(),
        technicalImpact: z.string(),
      })
      .nullable(),
  }),
  packages: z.array(
    z.object({
      ecosystem: z.string(),
      name: z.string(),
      version: z.string(),
      arch: z.string(),
      source: z.string(),
      state: z.string(),
      fixedVersion: z.string().nullable(),
      hostCount: z.number(),
      filteredHostCount: z.number().describe("hosts that have it too, where it is set aside"),
      because: z.object({
        feed: z.string(),
        generation: z.string(),
        advisory: z.string(),
        rule: z.string(),
        text: z.string(),
        packageName: z.string(),
        installed: z.string(),
        comparedWith: z.string().nullable(),
        comparison: z.string(),
      }),
    }),
  ),
  filters: z.array(z.object({ filter: filterSchema, hostCount: z.number() })),
  runtimeLeftOutCount: z
    .number()
    .int()
    .describe("hosts whose running system was not asked, as too many are unlike others"),
  hosts: z.array(z.object({ id: z.string(), name: z.string() })),
  hasMoreHosts: z.boolean(),
  asOf: time.nullable().describe("the past moment that it tells of; null for now"),
  knownSince: time.nullable().describe("how far back the past is known"),
});

const getFinding = route({
  method: "GET",
  path: "/api/v1/findings/{vulnerability}",
  summary: "Explains one vulnerability: each package it was compared with, why, and the hosts.",
  permission: "finding.read",
  params: z.object({ vulnerability: z.string().min(3).max(100) }),
  query: z.object({ asOf: asOfQuery }),
  reply: explanationReply,
  errors: ["not-found", "invalid"],
  handle: async ({ world, actor }, { params, query }) => {
    const asOf = asOfFromText(query.asOf, world.clock());
    return {
      ...explanationView(await showFinding(world, actor, params.vulnerability, asOf)),
      asOf: timeOf(asOf ?? null),
      knownSince: timeOf(await loadKnownSince(world.db)),
    };
  },
});

export const routes: readonly Route[] = [
  getFeeds,
  loadFeeds,
  getFindings,
  getFinding,
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

function explanationView(
  explained: ExplainedFinding,
): Omit<z.input<typeof explanationReply>, "asOf" | "knownSince"> {
  const { vulnerability: v } = explained;
  return {
    vulnerability: {
      ...v,
      publishedAt: timeOf(v.publishedAt),
      cvss: v.cvss.map((score) => ({ ...score })),
      kev:
        v.kev === null
          ? null
          : { ...v.kev, addedAt: instantToText(v.kev.addedAt), dueAt: timeOf(v.kev.dueAt) },
    },
    filters: explained.filters.map(({ filter, hostCount }) => ({
      filter: filterReply(filter),
      hostCount,
    })),
    runtimeLeftOutCount: explained.runtimeLeftOutCount,
    packages: explained.packages.map(({ package: p, finding, hostCount, filteredHostCount }) => ({
      ecosystem: p.ecosystem,
      name: p.name,
      version: p.version,
      arch: p.arch,
      source: p.source,
      state: finding.state,
      fixedVersion: finding.fixedVersion,
      hostCount,
      filteredHostCount,
      because: { ...finding.because, text: ruleText(finding.because.rule) },
    })),
    hosts: explained.hosts.map(({ id, name }) => ({ id, name })),
    hasMoreHosts: explained.hasMoreHosts,
  };
}

function ruleText(rule: string): string {
  return Object.hasOwn(matchRules, rule) ? matchRules[rule as keyof typeof matchRules] : "";
}
