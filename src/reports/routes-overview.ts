import { z } from "zod";
import { asOfFromText, asOfQuery } from "../base/as-of.ts";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { showOverview } from "./actions-overview.ts";
import { pastVerdict } from "./actions-past.ts";
import { overviewSchema, verdictSchema } from "./overview-schema.ts";

const getOverview = route({
  method: "GET",
  path: "/api/v1/overview",
  summary: "Where the fleet stands: one sentence, what to do next, and what it rests on.",
  permission: "signed-in",
  reply: overviewSchema,
  handle: ({ world, actor }) => showOverview(world, actor),
});

const getPast = route({
  method: "GET",
  path: "/api/v1/overview/past",
  summary: "Where the fleet stood at the end of a past day, in one sentence, as known then.",
  permission: "finding.read",
  query: z.strictObject({ asOf: asOfQuery }),
  reply: z.strictObject({
    asOf: z.iso.datetime(),
    knownSince: z.iso.datetime().nullable(),
    verdict: verdictSchema,
  }),
  errors: ["invalid"],
  async handle({ world, actor }, { query }) {
    const asOf = asOfFromText(query.asOf, world.clock()) ?? world.clock();
    const { verdict, knownSince } = await pastVerdict(world, actor, asOf);
    return {
      asOf: instantToText(asOf),
      knownSince: knownSince === null ? null : instantToText(knownSince),
      verdict: { ...verdict, parts: [...verdict.parts] },
    };
  },
});

export const overviewRoutes: readonly Route[] = [getOverview, getPast];
