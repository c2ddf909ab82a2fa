import { z } from "zod";
import { type Route, route } from "../db/world.ts";
import { riskLevels } from "../policy/change-control.ts";
import { raiseRisk } from "./actions-control.ts";
import { boardRoutes } from "./routes-board.ts";
import { changeSchema, replyFor } from "./routes-change-reply.ts";
import { delegationRoutes } from "./routes-delegation.ts";
import { dutyRoutes } from "./routes-duties.ts";
import { elevationRoutes } from "./routes-elevation.ts";
import { signOffRoutes } from "./routes-sign-off.ts";
import { templateRoutes } from "./routes-templates.ts";

/** Change control over HTTP: the risk of a change. */
const postRisk = route({
  method: "POST",
  path: "/api/v1/changes/{change}/risk",
  summary: "Calls a change riskier than its points do; nobody lowers it.",
  permission: "change.vote",
  params: z.strictObject({ change: z.string().min(1).max(64) }),
  body: z.strictObject({ to: z.enum(riskLevels), reason: z.string().trim().min(1).max(4000) }),
  reply: changeSchema,
  errors: ["not-found", "forbidden", "blocked"],
  async handle(context, { params, body }) {
    const raised = { ...body, change: params.change };
    return replyFor(context, await raiseRisk(context.world, context.actor, raised));
  },
});

export const controlRoutes: readonly Route[] = [
  postRisk,
  ...boardRoutes,
  ...signOffRoutes,
  ...dutyRoutes,
  ...delegationRoutes,
  ...templateRoutes,
  ...elevationRoutes,
];
