import { z } from "zod";
import { type Actor, scopesFor } from "../base/actor.ts";
import { instantToText, SECOND_MS } from "../base/instant.ts";
import { parseLabels, selects } from "../base/labels.ts";
import { type Route, route, type World } from "../db/world.ts";
import { programReplySchema } from "../inventory/host-reply.ts";
import {
  agentTrust,
  concernsOfAgents,
  healthRules,
  listAgents,
  makeAgentToken,
  moveAgent,
  renewAgent,
  showAgent,
  TOKEN_LIFE_DEFAULT_MS,
  TOKEN_LIFE_MAX_MS,
} from "./actions-agent.ts";
import { agentActions } from "./agent-actions.ts";
import { agentHealth, agentStates, concernKinds } from "./agent-health.ts";
import type { ListedAgent } from "./store-agent.ts";

/** Hosts that call in, over HTTP: for people. What agents themselves ask is `actions-agent-door.ts`. */
const POLICY_CHARACTERS_MAX = 300_000;
const LIST_MAX = 1000;
const time = z.string();

const agentSchema = z
  .strictObject({
    host: z.string(),
    name: z.string(),
    protocolId: z.string(),
    labels: z.record(z.string(), z.string()),
    state: z.enum([...agentStates, "away"]),
    /** Why it is in quarantine or buried. */
    reason: z.string().nullable(),
    since: time,
    polls: z.number().int(),
    polledAt: time.nullable(),
    nextAt: time.nullable(),
    certificateUntil: time,
    /** The host program that its last inspection found; null where none said so. */
    program: programReplySchema.nullable(),
    /** What stands in its way, the worst first, each with the way out. */
    concerns: z.array(
      z.strictObject({ kind: z.enum(concernKinds), says: z.string(), wayOut: z.string() }),
    ),
    /** What is proposed about it and waits for a person. */
    proposed: z.enum(["bury"]).nullable(),
    actions: z.array(
      z.strictObject({ verb: z.string(), allowed: z.boolean(), reason: z.string().nullable() }),
    ),
  })
  .meta({ id: "Agent" });

function agentOf(
  { world, actor }: { readonly world: World; readonly actor: Actor },
  agent: ListedAgent,
): z.output<typeof agentSchema> {
  const { state, concerns, proposed } = agentHealth(agent, healthRules(world));
  return {
    host: agent.host,
    name: agent.name,
    protocolId: agent.protocolId,
    labels: { ...agent.labels },
    state,
    reason: agent.stateReason,
    since: instantToText(agent.stateAt),
    polls: agent.polls,
    polledAt: agent.polledAt === null ? null : instantToText(agent.polledAt),
    nextAt: agent.nextAt === null ? null : instantToText(agent.nextAt),
    certificateUntil: instantToText(agent.certificateUntil),
    program: agent.program === null ? null : { ...agent.program },
    concerns: [...concerns],
    proposed,
    actions: [
      ...agentActions(
        agent.state,
        scopesFor(actor, "host.manage").some((selector) => selects(selector, agent.labels)),
      ),
    ],
  };
}

const getTrust = route({
  method: "GET",
  path: "/api/v1/agent-trust",
  summary: "What a trust file for install lines says: address, authority, digest of the program.",
  permission: "host.read",
  reply: z.strictObject({
    tenant: z.string(),
    url: z.string(),
    authority: z.string(),
    program: z.string(),
  }),
  errors: ["blocked"],
  handle: ({ world }) => agentTrust(world),
});

const postToken = route({
  method: "POST",
  path: "/api/v1/agent-tokens",
  summary:
    "Makes a token with which one host of this ring, with these labels, may enrol itself once.",
  permission: "host.manage",
  status: 201,
  body: z.strictObject({
    ring: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/),
    labels: z.record(z.string(), z.string()).default({}),
    /** The text of the host's policy file. */
    policy: z.string().min(1).max(POLICY_CHARACTERS_MAX),
    lifeSeconds: z
      .number()
      .int()
      .min(60)
      .max(TOKEN_LIFE_MAX_MS / SECOND_MS)
      .default(TOKEN_LIFE_DEFAULT_MS / SECOND_MS),
  }),
  reply: z.strictObject({ id: z.string(), token: z.string(), policy: z.string(), until: time }),
  errors: ["forbidden", "invalid"],
  async handle({ world, actor }, { body }) {
    const { lifeSeconds, ring, policy } = body;
    const labels = parseLabels(Object.entries(body.labels).map((label) => label.join("=")));
    const lifeMs = lifeSeconds * SECOND_MS;
    const made = await makeAgentToken(world, actor, { ring, labels, policy, lifeMs });
    return { ...made, until: instantToText(made.until) };
  },
});

const getAgents = route({
  method: "GET",
  path: "/api/v1/agents",
  summary: "Hosts that call in: when they did, when they will, until when their certificate holds.",
  permission: "host.read",
  query: z.strictObject({
    state: z.enum(agentStates).optional(),
    /** The name after which the page begins. */
    cursor: z.string().max(128).default(""),
    limit: z.coerce.number().int().min(1).max(LIST_MAX).default(100),
  }),
  reply: z.strictObject({ items: z.array(agentSchema), next: z.string().nullable() }),
  async handle({ world, actor }, { query }) {
    const { state, cursor: afterName, limit } = query;
    const found = await listAgents(world, actor, { state, afterName, limit });
    const last = found.length === limit ? (found.at(-1)?.name ?? null) : null;
    return { items: found.map((agent) => agentOf({ world, actor }, agent)), next: last };
  },
});

const agentParams = z.strictObject({ agent: z.string().min(1).max(128) });
const getAgent = route({
  method: "GET",
  path: "/api/v1/agents/{agent}",
  summary: "One host that calls in, with what stands in its way and the way out.",
  permission: "host.read",
  params: agentParams,
  reply: agentSchema,
  errors: ["not-found"],
  handle: async ({ world, actor }, { params }) =>
    agentOf({ world, actor }, await showAgent(world, actor, params.agent)),
});

const getConcerns = route({
  method: "GET",
  path: "/api/v1/agent-health",
  summary: "How many of the hosts that call in have something in their way, by what it is.",
  permission: "host.read",
  reply: z.strictObject({
    total: z.number().int(),
    items: z.array(
      z.strictObject({
        kind: z.enum(concernKinds),
        count: z.number().int(),
        /** Five of them at most, in the order of their names. */
        names: z.array(z.string()),
      }),
    ),
  }),
  async handle({ world, actor }) {
    const { total, items } = await concernsOfAgents(world, actor);
    return { total, items: items.map((item) => ({ ...item, names: [...item.names] })) };
  },
});

const reasonBody = z.strictObject({ reason: z.string().trim().min(3).max(500) });

const postMove = route({
  method: "POST",
  path: "/api/v1/agents/{agent}/{verb}",
  summary: "Takes a host out of quarantine or puts it there, or buries its id for ever.",
  permission: "host.manage",
  params: agentParams.extend({ verb: z.enum(["quarantine", "release", "bury"]) }),
  body: reasonBody,
  reply: agentSchema,
  errors: ["not-found", "conflict"],
  async handle({ world, actor }, { params, body }) {
    const { agent: host, verb } = params;
    const moved = await moveAgent(world, actor, { host, verb, reason: body.reason });
    return agentOf({ world, actor }, moved);
  },
});

const postRenewal = route({
  method: "POST",
  path: "/api/v1/agents/{agent}/renewal",
  summary: "Has the host's next poll bring it a new certificate.",
  permission: "host.manage",
  params: agentParams,
  reply: agentSchema,
  errors: ["not-found", "conflict"],
  handle: async ({ world, actor }, { params }) =>
    agentOf({ world, actor }, await renewAgent(world, actor, params.agent)),
});

export const agentRoutes: readonly Route[] = [
  getTrust,
  postToken,
  getAgents,
  getConcerns,
  getAgent,
  postRenewal,
  postMove,
];
