import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import type { World } from "../db/world.ts";
import { loadKeyUses } from "./store-own-keys.ts";

/**
 * Keys that are made where they are missing, and must not be made twice: hosts know their public halves.
 * A server that came to a database with hosts and without these files would be refused by each of them,
 * so it does not start.
 */
export async function demandOwnKeys(world: World): Promise<void> {
  const uses = await loadKeyUses(world.db);
  const needed = [
    ...(uses.enrolled ? ["dispatcher.pem"] : []),
    ...(uses.agents ? ["agent-ca.pem", "agent-ca.crt"] : []),
    ...(uses.authority === null ? [] : [`ssh-ca-${uses.authority}.pem`]),
  ];
  const folder = join(world.paths.state, "keys");
  const missing = needed.filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return;
  throw new Failure(
    "blocked",
    `Hosts of this database know the keys of another state folder: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not in ${folder}. Put the folder back from a backup, or copy it from another server of this database; new keys would be refused by every host.`,
  );
}
