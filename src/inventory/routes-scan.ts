import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { type Instant, instantToText, SECOND_MS } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { listOwnScans, showScan, startScan } from "./actions-scan.ts";
import { scanForecast } from "./scan-forecast.ts";
import { loadScanHosts, type Scan, type ScanHostState } from "./store-scan.ts";

const time = z.iso.datetime();
const scan = z.string().min(1).max(100);
const count = z.number().int();

const scanSchema = z
  .strictObject({
    id: z.string(),
    selector: z.string(),
    refreshesLists: z.boolean(),
    hosts: count,
    waiting: count,
    running: count,
    changed: count,
    unchanged: count,
    failed: count,
    createdAt: time,
    finishedAt: time.nullable(),
    /** When it will be done, by the rate of answers so far; null where nothing tells. */
    forecast: z.strictObject({ endsAt: time, marginSeconds: z.number() }).nullable(),
  })
  .meta({ id: "Scan" });

function scanReply(
  given: Scan,
  counts: Readonly<Record<ScanHostState, number>>,
  now: Instant,
): z.output<typeof scanSchema> {
  const done = counts.changed + counts.unchanged + counts.failed;
  const progress = { startedAt: given.createdAt, hosts: given.hostCount, done };
  const forecast = given.finishedAt === null ? scanForecast(progress, now) : null;
  return {
    id: given.id,
    selector: given.selector,
    refreshesLists: given.isRefresh,
    hosts: given.hostCount,
    ...counts,
    createdAt: instantToText(given.createdAt),
    finishedAt: timeText(given.finishedAt),
    forecast:
      forecast === null
        ? null
        : {
            endsAt: instantToText(forecast.endsAt),
            marginSeconds: Math.ceil(forecast.marginMs / SECOND_MS),
          },
  };
}

function timeText(instant: Instant | null): string | null {
  return instant === null ? null : instantToText(instant);
}

const postScans = route({
  method: "POST",
  path: "/api/v1/scans",
  summary: "Inspects hosts in the background: some by name, those of a selector, or all.",
  permission: "host.scan",
  body: z.strictObject({
    hosts: z.array(z.string().min(1).max(100)).max(10_000).optional(),
    selector: z.string().max(1_000).optional(),
    /** Also read the sources' indexes anew, into private folders. */
    refreshLists: z.boolean().default(false),
  }),
  reply: scanSchema,
  status: 202,
  errors: ["not-found"],
  async handle({ world, actor }, { body }) {
    const started = await startScan(world, actor, {
      hosts: body.hosts,
      selector: body.selector,
      refresh: body.refreshLists ? "lists" : "nothing",
    });
    const waiting = started.hostCount;
    const counts = { waiting, running: 0, changed: 0, unchanged: 0, failed: 0 };
    return scanReply(started, counts, world.clock());
  },
});

const getScans = route({
  method: "GET",
  path: "/api/v1/scans",
  summary: "Your own scans of the last day, newest first, so that one left alone is found again.",
  permission: "host.read",
  reply: z.strictObject({ items: z.array(scanSchema) }),
  async handle({ world, actor }) {
    const shown = await listOwnScans(world, actor);
    return { items: shown.map(({ scan: own, counts }) => scanReply(own, counts, world.clock())) };
  },
});

const scanHostStates = ["waiting", "running", "changed", "unchanged", "failed"] as const;

const getScan = route({
  method: "GET",
  path: "/api/v1/scans/{scan}",
  summary: "How far a scan is.",
  permission: "host.read",
  params: z.strictObject({ scan }),
  reply: scanSchema,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    const shown = await showScan(world, actor, params.scan);
    return scanReply(shown.scan, shown.counts, world.clock());
  },
});

const getScanHosts = route({
  method: "GET",
  path: "/api/v1/scans/{scan}/hosts",
  summary: "What became of each host of a scan.",
  permission: "host.read",
  params: z.strictObject({ scan }),
  query: z.strictObject({
    state: z.enum(scanHostStates).optional(),
    cursor: z.string().max(63).default(""),
    limit: z.coerce.number().int().min(1).max(1_000).default(200),
  }),
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        host: z.string(),
        name: z.string(),
        state: z.enum(scanHostStates),
        startedAt: time.nullable(),
        finishedAt: time.nullable(),
        /** Kind of problem, for programs; `problem` says it in words. */
        why: z.string().nullable(),
        problem: z.string().nullable(),
      }),
    ),
    next: z.string().nullable(),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params, query }) {
    const shown = await showScan(world, actor, params.scan);
    const scopes = scopesFor(actor, "host.read");
    const { state, cursor, limit } = query;
    const page = { scopes, state, afterName: cursor, limit };
    const items = await loadScanHosts(world.db, shown.scan.id, page);
    const last = items.at(-1);
    return {
      items: items.map((item) => ({
        host: item.host,
        name: item.name,
        state: item.state,
        startedAt: timeText(item.startedAt),
        finishedAt: timeText(item.finishedAt),
        why: item.problemKind,
        problem: item.problem,
      })),
      next: last !== undefined && items.length === limit ? last.name : null,
    };
  },
});

export const scanRoutes: readonly Route[] = [postScans, getScans, getScan, getScanHosts];
