import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where an installed package keeps what a clone keeps in itself. A package's own folder is replaced
 * by every upgrade, so neither state nor configuration may stand there.
 */

/** True in the bundles that `npm run build` makes; a clone runs its TypeScript as it stands. */
export const isInstalled = import.meta.filename.endsWith(".js");

/** What people type to reach this program. */
export const commandName = isInstalled ? "fettle" : "./fettle";

/**
 * Beside and not in `/var/lib/fettle`, which on a managed host belongs to the host program and is
 * closed to everybody else, the database's user included: a server may manage its own machine.
 */
export const SYSTEM_STATE = "/var/lib/fettle-server";

export const SYSTEM_CONFIG = "/etc/fettle/fettle.yaml";

/** The state folder of an installed server that was told none. */
export function installedState(isRoot: boolean, stateHome: string | undefined): string {
  return isRoot ? SYSTEM_STATE : join(stateHome ?? join(homedir(), ".local/state"), "fettle");
}
