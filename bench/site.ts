import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  readonly databasePid: number;
  close(): Promise<void>;
}

/** With a folder the database is kept there for the next run, else it ends with the site. */
export async function openBenchSite(kept?: string): Promise<BenchSite> {
  const state = kept ?? mkdtempSync(join(tmpdir(), "fettle-bench-"));
  const sockets = mkdtempSync(join(tmpdir(), "fettle-bench-"));
  mkdirSync(state, { recursive: true });
  for (const folder of [state, sockets]) chmodSync(folder, 0o755);
  const postgres = await startEmbedded({ state, sockets });
  await migrate(postgres.connection);
  const db = openDatabase(postgres.connection, () => undefined);
  const config = configSchema.parse({ port: 0, feeds: { network: "off" } });
  const world: World = { db, clock: Date.now, log: silentLog, config, paths: { state, sockets } };
  const secret = await ensureSetupSecret(world);
  const hints = startHints(world, postgres.connection);
  const pages = loadPages(resolve(import.meta.dirname, "../dist/web"));
  const server = await startServer(world, allRoutes, { pages });
  const token = await signIn(server.url, secret, join(state, "bench-token"));
  const pidFile = readFileSync(join(state, "postgres/data/postmaster.pid"), "utf8");
  return {
    world,
    url: server.url,
    token,
    databasePid: Number(pidFile.split("\n")[0]),
    async close() {
      await server.close();
      await hints.close();
      await db.destroy();
      await postgres.stop();
      rmSync(sockets, { recursive: true, force: true });
      if (kept === undefined) rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Sets up a new database; the token of one that is kept lies beside it. */
async function signIn(url: string, secretFile: string | null, tokenFile: string): Promise<string> {
  if (secretFile === null) return readFileSync(tokenFile, "utf8");
  const token = await firstAdmin(url, secretFile);
  writeFileSync(tokenFile, token, { mode: 0o600 });
  return token;
}
