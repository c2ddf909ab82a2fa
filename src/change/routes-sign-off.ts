import { z } from "zod";
import { type Route, route } from "../db/world.ts";
import { signOffRoles } from "../policy/owners.ts";
import { signOff } from "./actions-sign-off.ts";
import { changeSchema, replyFor } from "./routes-change-reply.ts";

/** Signing a change off over HTTP. */
const postSignOff = route({
  method: "POST",
  path: "/api/v1/changes/{change}/sign-offs",
  summary: "Says for one part of the ownership map that the change may go on.",
  permission: "change.vote",
  freshProof: "demanded",
  params: z.strictObject({ change: z.string().min(1).max(64) }),
  body: z.strictObject({
    role: z.enum(signOffRoles),
    /** The rule of the ownership map, where the person is named by several. */
    of: z.string().min(1).max(120).optional(),
    words: z.string().trim().min(1).max(4000),
  }),
  reply: changeSchema,
  errors: ["not-found", "forbidden", "invalid"],
  async handle(context, { params, body }) {
    const given = { ...body, change: params.change };
    return replyFor(context, await signOff(context.world, context.actor, given));
  },
});

export const signOffRoutes: readonly Route[] = [postSignOff];
