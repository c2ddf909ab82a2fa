import { systemActor } from "../../src/base/actor.ts";
import { configSchema } from "../../src/base/config.ts";
import { silentLog } from "../../src/base/log.ts";
import { type Connection, openDatabase } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { loadSliced } from "../../src/intel/actions-load-file.ts";
import type { FeedInput } from "../../src/intel/load-feed.ts";

/** A server process that loads one archive and nothing else, for tests that kill it. */
export interface ArchiveOrder {
  readonly connection: Connection;
  readonly state: string;
  readonly input: FeedInput;
  readonly file: { readonly path: string; readonly sha256: string };
}

if (process.argv[1] === import.meta.filename) {
  const order: ArchiveOrder = JSON.parse(process.argv[2] ?? "{}");
  const db = openDatabase(order.connection, () => undefined);
  const paths = { state: order.state, sockets: order.state };
  const config = configSchema.parse({ port: 0, outbound: { networks: ["127.0.0.0/8"] } });
  const world: World = { db, clock: () => order.input.asOf ?? 0, log: silentLog, config, paths };
  await loadSliced(world, systemActor, order.input, order.file, 1);
  await db.destroy();
}
