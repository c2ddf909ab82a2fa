import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { World } from "../src/db/world.ts";
import { ensureSetupSecret } from "../src/identity/store-setup-secret.ts";
import { startHints } from "../src/reports/loops-live.ts";
import { allRoutes } from "../src/server/all-routes.ts";
import { loadPages } from "../src/server/pages.ts";
import { startServer } from "../src/server/server.ts";
import { firstAdmin } from "../test/builders/first-admin.ts";
import { openBenchDatabase } from "./database.ts";

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
  const database = await openBenchDatabase(kept);
  const { world, databasePid } = database;
  const secret = await ensureSetupSecret(world);
  const hints = startHints(world, database.connection);
  const pages = loadPages(resolve(import.meta.dirname, "../dist/web"));
  const server = await startServer(world, allRoutes, { pages });
  const token = await signIn(server.url, secret, join(world.paths.state, "bench-token"));
  return {
    world,
    url: server.url,
    token,
    databasePid,
    async close() {
      await server.close();
      await hints.close();
      await database.close();
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
