import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { placeOnce } from "../base/secret-file.ts";
import { type MachineKey, makeMachineKey, openMachineKey } from "../base/sshsig.ts";

/**
 * The server's machine keys in `<state>/keys/`, made once. `dispatcher` signs orders; `log` signs heads
 * of the ledger for hosts (the checkpoint's own key is Ed25519, which FIPS hosts do not take);
 * `piped-root` stands as root in the policies of piped hosts and signs nothing yet; `agent-ca` signs the
 * certificates of agents and of the server they call.
 */
export type MachineKeyName = "dispatcher" | "log" | "piped-root" | "agent-ca";

export function machineKey(state: string, name: MachineKeyName): MachineKey {
  return openMachineKey(machineKeyPem(state, name));
}

/** The private key itself, PKCS8 PEM, made at the first call. */
export function machineKeyPem(state: string, name: MachineKeyName): string {
  const folder = join(state, "keys");
  const file = join(folder, `${name}.pem`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pem = readIfThere(file) ?? makeOnce(file);
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Failure(
      "blocked",
      `The private key ${file} can be read by others. Nothing is signed with it: make it readable by its owner only (chmod 600), and if others had access, make a new one and enrol the hosts again.`,
    );
  }
  return pem;
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Failure("unavailable", `The private key ${file} cannot be read.`, { cause });
  }
}

function makeOnce(file: string): string {
  placeOnce(file, makeMachineKey().privateKeyPem);
  return readFileSync(file, "utf8");
}
