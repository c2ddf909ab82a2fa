import { z } from "zod";
import { actionOf, actionSchema } from "../base/action.ts";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type Instant, instantFromText, instantToText } from "../base/instant.ts";
import { releaseName } from "../base/release-name.ts";
import { lacksUnscoped } from "../base/unscoped.ts";
import { type Route, route } from "../db/world.ts";
import {
  chooseStrategy,
  listSupport,
  type ShownEntry,
  SOON_DAYS,
  showSupport,
} from "./actions-support.ts";
import { freshnessOf } from "./feed-rules.ts";
import type { StrategyChoice } from "./store-support.ts";
import { type End, supportStates, supportStrategies } from "./support.ts";
import { supportWords, whenSupportEnds } from "./support-words.ts";

/** The end-of-support register over HTTP. */
const time = z.string().describe("RFC 3339 in UTC");
const state = z.enum(supportStates);

const choiceSchema = z
  .strictObject({
    strategy: z.enum(supportStrategies),
    label: z.string(),
    owner: z.string(),
    reason: z.string(),
    dueAt: time,
    isOverdue: z.boolean(),
    decidedBy: z.string(),
    decidedAt: time,
    endedAt: time.nullable(),
  })
  .meta({ id: "SupportStrategy" });

const entrySchema = z
  .strictObject({
    kind: z.enum(["system", "runtime"]),
    product: z.string(),
    cycle: z.string(),
    title: z.string(),
    carrier: z.string().describe("the release it comes with and is mended by; empty otherwise"),
    state,
    label: z.string(),
    tone: z.enum(["good", "attention", "bad", "unknown"]),
    sentence: z.string().describe("how it stands, as people say it"),
    endsAt: time.nullable(),
    daysLeft: z.number().nullable(),
    supportEndsAt: time.nullable(),
    extendedEndsAt: time.nullable(),
    extendedName: z.string().nullable(),
    upstream: z
      .strictObject({ state, endsAt: time.nullable() })
      .nullable()
      .describe("what the product's own publisher says, where a distribution mends it"),
    hosts: z.number(),
    services: z.array(z.string()).describe("services whose own artifacts contain it"),
    extendedHosts: z.number(),
    owners: z.array(z.strictObject({ kind: z.enum(["team", "service"]), name: z.string() })),
    open: z.number().describe("vulnerabilities open on it"),
    unfixed: z.number(),
    exploited: z.number(),
    score: z.number().describe("modernisation order: what is high goes first"),
    path: z.array(z.strictObject({ factor: z.string(), value: z.number() })),
    strategy: choiceSchema.nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "SupportEntry" });

const getSupport = route({
  method: "GET",
  path: "/api/v1/support",
  summary:
    "What hosts run and how long it is supported: what ended first, with owners and strategy.",
  permission: "host.read",
  query: z.strictObject({
    within: z.coerce
      .number()
      .int()
      .min(1)
      .max(3650)
      .default(SOON_DAYS)
      .describe("days that count as soon"),
    state: state.optional(),
    kind: z.enum(["system", "runtime"]).optional(),
    order: z.enum(["age", "modernisation"]).default("age"),
  }),
  reply: z.strictObject({
    feed: z.strictObject({
      name: z.string(),
      state: z.enum(["fresh", "stale", "never-loaded"]),
      asOf: time.nullable(),
      why: z.string(),
    }),
    items: z.array(entrySchema),
    counts: z.record(state, z.number()).describe("entries by state, before any filter"),
    unknownHosts: z.number(),
  }),
  async handle({ world, actor }, { query }) {
    const now = world.clock();
    const register = await listSupport(world, actor, { soonDays: query.within });
    const { entries, feed } = register;
    const asked = entries.filter(
      (entry) =>
        (query.state === undefined || entry.judgement.state === query.state) &&
        (query.kind === undefined || entry.kind === query.kind),
    );
    const sorted =
      query.order === "age" ? asked : asked.toSorted((a, b) => b.rank.score - a.rank.score);
    const fresh = freshnessOf(feed, now);
    return {
      feed: {
        ...{ name: feed.name, state: fresh.kind, asOf: timeOf(feed.asOf) },
        why: fresh.kind === "stale" ? fresh.why : "",
      },
      items: sorted.map((entry) => entryReply(entry, { actor, now })),
      counts: countsOf(entries),
      unknownHosts: register.unknownHosts,
    };
  },
});

const params = z.strictObject({
  product: z.string().min(1).max(100),
  cycle: z.string().min(1).max(60),
});

const getEntry = route({
  method: "GET",
  path: "/api/v1/support/{product}/{cycle}",
  summary: "One release: who runs it, how long it is supported, what was decided and by whom.",
  permission: "host.read",
  params,
  reply: z.strictObject({
    items: z.array(entrySchema),
    hosts: z.array(z.strictObject({ id: z.string(), name: z.string() })),
    history: z.array(choiceSchema),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params: of }) {
    const now = world.clock();
    const { entries, hosts, history } = await showSupport(world, actor, of);
    return {
      items: entries.map((entry) => entryReply(entry, { actor, now })),
      hosts: hosts.map((host) => ({ ...host })),
      history: history.map((choice) => choiceReply(choice, now)),
    };
  },
});

const putStrategy = route({
  method: "PUT",
  path: "/api/v1/support/{product}/{cycle}/strategy",
  summary:
    "Decides what becomes of a release: migrate, isolate, extend or accept; by whom, by when.",
  permission: "support.decide",
  params,
  body: z.strictObject({
    strategy: z.enum(supportStrategies),
    owner: z.string().trim().min(1).max(200),
    reason: z.string().trim().min(10).max(2000),
    dueAt: z.string().max(40),
  }),
  reply: choiceSchema,
  errors: ["not-found"],
  async handle({ world, actor }, { params: of, body }) {
    const dueAt = instantFromText(body.dueAt);
    if (dueAt === null) {
      throw new Failure("invalid", "The day it is due (dueAt) is not of the form 2027-01-31.");
    }
    const made = await chooseStrategy(world, actor, { ...of, ...body, dueAt });
    return choiceReply(made, world.clock());
  },
});

export const supportRoutes: readonly Route[] = [getSupport, getEntry, putStrategy];

const strategyWords = {
  migrate: "migrate",
  isolate: "isolate",
  extend: "buy longer support",
  accept: "accept the risk",
} as const;

function entryReply(
  entry: ShownEntry,
  by: { readonly actor: Actor; readonly now: Instant },
): z.output<typeof entrySchema> {
  const { judgement, rank, dates, strategy } = entry;
  const [label, tone] = supportWords[judgement.state];
  const refusal = lacksUnscoped(by.actor, "support.decide", "What becomes of a release");
  return {
    ...{ kind: entry.kind, product: entry.product, cycle: entry.cycle, title: entry.title },
    ...{ carrier: entry.carrier, state: judgement.state, label, tone },
    sentence: sentenceOf(entry),
    endsAt: timeOf(judgement.endsAt),
    daysLeft: judgement.daysLeft,
    supportEndsAt: dayOf(dates?.supportEnds ?? null),
    extendedEndsAt: dayOf(dates?.extendedEnds ?? null),
    extendedName: entry.extendedName,
    upstream:
      entry.upstream === null
        ? null
        : { state: entry.upstream.state, endsAt: timeOf(entry.upstream.endsAt) },
    hosts: entry.hosts,
    services: [...entry.services],
    extendedHosts: entry.extendedHosts,
    owners: entry.owners.map((owner) => ({ ...owner })),
    ...{ open: entry.open, unfixed: entry.unfixed, exploited: entry.exploited },
    score: rank.score,
    path: rank.path.map((step) => ({ ...step })),
    strategy: strategy === null ? null : choiceReply(strategy, by.now),
    actions: [actionOf("decide", strategy === null ? "Decide" : "Decide anew", refusal)],
  };
}

function sentenceOf(entry: ShownEntry): string {
  const { judgement, upstream, carrier, extendedName, extendedHosts, hosts } = entry;
  const first = `${whenSupportEnds(judgement)}${carrier !== "" && upstream !== null ? `, with ${releaseName(carrier)}` : ""}.`;
  const own =
    upstream === null || upstream.state === "unknown" || upstream.state === judgement.state
      ? ""
      : ` Its own publisher: ${whenSupportEnds(upstream)}.`;
  const some = extendedHosts > 0 && extendedHosts < hosts;
  const longer = some ? ` ${extendedHosts} of ${hosts} hosts get ${extendedName ?? "more"}.` : "";
  return `${first}${own}${longer}`;
}

function choiceReply(choice: StrategyChoice, now: Instant): z.output<typeof choiceSchema> {
  return {
    strategy: choice.strategy,
    label: strategyWords[choice.strategy],
    owner: choice.owner,
    reason: choice.reason,
    dueAt: instantToText(choice.dueAt),
    isOverdue: choice.endedAt === null && choice.dueAt < now,
    decidedBy: choice.decidedBy,
    decidedAt: instantToText(choice.decidedAt),
    endedAt: timeOf(choice.endedAt),
  };
}

function countsOf(entries: readonly ShownEntry[]) {
  const counts = { ended: 0, extended: 0, "ends-soon": 0, supported: 0, unknown: 0 };
  for (const { judgement } of entries) counts[judgement.state] += 1;
  return counts;
}

function timeOf(instant: Instant | null): string | null {
  return instant === null ? null : instantToText(instant);
}

function dayOf(end: End): string | null {
  return typeof end === "number" ? instantToText(end) : null;
}
