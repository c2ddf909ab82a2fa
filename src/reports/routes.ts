import type { ServedRoute } from "../ledger/served-route.ts";
import { askedRoutes } from "./routes-asked.ts";
import { breachRoutes } from "./routes-breach.ts";
import { healthRoutes } from "./routes-health.ts";
import { hostRoutes } from "./routes-hosts.ts";
import { liveRoutes } from "./routes-live.ts";
import { nameRoutes } from "./routes-names.ts";
import { overviewRoutes } from "./routes-overview.ts";
import { paceRoutes } from "./routes-pace.ts";
import { policyRoutes } from "./routes-policy.ts";
import { searchRoutes } from "./routes-search.ts";
import { vulnerabilityRoutes } from "./routes-vulnerability.ts";
import { wordRoutes } from "./routes-words.ts";

export const routes: readonly ServedRoute[] = [
  ...overviewRoutes,
  ...askedRoutes,
  ...hostRoutes,
  ...breachRoutes,
  ...paceRoutes,
  ...policyRoutes,
  ...searchRoutes,
  ...vulnerabilityRoutes,
  ...liveRoutes,
  ...healthRoutes,
  ...wordRoutes,
  ...nameRoutes,
];
