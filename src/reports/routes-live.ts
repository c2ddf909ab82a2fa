import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { liveHints } from "./actions-live.ts";

const getLive = servedRoute({
  method: "GET",
  path: "/api/v1/live",
  summary:
    "Hints about what changed (server-sent events); goes on after `Last-Event-ID`. The topic `all` means that hints were missed.",
  permission: "signed-in",
  reply: { contentType: "text/event-stream" },
  handle: async (context) => liveHints(context),
});

export const liveRoutes: readonly ServedRoute[] = [getLive];
