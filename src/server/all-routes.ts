import { routes as calendarRoutes } from "../calendar/routes.ts";
import { routes as changeRoutes } from "../change/routes.ts";
import { routes as fleetRoutes } from "../fleet/routes.ts";
import { routes as identityRoutes } from "../identity/routes.ts";
import { routes as intelRoutes } from "../intel/routes.ts";
import { routes as inventoryRoutes } from "../inventory/routes.ts";
import { routes as itsmRoutes } from "../itsm/routes.ts";
import { routes as ledgerRoutes } from "../ledger/routes.ts";
import type { ServedRoute } from "../ledger/served-route.ts";
import { routes as planRoutes } from "../plan/routes.ts";
import { routes as recordRoutes } from "../records/routes.ts";
import { routes as reportRoutes } from "../reports/routes.ts";
import { routes as restoreRoutes } from "../restore/routes.ts";
import { routes as rolloutRoutes } from "../rollout/routes.ts";
import { routes as triageRoutes } from "../triage/routes.ts";
import { routes as watchRoutes } from "../watch/routes.ts";

/** The whole API in the order of the house; `/healthz` and `/metrics` come with the server. */
export const allRoutes: readonly ServedRoute[] = [
  ...ledgerRoutes,
  ...identityRoutes,
  ...recordRoutes,
  ...inventoryRoutes,
  ...intelRoutes,
  ...calendarRoutes,
  ...triageRoutes,
  ...planRoutes,
  ...changeRoutes,
  ...fleetRoutes,
  ...rolloutRoutes,
  ...watchRoutes,
  ...itsmRoutes,
  ...reportRoutes,
  ...restoreRoutes,
];
