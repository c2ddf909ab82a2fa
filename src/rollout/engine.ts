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
/** Talks with hosts that call in, beside the connections: no process, some tens of kilobytes each. */
export const AGENTS_MAX = 1000;

/** Enough for a statement to be cheap per row, few enough to commit within some milliseconds. */
export const CLAIM_BATCH_MAX = 1000;
/**
 * A talk whose server does not keep it for this long is taken up by another one; well below the time
 * for which a host waits for its permit.
 */
export const TALK_SECONDS = 12;
/** A server that is gone is replaced after this long; a paused one finds another epoch. */
export const OWNER_SECONDS = 10;
/** After a permit, a host that never said that it began is asked about after this much more. */
export const PERMIT_MARGIN_SECONDS = 60;
/** Between two words of a working host: a large package may unpack and configure this long. */
export const JOB_SILENCE_SECONDS = 900;
/** A host that held an ordered revert before it began is asked again after this long. */
export const REVERT_AGAIN_SECONDS = 60;
