import type { Actor } from "../base/actor.ts";
import type { Config } from "../base/config.ts";
import type { Clock } from "../base/instant.ts";
import type { Log } from "../base/log.ts";
import { type AnyRoute, routeFor } from "../base/route.ts";
import type { Db } from "./database.ts";

/** What code with effects is given; made once in `main/`, or by a test. */
export interface World {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Config;
  readonly paths: Paths;
  /** Why nothing may be changed here, in words; absent: whatever rights allow may. */
  readonly readOnly?: string | undefined;
}

export interface Paths {
  /** Keys, starter data, embedded database: `<clone>/.fettle` or `/var/lib/fettle-server`. */
  readonly state: string;
  /** Short folder for sockets (a socket's path ends at 107 bytes). */
  readonly sockets: string;
}

/** What a route's handler is given besides its validated input. */
export interface RequestContext {
  readonly world: World;
  readonly actor: Actor;
  readonly requestId: string;
}

export type Route = AnyRoute<RequestContext>;

/** Declares a route of this server. */
export const route = routeFor<RequestContext>();
