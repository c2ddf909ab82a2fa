import { z } from "zod";
import { skip, total } from "../base/list-page.ts";
import { type Route, route } from "../db/world.ts";
import { startRollout } from "./actions.ts";
import { halt, stop } from "./actions-halt.ts";
import { loseHost, retryHosts, skipHost } from "./actions-hosts.ts";
import { explain, pageOfRollouts, pageOfTargets, showRollout } from "./actions-show.ts";
import { rolloutStates, standings } from "./model.ts";
import { postCatchUp } from "./routes-catch-up.ts";
import { getCells } from "./routes-cells.ts";
import { getPlanForecast } from "./routes-forecast.ts";
import { gateRoutes } from "./routes-gates.ts";
import { haltRoutes } from "./routes-halts.ts";
import { getPlanKinds } from "./routes-kinds.ts";
import { metricRoutes } from "./routes-metrics.ts";
import { getMissed } from "./routes-missed.ts";
import { postOfflineBundle } from "./routes-offline.ts";
import { openingRoutes } from "./routes-open-wave.ts";
import { getReadiness } from "./routes-readiness.ts";
import { revocationRoutes } from "./routes-revocations.ts";
import {
  shownOf,
  shownSchema,
  summaryOf,
  summarySchema,
  targetOf,
  targetSchema,
  textOrNull,
} from "./routes-schema.ts";
import { postSimulation } from "./routes-simulation.ts";
import { getWaves } from "./routes-waves.ts";

/** Rollouts over HTTP. */

const rolloutParams = z.strictObject({
  rollout: z.string().min(1).max(64).describe("an id, or a number such as R-7"),
});
const limit = z.coerce.number().int().min(1).max(1000).default(100);
/** Numbers and places are PostgreSQL integers. */
const NUMBER_MAX = 2 ** 31 - 1;
const cursor = z.coerce.number().int().min(0).max(NUMBER_MAX).optional();
const reason = z.string().trim().min(1).max(1000);

const postRollout = route({
  method: "POST",
  path: "/api/v1/rollouts",
  summary: "Starts carrying out an approved change.",
  permission: "rollout.operate",
  byElevation: true,
  status: 201,
  body: z.strictObject({ change: z.string().min(1).max(64) }),
  reply: summarySchema,
  errors: ["not-found", "blocked", "conflict", "forbidden"],
  handle: async ({ world, actor }, { body }) => summaryOf(await startRollout(world, actor, body)),
});

const listRollouts = route({
  method: "GET",
  path: "/api/v1/rollouts",
  summary: "Lists rollouts, newest first.",
  permission: "rollout.read",
  query: z.strictObject({
    limit,
    cursor,
    skip,
    change: z.string().max(64).optional(),
    state: z.enum(rolloutStates).optional(),
  }),
  reply: z.strictObject({ items: z.array(summarySchema), next: z.string().nullable(), total }),
  async handle({ world, actor }, { query }) {
    const { cursor: before, limit, skip, change, state } = query;
    const page = { limit, before, skip, change, state };
    const { rows, total } = await pageOfRollouts(world, actor, page);
    const last = rows.length === query.limit ? rows.at(-1) : undefined;
    const next = last === undefined ? null : `${last.number}`;
    return { items: rows.map(summaryOf), next, total };
  },
});

const getRollout = route({
  method: "GET",
  path: "/api/v1/rollouts/{rollout}",
  summary: "Shows a rollout in one picture: waves, gates with their evidence, budgets, holds.",
  permission: "rollout.read",
  byElevation: true,
  params: rolloutParams,
  reply: shownSchema,
  errors: ["not-found"],
  handle: async ({ world, actor }, { params }) =>
    shownOf(await showRollout(world, actor, params.rollout)),
});

const getTargets = route({
  method: "GET",
  path: "/api/v1/rollouts/{rollout}/targets",
  summary: "Lists the hosts of a rollout, each with where it stands and why.",
  permission: "rollout.read",
  byElevation: true,
  params: rolloutParams,
  query: z.strictObject({
    limit,
    cursor,
    skip,
    wave: z.coerce.number().int().min(1).max(NUMBER_MAX).optional(),
    standing: z
      .enum(standings)
      .optional()
      .describe("only hosts that stand there, such as failed or running"),
    host: z.string().min(1).max(128).optional().describe("only this one, by id or name"),
  }),
  reply: z.strictObject({ items: z.array(targetSchema), next: z.string().nullable(), total }),
  errors: ["not-found"],
  async handle({ world, actor }, { params, query }) {
    const { cursor: after, wave, standing, host, limit, skip } = query;
    const page = { rollout: params.rollout, wave, standing, host, after, limit, skip };
    const { targets, total } = await pageOfTargets(world, actor, page);
    const last = targets.length === query.limit ? targets.at(-1) : undefined;
    const next = last === undefined ? null : `${last.target.leafIndex}`;
    return { items: targets.map(targetOf), next, total };
  },
});

const postHalt = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/halt",
  summary: "Halts a rollout at once: nothing starts any more, and who may still start is said.",
  permission: "rollout.halt",
  byElevation: true,
  params: rolloutParams,
  body: z.strictObject({ reason, freeze: z.boolean().default(false) }),
  reply: z.strictObject({
    rollout: summarySchema,
    mayStillStart: z.strictObject({ hosts: z.number(), until: z.string().nullable() }),
  }),
  errors: ["not-found", "blocked"],
  async handle({ world, actor }, { params, body }) {
    const given = { rollout: params.rollout, reason: body.reason, isFrozen: body.freeze };
    const { rollout, mayStillStart } = await halt(world, actor, given);
    const { hosts, until } = mayStillStart;
    return { rollout: summaryOf(rollout), mayStillStart: { hosts, until: textOrNull(until) } };
  },
});

const postStop = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/stop",
  summary: "Ends a rollout for good; hosts at work finish by themselves.",
  permission: "rollout.operate",
  byElevation: true,
  params: rolloutParams,
  body: z.strictObject({ reason }),
  reply: summarySchema,
  errors: ["not-found", "blocked", "forbidden"],
  handle: async ({ world, actor }, { params, body }) =>
    summaryOf(await stop(world, actor, { ...params, ...body })),
});

const HOSTS_NAMED_MAX = 1000;

const postRetry = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/retry",
  summary: "Gives failed hosts a new attempt, within what the approved plan allows.",
  permission: "rollout.operate",
  byElevation: true,
  params: rolloutParams,
  body: z.strictObject({
    /** Names; without them every failed host. */
    hosts: z.array(z.string().max(128)).min(1).max(HOSTS_NAMED_MAX).optional(),
    /** Names of hosts that stay as they are. */
    except: z.array(z.string().max(128)).max(HOSTS_NAMED_MAX).default([]),
    reason,
  }),
  reply: z.strictObject({ hosts: z.array(z.string()) }),
  errors: ["not-found", "blocked"],
  async handle({ world, actor }, { params, body }) {
    const hosts = await retryHosts(world, actor, {
      ...{ rollout: params.rollout, hosts: body.hosts ?? null },
      ...{ except: body.except, reason: body.reason },
    });
    return { hosts: hosts.map((host) => host.name) };
  },
});

const hostAct = z.strictObject({ host: z.string().min(1).max(128), reason });

const postSkip = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/skip",
  summary: "Leaves out a host that has not begun.",
  permission: "rollout.operate",
  byElevation: true,
  params: rolloutParams,
  body: hostAct,
  reply: null,
  errors: ["not-found", "blocked"],
  async handle({ world, actor }, { params, body }) {
    await skipHost(world, actor, { ...params, ...body });
    return null;
  },
});

const postLost = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/lost",
  summary: "Declares a host's word missing for good; takes effect with the second person.",
  permission: "rollout.operate",
  freshProof: "demanded",
  params: rolloutParams,
  body: hostAct,
  reply: z.strictObject({ isLost: z.boolean(), people: z.number() }),
  errors: ["not-found", "blocked"],
  handle: async ({ world, actor }, { params, body }) =>
    loseHost(world, actor, { ...params, ...body }),
});

const getExplain = route({
  method: "GET",
  path: "/api/v1/explain",
  summary: "Says why a patch is, or is not, on a host now.",
  permission: "rollout.read",
  query: z.strictObject({
    host: z.string().min(1).max(128),
    patch: z.string().min(1).max(64),
  }),
  reply: z.strictObject({
    host: z.string(),
    patch: z.string(),
    stage: z.enum(["rollout", "change", "plan", "case"]),
    rollout: z.string().nullable(),
    sentence: z.string(),
    holds: z.array(z.strictObject({ why: z.string(), text: z.string() })),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { query }) {
    const { rollout, holds, ...answer } = await explain(world, actor, query);
    return {
      ...answer,
      rollout: rollout === null ? null : `R-${rollout}`,
      holds: holds.map(({ hold, text }) => ({ why: hold.why, text })),
    };
  },
});

export const routes: readonly Route[] = [
  ...haltRoutes,
  postSimulation,
  getPlanForecast,
  getPlanKinds,
  getReadiness,
  getWaves,
  postRollout,
  listRollouts,
  getRollout,
  getTargets,
  getCells,
  postHalt,
  postStop,
  postRetry,
  postSkip,
  postLost,
  getExplain,
  getMissed,
  postCatchUp,
  postOfflineBundle,
  ...gateRoutes,
  ...openingRoutes,
  ...revocationRoutes,
  ...metricRoutes,
];
