import { z } from "zod";
import { actionSchema } from "../base/action.ts";
import { asOfFromText, asOfQuery } from "../base/as-of.ts";
import { format, skip, total } from "../base/list-page.ts";
import { toneList } from "../base/tone.ts";
import { type Route, route } from "../db/world.ts";
import { factsReplySchema } from "../inventory/host-reply.ts";
import { listFindingsOfHost } from "./actions-host-findings.ts";
import { listShownHosts, showHost } from "./actions-hosts.ts";
import { hostTimeline } from "./actions-timeline.ts";
import { hostFile } from "./host-file.ts";
import {
  hostFacetsSchema,
  hostFindingSchema,
  shownHostSchema,
  timelineEntrySchema,
} from "./host-schema.ts";

/** Reading hosts: what they are, how they stand, what is wrong with them and what happened to them. */
const params = z.strictObject({ host: z.string().min(1).max(100) });
const limit = z.coerce.number().int().min(1).max(1_000).default(100);
const selector = z.string().max(1_000).default("");

const getHosts = route({
  method: "GET",
  path: "/api/v1/hosts",
  summary: "Hosts by name, each with its four states; counts by state for the filters.",
  permission: "host.read",
  query: z.strictObject({
    q: z.string().trim().max(200).default("").describe("part of a name, an address or a label"),
    label: selector.describe("label expression such as env=prod,ring!=canary"),
    selector: selector.describe("the same as `label`; both must hold"),
    reach: toneList.optional(),
    fresh: toneList.optional(),
    reboot: toneList.optional(),
    risk: toneList.optional(),
    cursor: z.string().max(63).default(""),
    skip,
    limit,
    format,
  }),
  csv: hostFile,
  reply: z.strictObject({
    items: z.array(shownHostSchema),
    next: z.string().nullable(),
    total,
    facets: hostFacetsSchema,
    actions: z.array(actionSchema),
  }),
  handle: async ({ world, actor }, { query }) =>
    listShownHosts(world, actor, { ...query, isFile: query.format === "csv" }),
});

const getHost = route({
  method: "GET",
  path: "/api/v1/hosts/{host}",
  summary: "One host by id or name, with its four states and what it runs.",
  permission: "host.read",
  params,
  reply: z.strictObject({ host: shownHostSchema, facts: factsReplySchema.nullable() }),
  errors: ["not-found"],
  handle: async ({ world, actor }, { params: { host } }) => showHost(world, actor, host),
});

const getHostFindings = route({
  method: "GET",
  path: "/api/v1/hosts/{host}/findings",
  summary: "What one host is vulnerable to, worst first, and what is not known about it.",
  permission: "finding.read",
  params,
  query: z.strictObject({
    q: z.string().trim().max(200).default(""),
    exploited: z.enum(["true", "false"]).optional(),
    asOf: asOfQuery,
    skip,
    limit,
  }),
  reply: z.strictObject({
    items: z.array(hostFindingSchema),
    total,
    runtimeCount: z
      .number()
      .int()
      .describe("rows that the running system speaks against; they count all the same"),
    /** What the absence of findings does not cover, in sentences. */
    notKnown: z.array(z.string()),
    /** True while packages are still being matched: the list is not final. */
    isMatching: z.boolean(),
    /** The past moment that it tells of; null for now. */
    asOf: z.iso.datetime().nullable(),
    /** How far back the past is known. */
    knownSince: z.iso.datetime().nullable(),
  }),
  errors: ["not-found", "invalid"],
  handle: async ({ world, actor }, { params: { host }, query }) =>
    listFindingsOfHost(world, actor, {
      ...{ host, ...query },
      asOf: asOfFromText(query.asOf, world.clock()),
    }),
});

const getTimeline = route({
  method: "GET",
  path: "/api/v1/hosts/{host}/timeline",
  summary: "What happened to a host, and why nothing did; newest first.",
  permission: "host.read",
  params,
  query: z.strictObject({ cursor: z.string().max(100).optional(), limit }),
  reply: z.strictObject({ items: z.array(timelineEntrySchema), next: z.string().nullable() }),
  errors: ["not-found"],
  handle: async ({ world, actor }, { params: { host }, query }) =>
    hostTimeline(world, actor, { host, ...query }),
});

export const hostRoutes: readonly Route[] = [getHosts, getHost, getHostFindings, getTimeline];
