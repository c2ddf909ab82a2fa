import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { route } from "../db/world.ts";
import { simulatePlan } from "./actions-simulate.ts";
import { stopWordsOf } from "./hold.ts";

/** What a plan will do, before anybody approves it. */
const SEEDS_MAX = 1_000;
const share = z.number().min(0).max(1);
const count = z.number().int();
const spread = z.strictObject({
  mean: z.number(),
  median: z.number(),
  high: z.number().describe("one of twenty runs came to more"),
  max: z.number(),
});
const time = z.iso.datetime({ offset: true });

export const postSimulation = route({
  method: "POST",
  path: "/api/v1/plans/{plan}/simulations",
  summary:
    "Carries the plan out in trial, once for each seed, by the engine's own rules and against virtual hosts: how many are harmed before it stops, how long it takes, who is late. Nothing is written and no host is asked.",
  permission: "plan.read",
  params: z.strictObject({
    plan: z.string().regex(/^[0-9a-f]{8,64}$/, "a plan's digest, or its first 8 digits or more"),
  }),
  body: z.strictObject({
    seeds: count.min(1).max(SEEDS_MAX).default(200).describe("how many runs"),
    seed: count
      .min(0)
      .max(2 ** 31 - 1)
      .default(1)
      .describe("the first; the same gives the same"),
    failureRate: share.default(0.01).describe("the share of hosts that the patch breaks"),
    stratum: z
      .string()
      .max(200)
      .optional()
      .describe("only hosts in it fail at that rate: os=debian, os=debian 12, or a label zone=a"),
    elsewhere: share.default(0).describe("with a stratum: the rate of all other hosts"),
    applySeconds: z
      .number()
      .min(1)
      .max(86_400)
      .optional()
      .describe("the median time of a job; as measured on this fleet unless given"),
  }),
  reply: z.strictObject({
    seeds: count.describe("runs that were made within the time that a question may take"),
    hosts: count,
    suspects: count.describe("hosts that fail at the asked rate"),
    awayHosts: count.describe("hosts that cannot be reached now, and stay away in every run"),
    startsAt: time,
    dueAt: time.nullable(),
    applySeconds: z.number(),
    measuredJobs: count.describe("jobs that time was measured on; 0: it was given or assumed"),
    halted: count.describe("runs that halted themselves, or whose gate cannot pass any more"),
    started: spread,
    harmed: spread.describe("hosts that the patch broke before the run stopped or ended"),
    verified: spread,
    secondsToFinish: spread.nullable().describe("of the runs that were not halted"),
    secondsToHalt: spread.nullable().describe("of the runs that were halted"),
    late: spread.nullable().describe("hosts not verified by the patch's deadline"),
    stops: z.array(
      z.strictObject({ wave: count, why: z.string(), text: z.string(), seeds: count }),
    ),
    chart: z.array(z.strictObject({ from: count, to: count, seeds: count })),
  }),
  errors: ["not-found", "forbidden", "invalid", "too-large", "rate-limited"],
  async handle({ world, actor }, { params, body }) {
    const answer = await simulatePlan(world, actor, { plan: params.plan, ...body });
    const { startsAt, dueAt, stops, chart, ...rest } = answer;
    return {
      ...rest,
      startsAt: instantToText(startsAt),
      dueAt: dueAt === null ? null : instantToText(dueAt),
      stops: stops.map((stop) => ({ ...stop, text: stopWordsOf(stop.why) })),
      chart: [...chart],
    };
  },
});
