import { z } from "zod";
import { type Route, route } from "../db/world.ts";
import { search } from "./actions-search.ts";

export const hitSchema = z
  .strictObject({
    kind: z.enum(["host", "service", "patch", "change", "vulnerability", "rollout", "plan"]),
    label: z.string(),
    detail: z.string(),
    href: z.string(),
  })
  .meta({ id: "SearchHit" });

const getSearch = route({
  method: "GET",
  path: "/api/v1/search",
  summary: "Finds hosts, cases, changes, vulnerabilities, rollouts and plans by name or number.",
  permission: "signed-in",
  query: z.strictObject({ q: z.string().trim().min(1).max(200) }),
  reply: z.strictObject({ items: z.array(hitSchema) }),
  handle: async ({ world, actor }, { query }) => ({
    items: [...(await search(world, actor, query.q))],
  }),
});

export const searchRoutes: readonly Route[] = [getSearch];
