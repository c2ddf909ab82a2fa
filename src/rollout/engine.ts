import type { MachineKey } from "../base/sshsig.ts";
import type { World } from "../db/world.ts";
import type { Executor } from "../fleet/model.ts";

/** What the engine of one server is given. */
export interface Engine {
  readonly world: World;
  /** Names this server process in leases; another process never has the same. */
  readonly server: string;
  readonly executor: Executor;
  /** Signs orders; hosts know its public half as their dispatcher. */
  readonly dispatcherKey: MachineKey;
}

/** A claimed job whose server is gone, and that no other server took up, is free after this long. */
export const LEASE_SECONDS = 120;
/** Who talks to a host says so this often (`TALK_SECONDS` is how long that is believed). */
export const KEEP_LEASES_MS = 4_000;
/** Connections at once; each costs some megabytes and an `ssh` process. */
export const CONVERSATIONS_MAX = 64;
