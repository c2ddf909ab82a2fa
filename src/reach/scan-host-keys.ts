import { Failure } from "../base/failure.ts";
import { runCommand } from "../base/run-command.ts";
import { type HostKey, parseHostKey } from "./host-key.ts";

/**
 * The host keys an address shows right now, to be *shown* to a person. They are not to be trusted by
 * themselves: a host is added only with a key that somebody compared on another way.
 */
export async function scanHostKeys(address: string, port: number): Promise<readonly HostKey[]> {
  if (!/^[A-Za-z0-9:][A-Za-z0-9._:%-]{0,254}$/.test(address)) {
    throw new Failure("invalid", "The address is not a host name or IP address.");
  }
  const result = await runCommand({
    program: "ssh-keyscan",
    args: ["-T", "5", "-p", String(port), "-t", "ed25519,ecdsa,rsa", "--", address],
    timeoutMs: 20_000,
    outputBytesMax: 256 * 1024,
  });
  const keys = result.stdout
    .toString("latin1")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => parseHostKey(line.split(/\s+/).slice(1).join(" ")) ?? []);
  if (keys.length > 0) return keys;
  throw new Failure(
    "unavailable",
    `No SSH server showed a host key at ${address}, port ${port}. Check the address, the port and that the host runs.`,
  );
}
