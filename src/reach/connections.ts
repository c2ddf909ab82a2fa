import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../base/run-command.ts";

/**
 * Ends the shared connections that this server's sockets folder holds, so that a server which stops
 * leaves no process behind. A socket nobody listens on any more is removed.
 */
export async function closeConnections(sockets: string): Promise<void> {
  const names = readdirSync(sockets).filter((name) => /^s-[0-9a-f]{16}$/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const path = join(sockets, name);
      const result = await runCommand({
        program: "ssh",
        args: ["-F", "/dev/null", "-S", path, "-O", "exit", "--", "host"],
        timeoutMs: 5_000,
        outputBytesMax: 4_096,
      });
      if (result.code !== 0) rmSync(path, { force: true });
    }),
  );
}
