import { MINUTE_MS } from "../base/instant.ts";
import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { refreshCalendars } from "./actions-import.ts";

/** Asks the addresses of imported calendars again, where the network may be used. */
export function startCalendarRefresh(world: World): Loop {
  return startLoop({
    name: "calendar.refresh",
    idleMs: 5 * MINUTE_MS,
    log: world.log,
    async turn() {
      if (world.config.feeds.network === "on") await refreshCalendars(world);
      return false;
    },
  });
}
