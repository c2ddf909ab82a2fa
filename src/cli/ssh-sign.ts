import { existsSync } from "node:fs";
import { Failure } from "../base/failure.ts";
import { runCommand } from "../base/run-command.ts";

const SIGN_TIMEOUT_MS = 120_000;

/**
 * Signs with `ssh-keygen -Y sign`, so that file keys, agents and hardware keys work as the user has
 * set them up; the key never passes through this program.
 */
export async function signWithSshKey(request: {
  readonly key: string;
  readonly namespace: string;
  readonly text: string;
}): Promise<string> {
  if (!existsSync(request.key)) {
    throw new Failure("not-found", `There is no key file ${request.key}.`);
  }
  const result = await runCommand({
    program: "ssh-keygen",
    args: ["-Y", "sign", "-q", "-n", request.namespace, "-f", request.key],
    input: request.text,
    timeoutMs: SIGN_TIMEOUT_MS,
    outputBytesMax: 64 * 1024,
  });
  const signature = result.stdout.toString("utf8");
  if (result.code === 0 && signature.startsWith("-----BEGIN SSH SIGNATURE-----")) return signature;
  throw new Failure(
    "blocked",
    `ssh-keygen did not sign with ${request.key}: ${result.stderr.toString("utf8").trim().slice(0, 300) || "no reason given"}. If the key has a passphrase, add it to your agent first (ssh-add) and give its .pub file.`,
  );
}
