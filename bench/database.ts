import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configSchema } from "../src/base/config.ts";
import { silentLog } from "../src/base/log.ts";
import { type Connection, openDatabase } from "../src/db/database.ts";
import { migrate } from "../src/db/migrate.ts";
import { startEmbedded } from "../src/db/supervisor.ts";
import type { World } from "../src/db/world.ts";

/** An embedded database of its own, durable as in use. */
export interface BenchDatabase {
  readonly world: World;
  readonly connection: Connection;
  readonly databasePid: number;
  close(): Promise<void>;
}

/** With a folder the database is kept there for the next run, else it ends with the benchmark. */
export async function openBenchDatabase(kept?: string): Promise<BenchDatabase> {
  const state = kept ?? mkdtempSync(join(tmpdir(), "fettle-bench-"));
  const sockets = mkdtempSync(join(tmpdir(), "fettle-bench-"));
  mkdirSync(state, { recursive: true });
  for (const folder of [state, sockets]) chmodSync(folder, 0o755);
  const postgres = await startEmbedded({ state, sockets });
  const { connection } = postgres;
  await migrate(connection);
  const db = openDatabase(connection, () => undefined);
  const config = configSchema.parse({ port: 0, feeds: { network: "off" } });
  const world: World = { db, clock: Date.now, log: silentLog, config, paths: { state, sockets } };
  const pidFile = readFileSync(join(state, "postgres/data/postmaster.pid"), "utf8");
  return {
    world,
    connection,
    databasePid: Number(pidFile.split("\n")[0]),
    async close() {
      await db.destroy();
      await postgres.stop();
      rmSync(sockets, { recursive: true, force: true });
      if (kept === undefined) rmSync(state, { recursive: true, force: true });
    },
  };
}
