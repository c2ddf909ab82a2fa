import { keepLast } from "../base/kept.ts";
import { signDocument } from "../base/sshsig.ts";
import type { World } from "../db/world.ts";
import { writeHead } from "./log-proof.ts";
import type { Head } from "./order.ts";
import { machineKey } from "./store-keys.ts";

/** A head as hosts read it: the body of its checkpoint, and the SSH signature of the log's key. */
export interface SignedHead {
  readonly text: string;
  readonly signature: string;
}

const HEADS_KEPT_MAX = 16;
const signedHeads = new Map<string, string>();

/** Most jobs of a batch, and all witnesses, refer to the same head. */
export function signedHead(world: World, head: Head): SignedHead {
  const key = machineKey(world.paths.state, "log");
  const text = writeHead({ origin: `${world.config.deployment}/fettle-ledger`, ...head });
  const name = `${key.publicKeyLine}\n${text}`;
  const known = signedHeads.get(name);
  if (known !== undefined) return { text, signature: known };
  const made = signDocument({ namespace: "fettle-head-v1", key, bytes: text });
  return { text, signature: keepLast(signedHeads, HEADS_KEPT_MAX, [name, made]) };
}
