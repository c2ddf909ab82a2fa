import { z } from "zod";
import { demandUnscoped } from "../base/unscoped.ts";
import { type Route, route } from "../db/world.ts";
import { readNames } from "./store-names.ts";

/** Up to 100 objects: `host:<id>,change:<id>`. */
const objects = /^[a-z-]{1,20}:[0-9a-f-]{1,64}(,[a-z-]{1,20}:[0-9a-f-]{1,64}){0,99}$/;

const getNames = route({
  method: "GET",
  path: "/api/v1/audit/names",
  summary: "What people call the things that events are about; the ledger itself names ids only.",
  permission: "audit.read",
  query: z.strictObject({
    objects: z.string().regex(objects).describe("`host:<id>,change:<id>`: up to 100"),
  }),
  reply: z.strictObject({
    names: z
      .record(z.string(), z.string())
      .describe("by object; without what is gone or has no name of its own"),
  }),
  async handle({ world, actor }, { query }) {
    demandUnscoped(actor, "audit.read", "The audit log");
    return { names: Object.fromEntries(await readNames(world.db, query.objects.split(","))) };
  },
});

export const nameRoutes: readonly Route[] = [getNames];
