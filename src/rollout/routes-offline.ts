import { z } from "zod";
import { route } from "../db/world.ts";
import { takeOfflineBundle } from "./actions-offline.ts";

/** Taking a host's job along as a file, for when the server cannot reach it. */
export const postOfflineBundle = route({
  method: "POST",
  path: "/api/v1/rollouts/{rollout}/offline-bundle",
  summary:
    "A host's job as a file that its root runs by hand, `fettle-host local FILE`, where the host's own policy says permit offline.",
  permission: "rollout.operate",
  params: z.strictObject({
    rollout: z.string().min(1).max(64).describe("an id, or a number such as R-7"),
  }),
  body: z.strictObject({ host: z.string().min(1).max(128) }),
  reply: { contentType: "text/plain; charset=us-ascii" },
  errors: ["not-found", "blocked"],
  handle: async ({ world, actor }, { params, body }) =>
    takeOfflineBundle(world, actor, { rollout: params.rollout, host: body.host }),
});
