import { z } from "zod";
import { actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { holdsAnywhere, scopesFor } from "../base/actor.ts";
import { asOfFromText, asOfQuery } from "../base/as-of.ts";
import { Failure } from "../base/failure.ts";
import { type Instant, instantFromText, instantToText } from "../base/instant.ts";
import { parseSelector } from "../base/labels.ts";
import { skip, total } from "../base/list-page.ts";
import type { Tone } from "../base/tone.ts";
import { type Route, route } from "../db/world.ts";
import { artifactName, environmentName } from "../inventory/service-input.ts";
import { artifactReply, artifactReplySchema } from "../inventory/service-reply.ts";
import { loadNeededBy } from "../inventory/store-services.ts";
import { exposedServices } from "./actions-exposed-services.ts";
import {
  artifactHistory,
  askGate,
  compareSboms,
  hostActions,
  listComponents,
  ownActions,
} from "./actions-service-reading.ts";
import { judgedService, judgedServices } from "./actions-services.ts";
import { gateRules } from "./service-gate.ts";
import { notKnownText } from "./service-risk.ts";
import {
  componentSchema,
  exposedServiceSchema,
  hostActionSchema,
  judgedServiceSchema,
  serviceActionSchema,
  setAsideSchema,
  shownServiceSchema,
  vulnerabilitySchema,
} from "./service-schema.ts";
import { judgedView, vulnerabilityView } from "./service-views.ts";
import { loadKnownSince } from "./store-past.ts";
import { loadHostRefsOfService } from "./store-service-hosts.ts";

/** Reading services: how they stand, what mends them, what is in them. */
const params = z.strictObject({ service: z.string().min(1).max(100) });
const limit = z.coerce.number().int().min(1).max(1_000).default(100);
const HOSTS_SHOWN = 200;

const pastReply = {
  asOf: z.iso.datetime().nullable().describe("the past moment that it tells of; null for now"),
  knownSince: z.iso.datetime().nullable().describe("how far back the past is known"),
};

function timeOf(instant: Instant | null): string | null {
  return instant === null ? null : instantToText(instant);
}

const getServices = route({
  method: "GET",
  path: "/api/v1/services",
  summary: "Services with what is wrong in them and on their hosts, by name or worst first.",
  permission: "service.read",
  query: z.strictObject({
    q: z.string().trim().max(200).default("").describe("part of a name, a title or a team"),
    label: z.string().max(1_000).default(""),
    host: z.string().max(100).optional().describe("only those that this host runs"),
    order: z.enum(["name", "urgency"]).default("name"),
    asOf: asOfQuery,
    skip,
    limit,
  }),
  reply: z.strictObject({
    items: z.array(judgedServiceSchema),
    total,
    /** All that are asked for, by how their components stand. */
    counts: z.strictObject({
      bad: z.number().int(),
      attention: z.number().int(),
      good: z.number().int(),
      unknown: z.number().int(),
    }),
    ...pastReply,
    actions: z.array(actionSchema),
  }),
  errors: ["not-found", "invalid"],
  async handle({ world, actor }, { query }) {
    const { q, order, host } = query;
    const label = parseSelector(query.label);
    const asOf = asOfFromText(query.asOf, world.clock());
    const all = await judgedServices(world, actor, { q, label, order, host, asOf });
    const start = query.skip ?? 0;
    const count = (tone: Tone): number =>
      all.filter((one) => (one.own?.state.state ?? "unknown") === tone).length;
    return {
      items: all.slice(start, start + query.limit).map((one) => judgedView(actor, one)),
      total: all.length,
      counts: {
        bad: count("bad"),
        attention: count("attention"),
        good: count("good"),
        unknown: count("unknown"),
      },
      asOf: timeOf(asOf ?? null),
      knownSince: timeOf(await loadKnownSince(world.db)),
      actions: [
        actionOf(
          "add",
          "Add a service",
          lacksRight(holdsAnywhere(actor, "service.edit"), "service.edit"),
        ),
      ],
    };
  },
});

const getService = route({
  method: "GET",
  path: "/api/v1/services/{service}",
  summary: "One service by id or name: artifacts, hosts, who needs it and what is not known.",
  permission: "service.read",
  params,
  query: z.strictObject({ asOf: asOfQuery }),
  reply: shownServiceSchema.extend(pastReply),
  errors: ["not-found", "invalid"],
  async handle({ world, actor }, { params: { service: ref }, query }) {
    const asOf = asOfFromText(query.asOf, world.clock());
    const judged = await judgedService(world, actor, ref, asOf);
    const { service, artifacts, own } = judged;
    const hosts = await loadHostRefsOfService(world.db, service, {
      scopes: scopesFor(actor, "host.read"),
      limit: HOSTS_SHOWN,
    });
    const scopes = scopesFor(actor, "service.read");
    const neededBy = await loadNeededBy(world.db, service.num, scopes);
    return {
      judged: judgedView(actor, judged),
      artifacts: artifacts.map(artifactReply),
      hosts: hosts.map(({ id, name }) => ({ id, name })),
      neededBy: neededBy.map(({ id, name }) => ({ id, name })),
      notKnown: own === null ? [] : [...notKnownText(own)],
      isMatching: (own?.unmatchedCount ?? 0) > 0,
      asOf: timeOf(asOf ?? null),
      knownSince: timeOf(await loadKnownSince(world.db)),
    };
  },
});

const getFindings = route({
  method: "GET",
  path: "/api/v1/services/{service}/findings",
  summary: "What mends the components of a service, worst first, and how each got in.",
  permission: "finding.read",
  params,
  query: z.strictObject({ skip, limit, asOf: asOfQuery }),
  reply: z.strictObject({
    items: z.array(serviceActionSchema),
    total,
    setAside: z.array(setAsideSchema).describe("what trusted VEX sets aside; not among the items"),
    notKnown: z.array(z.string()),
    ...pastReply,
  }),
  errors: ["not-found", "invalid"],
  async handle({ world, actor }, { params: { service }, query }) {
    const asOf = asOfFromText(query.asOf, world.clock());
    const found = await ownActions(world, actor, { service, ...query, asOf });
    return { ...found, asOf: timeOf(found.asOf), knownSince: timeOf(found.knownSince) };
  },
});

const getHostFindings = route({
  method: "GET",
  path: "/api/v1/services/{service}/host-findings",
  summary: "What mends the packages of the hosts that run a service, worst first.",
  permission: "finding.read",
  params,
  query: z.strictObject({ skip, limit, asOf: asOfQuery }),
  reply: z.strictObject({
    items: z.array(hostActionSchema),
    total,
    notKnown: z.array(z.string()),
  }),
  errors: ["not-found", "invalid"],
  handle: async ({ world, actor }, { params: { service }, query }) => {
    const asOf = asOfFromText(query.asOf, world.clock());
    return hostActions(world, actor, { service, ...query, asOf });
  },
});

const getComponents = route({
  method: "GET",
  path: "/api/v1/services/{service}/components",
  summary: "Everything that is in the artifacts of a service, as the documents named it.",
  permission: "finding.read",
  params,
  query: z.strictObject({
    q: z.string().trim().max(200).default(""),
    artifact: artifactName.optional(),
    environment: environmentName.optional(),
    show: z.enum(["all", "vulnerable", "unknown"]).default("all"),
    asOf: asOfQuery,
    skip,
    limit,
  }),
  reply: z.strictObject({ items: z.array(componentSchema), total }),
  errors: ["not-found", "invalid"],
  handle: async ({ world, actor }, { params: { service }, query }) => {
    const asOf = asOfFromText(query.asOf, world.clock());
    return listComponents(world, actor, { service, ...query, asOf });
  },
});

const ruleList = z
  .string()
  .max(200)
  .transform((text, context) => {
    const parsed = z.array(z.enum(gateRules)).min(1).safeParse(text.split(","));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message: `one or more of ${gateRules.join(", ")}` });
    return z.NEVER;
  });

const getGate = route({
  method: "GET",
  path: "/api/v1/services/{service}/gate",
  summary: "Whether what is deployed, or one artifact of it, passes the rules of a pipeline.",
  permission: "finding.read",
  params,
  query: z.strictObject({
    failOn: ruleList.describe("known-exploited, critical, high, medium, any, unknown"),
    artifact: artifactName.optional(),
    environment: environmentName.optional(),
  }),
  reply: z.strictObject({
    state: z.enum(["pass", "fail", "not-yet"]),
    reasons: z.array(z.string()),
    setAside: z.array(z.string()).describe("what trusted VEX keeps the rules from catching"),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params: { service }, query }) {
    const { failOn: rules, ...slot } = query;
    const verdict = await askGate(world, actor, { service, rules, ...slot });
    const { state, reasons, setAside } = verdict;
    return { state, reasons: [...reasons], setAside: [...setAside] };
  },
});

const getHistory = route({
  method: "GET",
  path: "/api/v1/services/{service}/history",
  summary: "What was deployed of a service and when, newest first.",
  permission: "service.read",
  params,
  reply: z.strictObject({
    items: z.array(artifactReplySchema.extend({ putBy: z.string() })),
  }),
  errors: ["not-found"],
  handle: async ({ world, actor }, { params: { service } }) => ({
    items: await artifactHistory(world, actor, service),
  }),
});

const entry = z.strictObject({
  ecosystem: z.string(),
  name: z.string(),
  versions: z.array(z.string()),
});

const getDiff = route({
  method: "GET",
  path: "/api/v1/services/{service}/diff",
  summary: "What came into an artifact, went and changed between two moments, with findings.",
  permission: "finding.read",
  params,
  query: z.strictObject({
    artifact: artifactName.default("main"),
    environment: environmentName.default(""),
    from: z.string().max(40).optional().describe("right before the last change when absent"),
    to: z.string().max(40).optional().describe("now when absent"),
  }),
  reply: z.strictObject({
    before: artifactReplySchema.nullable(),
    after: artifactReplySchema,
    came: z.array(entry),
    went: z.array(entry),
    changed: z.array(entry.extend({ before: z.array(z.string()) })),
    newFindings: z.array(vulnerabilitySchema),
    clearedFindings: z.array(vulnerabilitySchema),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params: { service }, query }) {
    const { artifact, environment } = query;
    const when = { from: instantIn(query.from), to: instantIn(query.to) };
    const compared = await compareSboms(world, actor, { service, artifact, environment, ...when });
    const { before, after, diff } = compared;
    return {
      before: before === null ? null : artifactReply(before),
      after: artifactReply(after),
      came: diff.came.map((one) => ({ ...one, versions: [...one.versions] })),
      went: diff.went.map((one) => ({ ...one, versions: [...one.versions] })),
      changed: diff.changed.map((one) => ({
        ...one,
        versions: [...one.versions],
        before: [...one.before],
      })),
      newFindings: compared.newFindings.map((one) => vulnerabilityView(one)),
      clearedFindings: compared.clearedFindings.map((one) => vulnerabilityView(one)),
    };
  },
});

function instantIn(text: string | undefined): Instant | null {
  if (text === undefined) return null;
  const instant = instantFromText(text);
  if (instant !== null) return instant;
  throw new Failure("invalid", "A time is written like 2026-11-21T08:00:00Z.");
}

const getExposedServices = route({
  method: "GET",
  path: "/api/v1/findings/{vulnerability}/services",
  summary: "Services whose own components have a vulnerability, and who answers for them.",
  permission: "finding.read",
  params: z.strictObject({ vulnerability: z.string().min(3).max(100) }),
  reply: z.strictObject({ items: z.array(exposedServiceSchema) }),
  handle: async ({ world, actor }, { params: { vulnerability } }) => ({
    items: await exposedServices(world, actor, vulnerability),
  }),
});

export const serviceRoutes: readonly Route[] = [
  getExposedServices,
  getServices,
  getService,
  getFindings,
  getHostFindings,
  getComponents,
  getGate,
  getHistory,
  getDiff,
];
