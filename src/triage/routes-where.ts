import { z } from "zod";
import { skip, total } from "../base/list-page.ts";
import { type Route, route } from "../db/world.ts";
import { patchWhere } from "./actions-where.ts";
import { standingWords } from "./where.ts";

/** The hosts of a case over HTTP. */
const standing = z.enum(["older", "partly", "not-comparable", "there"]);
const count = z.number().int();
const tones = { older: "attention", partly: "attention", "not-comparable": "unknown" } as const;

const getPatchHosts = route({
  method: "GET",
  path: "/api/v1/patches/{patch}/hosts",
  summary: "The hosts that have the case's package now, those older than its target first.",
  permission: "patch.read",
  params: z.strictObject({ patch: z.string().min(1).max(64) }),
  query: z.strictObject({
    standing: standing.optional(),
    skip,
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        host: z.string(),
        name: z.string(),
        /** Source versions that are installed now. */
        versions: z.array(z.string()),
        standing,
        state: z.enum(["good", "attention", "bad", "unknown"]),
        label: z.string(),
        href: z.string(),
      }),
    ),
    total,
    counts: z.strictObject({ older: count, partly: count, "not-comparable": count, there: count }),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params, query }) {
    const { skip: passed = 0, ...page } = query;
    const found = await patchWhere(world, actor, { patch: params.patch, skip: passed, ...page });
    const { counts } = found;
    const all = counts.older + counts.partly + counts["not-comparable"] + counts.there;
    return {
      items: found.items.map((item) => ({
        ...item,
        versions: [...item.versions],
        state: item.standing === "there" ? ("good" as const) : tones[item.standing],
        label: standingWords[item.standing],
        href: `/hosts/${item.name}`,
      })),
      total: query.standing === undefined ? all : counts[query.standing],
      counts: { ...counts },
    };
  },
});

export const whereRoutes: readonly Route[] = [getPatchHosts];
