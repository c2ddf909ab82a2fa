import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { placeOnce } from "../base/secret-file.ts";
import { type MachineKey, makeMachineKey, openMachineKey } from "../base/sshsig.ts";

/**
 * Keys of the authority that signs SSH user certificates, in `<state>/keys/` beside the other machine
 * keys and never in the database; one file for each generation, made once.
 */
export function authorityKey(state: string, generation: number): MachineKey {
  const folder = join(state, "keys");
  const file = join(folder, `ssh-ca-${Math.trunc(generation)}.pem`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    placeOnce(file, makeMachineKey().privateKeyPem);
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Failure(
      "blocked",
      `The private key ${file} can be read by others. No certificate is signed with it: make it readable by its owner only (chmod 600), and if others had access, make another authority.`,
    );
  }
  return openMachineKey(readFileSync(file, "utf8"));
}
