import { z } from "zod";
import { SECOND_MS } from "../base/instant.ts";
import { total } from "../base/list-page.ts";
import { route } from "../db/world.ts";
import { forecastKinds } from "./actions-kinds.ts";
import { bases } from "./forecast.ts";
import { kindPaceToText, kindToText, slowMs } from "./kind-pace.ts";

/** How long hosts of a plan take, by kind. */
const count = z.number().int();
const seconds = z.number().nullable();
/** Others have fewer hosts. */
const KINDS_SHOWN_MAX = 50;

const kindSchema = z
  .strictObject({
    name: z.string().describe("system, way and size of its package set"),
    hosts: count.describe("of the plan, within your scope"),
    measuredJobs: count.describe("of this kind"),
    basis: z.enum(bases).describe("of the jobs gone by: the same package, or all of the fleet"),
    isAssumed: z.boolean().describe("too few were measured: the plan's own pace stands in"),
    jobSeconds: seconds,
    slowSeconds: seconds.describe("nine times in ten a host is done by then"),
    text: z.string(),
  })
  .meta({ id: "HostKindForecast" });

export const getPlanKinds = route({
  method: "GET",
  path: "/api/v1/plans/{plan}/forecast/kinds",
  summary:
    "How long a host of each kind in the plan takes, from recorded durations: how many were measured, and what is assumed. The fifty kinds with most hosts.",
  permission: "plan.read",
  params: z.strictObject({
    plan: z.string().regex(/^[0-9a-f]{8,64}$/, "a plan's digest, or its first 8 digits or more"),
  }),
  reply: z.strictObject({ items: z.array(kindSchema), total }),
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    const kinds = await forecastKinds(world, actor, params);
    const whole = (ms: number | null) => (ms === null ? null : Math.round(ms) / SECOND_MS);
    return {
      items: kinds.slice(0, KINDS_SHOWN_MAX).map((one) => ({
        name: kindToText(one.kind),
        hosts: one.hosts,
        measuredJobs: one.measured,
        basis: one.pace.basis,
        isAssumed: one.isAssumed,
        jobSeconds: one.pace.basis === "none" ? null : whole(one.pace.meanMs),
        slowSeconds: one.pace.basis === "none" ? null : whole(slowMs(one.pace)),
        text: kindPaceToText(one),
      })),
      total: kinds.length,
    };
  },
});
