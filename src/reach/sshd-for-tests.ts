import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { SshTarget } from "./ssh-command.ts";

/**
 * A real OpenSSH server on a free loopback port with host keys and an authorized key of its own, for
 * tests. It lets the present user in with that key and nothing else.
 */
export interface TestSshd {
  readonly folder: string;
  readonly port: number;
  readonly target: SshTarget;
  /** Host key lines by type. */
  readonly hostKeys: Readonly<Record<"ed25519" | "ecdsa", string>>;
  close(): Promise<void>;
}

export async function startSshd(
  options: {
    readonly forced?: string;
    /** In the place of the key: who is let in, line by line. */
    readonly authorizedKeys?: readonly string[];
  } = {},
): Promise<TestSshd> {
  const folder = mkdtempSync(join(tmpdir(), "fettle-sshd-"));
  const key = (name: string, type: string): string => {
    const path = join(folder, name);
    execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "", "-f", path]);
    return readFileSync(`${path}.pub`, "utf8").trim();
  };
  const hostKeys = { ed25519: key("host_ed25519", "ed25519"), ecdsa: key("host_ecdsa", "ecdsa") };
  const user = key("user", "ed25519");
  const limit = options.forced === undefined ? "" : `restrict,command="${options.forced}" `;
  const lines = options.authorizedKeys ?? [`${limit}${user}`];
  writeFileSync(join(folder, "authorized_keys"), `${lines.join("\n")}\n`, { mode: 0o600 });
  const port = await freePort();
  const config = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(folder, "host_ed25519")}`,
    `HostKey ${join(folder, "host_ecdsa")}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    `PidFile ${join(folder, "pid")}`,
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "StrictModes no",
    "UsePAM no",
  ];
  writeFileSync(join(folder, "config"), `${config.join("\n")}\n`);
  // Where sshd keeps its empty root; Debian makes it when the service starts.
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const child = spawn(
    "/usr/sbin/sshd",
    ["-D", "-E", join(folder, "log"), "-f", join(folder, "config")],
    { stdio: "ignore" },
  );
  await answersOn(port, child);
  return {
    folder,
    port,
    hostKeys,
    target: {
      kind: "ssh",
      user: userInfo().username,
      address: "127.0.0.1",
      port,
      identityFile: join(folder, "user"),
      hostKeys: [hostKeys.ed25519],
      program: "piped",
    },
    async close() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function answersOn(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (child.exitCode === null && Date.now() < deadline) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.once("error", () => resolve(false));
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`sshd did not start on port ${port}`);
}
