import { createHash } from "node:crypto";
import { type HostKey, hostKeyAlgorithms } from "./host-key.ts";
import type { Keeps, ReachTarget } from "./model.ts";

export type SshTarget = Extract<ReachTarget, { kind: "ssh" }>;

/**
 * The arguments of OpenSSH's client.
 *
 * The user's own configuration is read, because that is where jump hosts, addresses and agents are
 * set up. But the first value of an option wins (ssh_config(5)), and everything that checks the host,
 * limits what it gets from us, or could run a command is set here, before any file is read. A jump
 * host is checked by the user's own rules; it only carries bytes, as the target's key is pinned here.
 *
 * A connection kept for later sessions costs a process that serves it, so a session which nothing
 * follows soon keeps none.
 */
export function sshArgs(
  target: SshTarget,
  files: { readonly knownHosts: string; readonly controlPath: string },
  keys: readonly HostKey[],
  keeps: Keeps = "connection",
): readonly string[] {
  const options = {
    ...checks,
    ...algorithms,
    ...nothingElse,
    ...patience,
    HostKeyAlias: KEY_ALIAS,
    HostKeyAlgorithms: hostKeyAlgorithms(keys).join(","),
    UserKnownHostsFile: optionPath(files.knownHosts),
    // Without a master, a connection that is kept already serves this session too.
    ControlMaster: keeps === "connection" ? "auto" : "no",
    ControlPath: optionPath(files.controlPath),
    ControlPersist: String(CONTROL_PERSIST_S),
    ...(target.certificateFile === undefined ? {} : alone(target.certificateFile)),
    ...(target.identityFile === null
      ? {}
      : { IdentitiesOnly: "yes", IdentityFile: optionPath(target.identityFile) }),
  };
  return [
    "-T",
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    "-l",
    target.user,
    "-p",
    String(target.port),
    "--",
    target.address,
  ];
}

/** A certificate is for one connection: nothing rides on it, and no other key is tried. */
function alone(certificateFile: string): Readonly<Record<string, string>> {
  return {
    CertificateFile: optionPath(certificateFile),
    IdentityAgent: "none",
    ControlMaster: "no",
    ControlPath: "none",
  };
}

/** A connection is kept this long for the next session; after a crash it ends by itself. */
const CONTROL_PERSIST_S = 60;

/** Each host has a known_hosts file of its own, in which its keys go by this name. */
export const KEY_ALIAS = "fettle-host";

const checks = {
  StrictHostKeyChecking: "yes",
  GlobalKnownHostsFile: "/dev/null",
  KnownHostsCommand: "none",
  VerifyHostKeyDNS: "no",
  CheckHostIP: "no",
  UpdateHostKeys: "no",
  NoHostAuthenticationForLocalhost: "no",
} as const;

/** OpenSSH's own defaults without anything weaker, whatever a configuration file adds. */
const algorithms = {
  KexAlgorithms:
    "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256",
  Ciphers:
    "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr",
  MACs: "umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512",
} as const;

const nothingElse = {
  BatchMode: "yes",
  PasswordAuthentication: "no",
  KbdInteractiveAuthentication: "no",
  HostbasedAuthentication: "no",
  GSSAPIAuthentication: "no",
  AddKeysToAgent: "no",
  ForwardAgent: "no",
  ForwardX11: "no",
  ForwardX11Trusted: "no",
  ClearAllForwardings: "yes",
  Tunnel: "no",
  PermitLocalCommand: "no",
  RemoteCommand: "none",
  RequestTTY: "no",
  EscapeChar: "none",
  SessionType: "default",
  StdinNull: "no",
  ForkAfterAuthentication: "no",
  // Below INFO, OpenSSH does not say why it could not agree on a host key or a cipher.
  LogLevel: "INFO",
} as const;

const patience = {
  ConnectTimeout: "10",
  ConnectionAttempts: "1",
  ServerAliveInterval: "10",
  ServerAliveCountMax: "3",
  TCPKeepAlive: "yes",
} as const;

/**
 * A file name as ssh_config reads one: quoted because of spaces, `%` doubled because of its tokens
 * (ssh_config(5), TOKENS), `$` not followed by a brace so that no variable is put in.
 */
function optionPath(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}

/** Paths that `optionPath` cannot express. */
export function isExpressiblePath(path: string): boolean {
  return path.startsWith("/") && !/["\\\n\r]|\$\{/.test(path);
}

/**
 * Name of the socket of a shared connection: short, as a socket's path ends at 107 bytes and OpenSSH
 * adds 17 of its own while it opens one. Everything that decides who is at the other end is in it, so
 * a session never rides on a connection that was made under other pins.
 */
export function controlName(target: SshTarget): string {
  const parts = [target.user, target.address, String(target.port), target.identityFile ?? ""];
  const text = JSON.stringify([...parts, ...target.hostKeys]);
  return `s-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/**
 * The remote command. `installed`: a forced command ignores it; without one it still starts only the
 * host program, never a shell that would read our lines. `piped`: reads exactly so many bytes as the
 * program has into a private file and runs that with the rest of the input. The number is all that
 * varies.
 */
export function remoteCommand(target: SshTarget, programBytes: number): string {
  if (target.program === "installed") return "exec /usr/sbin/fettle-host serve";
  const sudo = target.user === "root" ? "" : "sudo -n ";
  return `exec ${sudo}sh -c '${bootstrap(programBytes)}'`;
}

/** Holds no quote, no exclamation mark and no line break, so any login shell passes it on whole. */
export function bootstrap(programBytes: number): string {
  return [
    "umask 077",
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "f=$(mktemp /tmp/fettle-host.XXXXXXXXXX) || exit 71",
    // A signal that comes while it cleans up must not end the cleaning.
    'c() { trap "" HUP TERM PIPE; rm -f $f; }',
    "trap c EXIT",
    'trap "exit 143" HUP TERM',
    // The shell's own word about a killed program must not kill it when nobody reads any more. An
    // empty trap would be inherited by the program; this one is not.
    "trap : PIPE",
    `head -c ${Math.trunc(programBytes)} >$f || exit 72`,
    "sh $f piped",
    // Not the last command, so that no shell replaces itself and loses the trap.
    "exit $?",
  ].join("; ");
}
