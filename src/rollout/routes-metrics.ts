import { z } from "zod";
import { instantToText, MINUTE_MS } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { authoritiesIn } from "../intel/feed-authority.ts";
import { sourceName } from "../policy/rings-writing.ts";
import { askMetrics, dropMetricSource, setMetricSource } from "./actions-metric-source.ts";
import { loadMetricSources, type MetricSource } from "./store-metric-sources.ts";

/** Where gates ask for measurements, over HTTP. The token itself never leaves the server. */
const sourceParams = z.strictObject({ source: sourceName });

const sourceSchema = z.strictObject({
  name: z.string(),
  url: z.string(),
  hasToken: z.boolean(),
  authorities: z
    .array(z.strictObject({ name: z.string(), fingerprint: z.string() }))
    .describe("whose certificates are believed for it beside the system's"),
  changedAt: z.string(),
});

function sourceOf(source: MetricSource): z.output<typeof sourceSchema> {
  const { name, url, authority, changedAt } = source;
  const authorities = authority === null ? [] : authoritiesIn(authority);
  return {
    ...{ name, url, hasToken: source.secretFile !== null },
    authorities: authorities.map(({ name: of, fingerprint }) => ({ name: of, fingerprint })),
    changedAt: instantToText(changedAt),
  };
}

const listSources = route({
  method: "GET",
  path: "/api/v1/metric-sources",
  summary: "Lists where gates ask for measurements.",
  permission: "policy.read",
  reply: z.strictObject({ items: z.array(sourceSchema) }),
  handle: async ({ world }) => ({ items: (await loadMetricSources(world.db)).map(sourceOf) }),
});

const putSource = route({
  method: "PUT",
  path: "/api/v1/metric-sources/{source}",
  summary:
    "Says where measurements of this name are asked for: a Prometheus, and how to believe it.",
  permission: "policy.apply",
  params: sourceParams,
  body: z.strictObject({
    url: z.url({ protocol: /^https?$/ }).max(500),
    secretFile: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "the name of a file below the server's secrets")
      .nullable()
      .default(null)
      .describe("a file that holds the bearer token, below the server's secrets"),
    authority: z.string().max(64_000).nullable().default(null).describe("certificates as PEM"),
  }),
  reply: sourceSchema,
  errors: ["invalid", "forbidden"],
  handle: async ({ world, actor }, { params, body }) =>
    sourceOf(await setMetricSource(world, actor, { name: params.source, ...body })),
});

const deleteSource = route({
  method: "DELETE",
  path: "/api/v1/metric-sources/{source}",
  summary: "Forgets a source; gates that name it have no data from then on.",
  permission: "policy.apply",
  params: sourceParams,
  reply: null,
  errors: ["not-found", "forbidden"],
  async handle({ world, actor }, { params }) {
    await dropMetricSource(world, actor, params.source);
    return null;
  },
});

const SHOWN_SERIES_MAX = 50;

const postQuery = route({
  method: "POST",
  path: "/api/v1/metric-sources/{source}/query",
  summary: "Asks a source now, as a gate would: to try a query before a policy has it.",
  permission: "policy.apply",
  params: sourceParams,
  body: z.strictObject({ query: z.string().trim().min(1).max(4_000) }),
  reply: z.strictObject({
    problem: z.string().nullable().describe("why there is no data"),
    count: z.number().int(),
    series: z
      .array(z.strictObject({ labels: z.record(z.string(), z.string()), value: z.string() }))
      .describe("the first of them"),
  }),
  async handle({ world }, { params, body }) {
    const when = { at: world.clock(), lookbackMs: 5 * MINUTE_MS };
    const { source } = params;
    const signal = AbortSignal.timeout(MINUTE_MS);
    const answer = await askMetrics(world, { source, query: body.query, when }, signal);
    if (answer.kind === "refused") return { problem: answer.words, count: 0, series: [] };
    const series = answer.series.slice(0, SHOWN_SERIES_MAX).map(({ labels, points }) => {
      return { labels: { ...labels }, value: String(points.at(-1)?.[1] ?? Number.NaN) };
    });
    return { problem: null, count: answer.series.length, series };
  },
});

export const metricRoutes: readonly Route[] = [listSources, putSource, deleteSource, postQuery];
