import { connect } from "node:net";
import type { LabHost } from "./host.ts";
import { waitFor } from "./machine.ts";

/** What installs the host program behind a forced command, as somebody other than the server would. */
export interface ForcedCommand {
  /** Text of the host program. */
  readonly program: string;
  /** Texts of /etc/fettle/policy and /etc/fettle/identity. */
  readonly policy: string;
  readonly identity: string;
  /** The server's key, `type base64`, without options; or the lines of `authorized_keys` in its place. */
  readonly publicKey: string | readonly string[];
}

/**
 * Afterwards root logs in with this key (or by these lines) only, and gets the host program only. The lab's operator
 * key no longer opens the host; `host.exec` still does.
 */
export async function installForcedCommand(host: LabHost, what: ForcedCommand): Promise<void> {
  const { publicKey } = what;
  const lines =
    typeof publicKey === "string"
      ? [`restrict,command="/usr/sbin/fettle-host serve" ${publicKey.trim()}`]
      : publicKey;
  await write(host, "/usr/sbin/fettle-host", what.program, "0755");
  await host.must(["install", "-d", "-m", "0755", "/etc/fettle"]);
  await host.must(["install", "-d", "-m", "0700", "/var/lib/fettle", "/root/.ssh"]);
  await write(host, "/etc/fettle/policy", what.policy, "0644");
  await write(host, "/etc/fettle/identity", what.identity, "0644");
  await write(host, "/root/.ssh/authorized_keys", `${lines.join("\n")}\n`, "0600");
  const setting = "PermitRootLogin forced-commands-only\n";
  await write(host, "/etc/ssh/sshd_config.d/fettle.conf", setting, "0644");
  await host.must(["sshd", "-t"]);
  // A reload lets go of the port and takes it again at some later instant; a restart begins at once, and
  // whoever comes next finds it listening.
  await host.must(["/etc/init.d/ssh", "restart"]);
  await waitFor(`${host.name} to listen for ssh again`, 10_000, async () => await greets(host));
}

/** Written beside and renamed, so that nobody reads half of it. */
async function write(host: LabHost, path: string, text: string, mode: string): Promise<void> {
  const part = `${path}.fettle-new`;
  await host.must(["install", "-m", mode, "/dev/null", part]);
  await host.must(["tee", part], { input: text });
  await host.must(["mv", "-f", part, path]);
}

/** Whether something that speaks SSH answers at the host's port (RFC 4253, 4.2). */
async function greets(host: LabHost): Promise<boolean> {
  const socket = connect({
    host: host.address,
    port: host.port,
    signal: AbortSignal.timeout(1_000),
  });
  try {
    for await (const bytes of socket) return String(bytes).startsWith("SSH-2.0-");
    return false;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
