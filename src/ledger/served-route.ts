import type { Served } from "../base/request-facts.ts";
import { type AnyRoute, routeFor } from "../base/route.ts";
import type { RequestContext } from "../db/world.ts";

/** The context of routes that need more of the request than its validated input. */
export type ServedContext = Served<RequestContext>;
export type ServedRoute = AnyRoute<ServedContext>;

/** Declares such a route; every plain route fits where one of these is expected. */
export const servedRoute = routeFor<ServedContext>();
