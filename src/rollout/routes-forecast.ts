import { z } from "zod";
import { instantToText, SECOND_MS } from "../base/instant.ts";
import { route } from "../db/world.ts";
import { forecastPlan } from "./actions-forecast.ts";
import { bases } from "./forecast.ts";
import { basisToText, missedToText, planForecastToText, untoldToText } from "./forecast-words.ts";
import { likelyTextOrNull } from "./likely-text.ts";

/** When each wave of a plan would start and end, before anybody approves it. */
const time = z.iso.datetime({ offset: true });
const count = z.number().int();
const likely = z
  .strictObject({
    median: time.describe("as likely before as after"),
    high: time.describe("nine times in ten by then"),
  })
  .nullable();

export const getPlanForecast = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/forecast",
  summary:
    "When each wave would start and end if the plan began now, from how long jobs took here, and which hosts would miss the case's deadline.",
  permission: "plan.read",
  params: z.strictObject({
    plan: z.string().regex(/^[0-9a-f]{8,64}$/, "a plan's digest, or its first 8 digits or more"),
  }),
  query: z.strictObject({
    jobSeconds: z.coerce
      .number()
      .min(1)
      .max(86_400)
      .optional()
      .describe("how long a host takes, instead of what was measured"),
  }),
  reply: z.strictObject({
    madeAt: time,
    sentence: z.string(),
    reason: z.string().nullable().describe("why nobody can tell"),
    basis: z.strictObject({
      kind: z.enum(bases),
      measuredJobs: count,
      jobSeconds: z.number().nullable(),
      text: z.string(),
    }),
    waves: z.array(
      z.strictObject({
        number: count,
        ring: z.string(),
        hosts: count,
        startsAt: likely,
        hostsDoneAt: likely,
        endsAt: likely.describe("with its soak"),
        late: z.strictObject({ median: count, high: count }).nullable(),
        reason: z.string().nullable(),
      }),
    ),
    deadline: z
      .strictObject({
        at: time,
        isKept: z.boolean().describe("by all hosts, nine times in ten"),
        late: z.strictObject({ median: count, high: count }),
        untold: count.describe("hosts of which nobody can tell"),
        sentence: z.string(),
      })
      .nullable(),
    lateHosts: z
      .array(z.strictObject({ host: z.string(), name: z.string(), wave: count }))
      .describe("the first hundred within your scope that may miss it"),
    rollout: z
      .strictObject({ ref: z.string(), href: z.string(), forecastAt: time.nullable() })
      .nullable()
      .describe("the rollout that carries it out, which has a forecast of its own"),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params, query }) {
    const told = await forecastPlan(world, actor, { ...params, jobSeconds: query.jobSeconds });
    const { pace, missed, rollout } = told;
    const kept = rollout?.kept ?? null;
    return {
      madeAt: instantToText(told.madeAt),
      sentence: planForecastToText(told),
      reason: told.forecast.reason,
      basis: {
        kind: pace.basis,
        measuredJobs: pace.basis === "given" ? 0 : pace.measured,
        jobSeconds: pace.basis === "none" ? null : Math.round(pace.meanMs) / SECOND_MS,
        text: basisToText(pace),
      },
      waves: told.waves.map(({ startsAt, doneAt, endsAt, inTime: _, ...wave }) => ({
        ...wave,
        startsAt: likelyTextOrNull(startsAt),
        hostsDoneAt: likelyTextOrNull(doneAt),
        endsAt: likelyTextOrNull(endsAt),
        reason: untoldToText(told, wave.number),
      })),
      deadline:
        missed === null
          ? null
          : {
              at: instantToText(missed.dueAt),
              isKept: missed.high === 0 && missed.untold === 0,
              late: { median: missed.median, high: missed.high },
              untold: missed.untold,
              sentence: missedToText(missed),
            },
      lateHosts: [...told.late],
      rollout:
        rollout === null
          ? null
          : {
              ref: `R-${rollout.row.number}`,
              href: `/rollouts/R-${rollout.row.number}`,
              forecastAt: kept === null ? null : instantToText(kept.madeAt),
            },
    };
  },
});
