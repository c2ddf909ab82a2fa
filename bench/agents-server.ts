import { configSchema } from "../src/base/config.ts";
import { makeLog } from "../src/base/log.ts";
import { openDatabase } from "../src/db/database.ts";
import type { World } from "../src/db/world.ts";
import { agentDoor } from "../src/fleet/actions-agent-door.ts";
import { agentCa } from "../src/fleet/store-agent-ca.ts";
import { startRollouts } from "../src/rollout/loops.ts";
import { startAgentListener } from "../src/server/agent-listener.ts";

/**
 * The part of a server that agents see, as a process of its own that can be killed and whose processor
 * time is its own: `node agents-server.ts CONNECTION STATE PORT`, the first as JSON. Says the address.
 */
const [connection = "", state = "", port = ""] = process.argv.slice(2);
const log = makeLog("error");
const world: World = {
  db: openDatabase(JSON.parse(connection), (cause) => log.warn({ err: cause }, "a session broke")),
  clock: Date.now,
  log,
  config: configSchema.parse({
    ...{ port: 0, mfa: "off", feeds: { network: "off" } },
    ...{ agentPort: Number(port), agentName: "localhost" },
  }),
  paths: { state, sockets: state },
};
const { certificatePem: caPem, issueServer } = await agentCa(state);
const door = agentDoor(world);
const listener = await startAgentListener(world, { caPem, issueServer, answer: door.answer });
const rollouts = startRollouts(world);
process.stdout.write(`${listener.url}\n`);
process.once("SIGTERM", () => {
  void listener
    .close()
    .then(() => door.stop())
    .then(() => rollouts.stop())
    .then(() => world.db.destroy())
    .then(() => process.exit(0));
});
