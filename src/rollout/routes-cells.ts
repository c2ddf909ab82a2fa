import { z } from "zod";
import { route } from "../db/world.ts";
import { cellsOf } from "./actions-cells.ts";
import { standings } from "./model.ts";

/** What the picture of a large rollout draws. */
export const getCells = route({
  method: "GET",
  path: "/api/v1/rollouts/{rollout}/cells",
  summary:
    "Where the hosts of each wave stand, in the order of the plan, without their names: neighbours that stand alike are told together. `targets` with `wave` and `skip` names one of them.",
  permission: "rollout.read",
  byElevation: true,
  params: z.strictObject({
    rollout: z.string().min(1).max(64).describe("an id, or a number such as R-7"),
  }),
  query: z.strictObject({
    waveHostsMax: z.coerce
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(300)
      .describe("waves of more hosts are left out"),
  }),
  reply: z.strictObject({
    waves: z.array(
      z.strictObject({
        number: z.number().int(),
        runs: z
          .array(z.strictObject({ standing: z.enum(standings), hosts: z.number().int() }))
          .describe("a standing, and how many hosts in a row stand there"),
      }),
    ),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params, query }) {
    const waves = await cellsOf(world, actor, { ...params, ...query });
    return { waves: waves.map(({ number, runs }) => ({ number, runs: [...runs] })) };
  },
});
