import { z } from "zod";
import { route } from "../db/world.ts";
import { resolveForSets, resolveOnHost } from "../inventory/resolve.ts";
import { catchUp } from "./actions-catch-up.ts";

/** A plan for the hosts that a rollout missed. */
export const postCatchUp = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/catch-up",
  summary:
    "Plans for the hosts that were off or out of reach until their time in the rollout was over.",
  permission: "plan.create",
  status: 201,
  params: z.strictObject({
    rollout: z.string().min(1).max(64).describe("an id, or a number such as R-7"),
  }),
  body: z.strictObject({
    policy: z
      .string()
      .min(1)
      .max(262_144)
      .optional()
      .describe("the rings policy's text; that of the rollout's plan unless told"),
  }),
  reply: z.strictObject({
    digest: z.string(),
    hosts: z.number().int(),
    excluded: z.number().int(),
    warnings: z.array(z.string()),
  }),
  errors: ["not-found", "blocked", "forbidden", "unavailable"],
  async handle({ world, actor }, { params, body }) {
    const given = { rollout: params.rollout, policy: body.policy };
    const ask = { pair: resolveForSets, host: resolveOnHost };
    const { plan, report } = await catchUp(world, actor, given, ask);
    const { excluded, warnings } = report;
    return {
      ...{ digest: plan.digest, hosts: plan.leaves.length, excluded: excluded.length },
      warnings: [...warnings],
    };
  },
});
