import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { diskSpace, lowText } from "../db/disk-space.ts";
import { type Route, route } from "../db/world.ts";
import type { Metrics } from "./metrics.ts";
import { isDatabaseReachable } from "./store.ts";

export const healthRoute: Route = route({
  method: "GET",
  path: "/healthz",
  summary: "Whether this server works, reaches its database and has room on its disk.",
  permission: { public: "Load balancers and service managers ask without an account." },
  reply: z.strictObject({ status: z.literal("ok") }),
  errors: ["unavailable"],
  async handle({ world }) {
    const space = await diskSpace(world.paths.state);
    if (space.isLow) throw new Failure("unavailable", lowText(space));
    if (await isDatabaseReachable(world.db)) return { status: "ok" as const };
    throw new Failure(
      "unavailable",
      "The database cannot be reached. The server tries again by itself; its log has the cause.",
    );
  },
});

/** Made with the metrics of one server, as two servers in one process have their own. */
export function metricsRoute(metrics: Metrics): Route {
  return route({
    method: "GET",
    path: "/metrics",
    summary: "Numbers about this server, for Prometheus.",
    permission: "metrics.read",
    reply: { contentType: "text/plain; version=0.0.4; charset=utf-8" },
    handle: () => metrics.registry.metrics(),
  });
}
