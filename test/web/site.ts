import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Listener, listen } from "../../src/db/notify.ts";
import type { World } from "../../src/db/world.ts";
import { ensureSetupSecret } from "../../src/identity/store-setup-secret.ts";
import { startSequencer } from "../../src/ledger/loops.ts";
import { openLogKey } from "../../src/ledger/store-log-key.ts";
import { startHints } from "../../src/reports/loops-live.ts";
import { allRoutes } from "../../src/server/all-routes.ts";
import { loadPages } from "../../src/server/pages.ts";
import { startServer } from "../../src/server/server.ts";
import { firstAdmin } from "../builders/first-admin.ts";
import { testWorld } from "../setup/world.ts";

const root = resolve(import.meta.dirname, "../..");

/** The real server with the built pages over a database of its own; nothing visits hosts. */
export interface Site {
  readonly world: World;
  readonly url: string;
  /** The admin's token, for what a test prepares through the API. */
  readonly token: string;
  /** Nothing works in the background from now on, as in a server that is for reading only. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export async function openSite(
  options: { readonly isSetUp?: boolean; readonly hasStarter?: boolean } = {},
): Promise<Site> {
  const pages = loadPages(builtPages());
  const { hasStarter = false } = options;
  const { world, connection, close } = await testWorld({ hasStarter });
  const secretPath = await ensureSetupSecret(world);
  const hints = startHints(world, connection);
  const server = await startServer(world, allRoutes, { checkReplies: true, pages });
  const sequencer = startSequencer(world, await openLogKey(world));
  const listener: Listener = listen(connection, ["ledger"], () => sequencer.wake());
  const token = options.isSetUp === false ? "" : await firstAdmin(server.url, secretPath ?? "");
  return {
    world,
    url: server.url,
    token,
    rest: () => sequencer.stop(),
    async close() {
      await server.close();
      await hints.close();
      await listener.close();
      await sequencer.stop();
      await close();
    },
  };
}

/** Builds the pages when they are older than what they are made of, as the launcher does. */
export function builtPages(): string {
  const folder = resolve(root, "dist/web");
  execFileSync("sh", ["-c", '. "$here/scripts/pages.sh"'], {
    env: { ...process.env, here: root, FETTLE_NODE: process.execPath },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (!existsSync(resolve(folder, "index.html"))) throw new Error("the pages could not be built");
  return folder;
}
