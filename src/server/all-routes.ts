import { routes as identityRoutes } from "../identity/routes.ts";
import { routes as ledgerRoutes } from "../ledger/routes.ts";
import type { ServedRoute } from "../ledger/served-route.ts";

/** Every route of the API, in the order of the house. `/healthz` and `/metrics` come with the server. */
export const allRoutes: readonly ServedRoute[] = [...ledgerRoutes, ...identityRoutes];
