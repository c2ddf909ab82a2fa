import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { configSchema } from "../src/base/config.ts";
import { silentLog } from "../src/base/log.ts";
import { openDatabase } from "../src/db/database.ts";
import { migrate } from "../src/db/migrate.ts";
import { startEmbedded } from "../src/db/supervisor.ts";
import type { World } from "../src/db/world.ts";
import { ensureSetupSecret } from "../src/identity/store-setup-secret.ts";
import { startHints } from "../src/reports/loops-live.ts";
import { allRoutes } from "../src/server/all-routes.ts";
import { loadPages } from "../src/server/pages.ts";
import { startServer } from "../src/server/server.ts";
import { firstAdmin } from "../test/builders/first-admin.ts";

/** A server over a database of its own, durable as in use; nothing visits hosts. */
export interface BenchSite {
  readonly world: World;
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

export async function openBenchSite(): Promise<BenchSite> {
  const state = mkdtempSync(join(tmpdir(), "fettle-bench-"));
  const sockets = mkdtempSync(join(tmpdir(), "fettle-bench-"));
  for (const folder of [state, sockets]) chmodSync(folder, 0o755);
  const postgres = await startEmbedded({ state, sockets });
  await migrate(postgres.connection);
  const db = openDatabase(postgres.connection, () => undefined);
  const config = configSchema.parse({ port: 0, feeds: { network: "off" } });
  const world: World = { db, clock: Date.now, log: silentLog, config, paths: { state, sockets } };
  const secretPath = await ensureSetupSecret(world);
  const hints = startHints(world, postgres.connection);
  const pages = loadPages(resolve(import.meta.dirname, "../dist/web"));
  const server = await startServer(world, allRoutes, { pages });
  const token = await firstAdmin(server.url, secretPath ?? "");
  return {
    world,
    url: server.url,
    token,
    async close() {
      await server.close();
      await hints.close();
      await db.destroy();
      await postgres.stop();
      for (const folder of [state, sockets]) rmSync(folder, { recursive: true, force: true });
    },
  };
}
