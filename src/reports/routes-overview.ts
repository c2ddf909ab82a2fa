import { type Route, route } from "../db/world.ts";
import { showOverview } from "./actions-overview.ts";
import { overviewSchema } from "./overview-schema.ts";

const getOverview = route({
  method: "GET",
  path: "/api/v1/overview",
  summary: "Where the fleet stands: one sentence, what to do next, and what it rests on.",
  permission: "signed-in",
  reply: overviewSchema,
  handle: ({ world, actor }) => showOverview(world, actor),
});

export const overviewRoutes: readonly Route[] = [getOverview];
