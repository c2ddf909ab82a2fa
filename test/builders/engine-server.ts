import { configSchema } from "../../src/base/config.ts";
import { makeLog } from "../../src/base/log.ts";
import { openDatabase } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { startRollouts } from "../../src/rollout/loops.ts";
import { localHosts } from "./local-hosts.ts";

/**
 * One server's engine as a process of its own, so that it can be killed and stopped:
 * `node engine-server.ts CONNECTION STATE HOSTS`, the first as JSON. Says `ready` once it works.
 */
const [connection = "", state = "", hosts = ""] = process.argv.slice(2);
const log = makeLog("warn");
const world: World = {
  db: openDatabase(JSON.parse(connection), (cause) => log.warn({ err: cause }, "a session broke")),
  clock: Date.now,
  log,
  config: configSchema.parse({ port: 0, mfa: "off", feeds: { network: "off" } }),
  paths: { state, sockets: state },
};
const rollouts = startRollouts(world, localHosts(world, hosts).executor);
process.stdout.write("ready\n");
process.once("SIGTERM", () => {
  void rollouts.stop().then(() => world.db.destroy());
});
