import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { skip, total } from "../base/list-page.ts";
import { type Route, route } from "../db/world.ts";
import { demandPlan, pageOfLeaves } from "./actions-show.ts";
import { exclusionToText } from "./plan-story.ts";
import { countListedHosts, loadExcluded, loadPlanHosts } from "./store-hosts.ts";

/** The hosts of a plan: those it names, those it leaves out, and the leaves that are signed. */
const digestText = z.string().regex(/^[0-9a-f]{64}$/);
const planRef = z
  .string()
  .regex(/^[0-9a-f]{8,64}$/, "a plan's digest, or its first 8 digits or more");
const pageLimit = z.coerce.number().int().min(1).max(1000).default(100);
const onePlan = { params: z.strictObject({ plan: planRef }), errors: ["not-found"] as const };

/** Places in a plan are PostgreSQL integers. */
const indexCursor = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1)
  .optional();

const getHosts = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/hosts",
  summary: "The plan's hosts in the order in which they start.",
  permission: "plan.read",
  ...onePlan,
  query: z.strictObject({
    cursor: indexCursor,
    skip,
    wave: z.coerce
      .number()
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .optional(),
    limit: pageLimit,
  }),
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        host: z.string(),
        name: z.string(),
        index: z.number().int(),
        wave: z.number().int(),
        ring: z.string(),
        body: digestText,
      }),
    ),
    next: z.string().nullable(),
    total,
  }),
  async handle({ world, actor }, { params, query }) {
    const plan = await demandPlan(world, actor, params.plan);
    const { cursor: after, ...page } = query;
    const filter = { plan: plan.digest, scopes: scopesFor(actor, "plan.read"), after, ...page };
    const items = await loadPlanHosts(world.db, filter);
    const total = await countListedHosts(world.db, filter);
    return { items: [...items], next: nextIndex(items, query.limit), total };
  },
});

function nextIndex(items: readonly { readonly index: number }[], limit: number): string | null {
  const last = items.at(-1);
  return last !== undefined && items.length === limit ? String(last.index) : null;
}

const getExcluded = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/excluded",
  summary: "Hosts that the plan leaves out, each with its reason.",
  permission: "plan.read",
  ...onePlan,
  query: z.strictObject({ cursor: z.string().max(255).optional(), limit: pageLimit }),
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        host: z.string(),
        name: z.string(),
        why: z.string(),
        /** The reason in words, with its facts. */
        text: z.string(),
      }),
    ),
    next: z.string().nullable(),
  }),
  async handle({ world, actor }, { params, query }) {
    const plan = await demandPlan(world, actor, params.plan);
    const rows = await loadExcluded(world.db, {
      plan: plan.digest,
      scopes: scopesFor(actor, "plan.read"),
      after: query.cursor,
      limit: query.limit,
    });
    const items = rows.map(({ host, name, because }) => ({
      host,
      name,
      why: because.why,
      text: exclusionToText(because),
    }));
    const next = rows.length === query.limit ? (rows.at(-1)?.name ?? null) : null;
    return { items, next };
  },
});

const getLeaves = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/leaves",
  summary: "The leaf documents in index order, for tools that recompute what is signed.",
  permission: "plan.read",
  params: onePlan.params,
  errors: ["not-found", "forbidden"],
  query: z.strictObject({
    cursor: indexCursor,
    limit: z.coerce.number().int().min(1).max(5000).default(1000),
  }),
  reply: z.strictObject({
    items: z.array(
      z.strictObject({ index: z.number().int(), digest: digestText, text: z.string() }),
    ),
    next: z.string().nullable(),
  }),
  async handle({ world, actor }, { params, query }) {
    const { cursor, limit } = query;
    const leaves = await pageOfLeaves(world, actor, { plan: params.plan, after: cursor, limit });
    const items = leaves.map(({ leaf: index, digest, text }) => ({ index, digest, text }));
    return { items, next: nextIndex(leaves, limit) };
  },
});

export const planHostRoutes: readonly Route[] = [getHosts, getExcluded, getLeaves];
