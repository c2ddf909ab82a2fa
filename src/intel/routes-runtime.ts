import { z } from "zod";
import { wordSchema } from "../base/word.ts";
import { type Route, route } from "../db/world.ts";
import { runtimeSetSchema } from "../inventory/runtime.ts";
import { showRuntime } from "./actions-runtime.ts";

/** What runs on a host over HTTP. */
const time = z.iso.datetime().nullable();
const count = z.number().int();
const { listening, disabled, used } = runtimeSetSchema.shape;

const getRuntime = route({
  method: "GET",
  path: "/api/v1/hosts/{host}/runtime",
  summary:
    "What runs on a host by its last inspection: packages in memory, fixes that wait for a restart, open ports, kernel modules.",
  permission: "finding.read",
  params: z.strictObject({ host: z.string().min(1).max(100) }),
  reply: z
    .strictObject({
      state: wordSchema.describe("how good the look was"),
      sentence: z.string(),
      asOf: time,
      since: time.describe("since when inspections saw the same"),
      used: z.array(
        used.element.extend({
          runCount: count.describe("processes that run one of its programs"),
          mappedCount: count.describe("processes that have a file of it in memory"),
          staleCount: count.describe("processes that have a replaced file of it in memory"),
        }),
      ),
      restarts: z.array(
        z.strictObject({
          package: z.string(),
          state: wordSchema,
          installed: z.string().nullable(),
          before: z.string().nullable().describe("what still runs is this version or older"),
          processes: z.array(z.string()),
          vulnerabilities: z
            .array(z.strictObject({ id: z.string(), isExploited: z.boolean() }))
            .describe("mended on disk, and in memory still"),
        }),
      ),
      listening,
      moduleCount: count.describe("kernel modules that are loaded"),
      disabledModules: disabled,
      idleCount: count.describe("packages that no process has in memory"),
    })
    .meta({ id: "HostRuntime" }),
  errors: ["not-found"],
  handle: async ({ world, actor }, { params: { host } }) => showRuntime(world, actor, host),
});

export const runtimeRoutes: readonly Route[] = [getRuntime];
