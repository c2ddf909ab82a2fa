import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { asOfFromText, asOfQuery } from "../base/as-of.ts";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { datesAbout } from "./actions-deadline-show.ts";
import { earliestDeadline } from "./deadline.ts";
import { dateReply, dateSchema, deadlineReply, deadlineSchema } from "./deadline-reply.ts";
import type { CaseEffect } from "./exception-effect.ts";
import { exceptedReply, exceptedSchema, serviceExceptedReply } from "./routes-excepted.ts";

/** "Why this date?" for a case, a vulnerability or a host: every date that any preset gives. */
const DATES_MAX = 200;

const shownDateSchema = dateSchema.extend({ excepted: exceptedSchema.nullable() });

const getDeadline = route({
  method: "GET",
  path: "/api/v1/deadlines/{about}",
  summary: "Every date that the policy gives for a case, a vulnerability, a host or a service.",
  permission: "finding.read",
  params: z.strictObject({ about: z.string().min(1).max(128) }),
  query: z.strictObject({ asOf: asOfQuery }),
  reply: z.strictObject({
    about: z.strictObject({
      kind: z.enum(["case", "vulnerability", "host", "service"]),
      label: z.string(),
      href: z.string(),
    }),
    /** The earliest date; null where nothing that is known asks for one. */
    deadline: deadlineSchema.nullable(),
    /** What exceptions do to it; `effective` is the date that counts now. */
    excepted: exceptedSchema.nullable(),
    /** All dates, earliest first; cut to 200. */
    dates: z.array(shownDateSchema),
    total: z.number().int(),
    policy: z.strictObject({ file: z.string(), version: z.string() }),
    /** The past moment that it tells of, by what was known and in force then; null for now. */
    asOf: z.iso.datetime().nullable(),
  }),
  errors: ["not-found", "invalid"],
  async handle(context, { params, query }) {
    const { world, actor } = context;
    const asOf = asOfFromText(query.asOf, world.clock());
    const found = await datesAbout(world, actor, { name: params.about, asOf });
    const { about, policy, dates, effects } = found;
    const deadline = earliestDeadline(policy, dates);
    const isCounted = isEverywhere(scopesFor(actor, "finding.read"));
    const excepted = (effect: CaseEffect | undefined) =>
      about.kind === "service" ? serviceExceptedReply(effect) : exceptedReply(effect, isCounted);
    return {
      about,
      deadline: deadline === null ? null : deadlineReply(deadline),
      excepted: excepted(found.effect),
      dates: dates.slice(0, DATES_MAX).map((date) => {
        const effect = date.vulnerability === null ? undefined : effects.get(date.vulnerability);
        return { ...dateReply(date), excepted: excepted(effect) };
      }),
      total: dates.length,
      policy: { file: policy.file, version: policy.version },
      asOf: asOf === undefined ? null : instantToText(asOf),
    };
  },
});

export const deadlineRoutes: readonly Route[] = [getDeadline];
