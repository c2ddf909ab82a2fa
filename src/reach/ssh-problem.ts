import { harmless } from "./host-message.ts";
import type { ReachProblem } from "./model.ts";

/**
 * What OpenSSH's client says on standard error, as typed problems. Its messages are not translated.
 * The order matters: a changed key also says "verification failed".
 */
export function sshProblem(stderr: string, where: string): ReachProblem | null {
  for (const [pattern, problem] of known) {
    if (pattern.test(stderr)) return problem(where);
  }
  return null;
}

type Known = readonly [RegExp, (where: string) => ReachProblem];

const known: readonly Known[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/,
    (where) => ({
      kind: "host-key-changed",
      message: `${where} shows another host key than the one pinned for it, so nothing was sent. If the host was reinstalled, check the new key's fingerprint on the host itself and pin that; otherwise somebody may be in between.`,
    }),
  ],
  [
    /No \S+ host key is known for|no matching host key type found|Host key verification failed/,
    (where) => ({
      kind: "host-key-unknown",
      message: `${where} shows no host key that is pinned for it, so nothing was sent. Check the fingerprint on the host itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and pin that key.`,
    }),
  ],
  [
    /Unable to negotiate with|no matching (cipher|MAC|key exchange)/,
    (where) => ({
      kind: "algorithms",
      message: `${where} offers only encryption that is too weak to be used. Update its SSH server.`,
    }),
  ],
  [
    /bad permissions|UNPROTECTED PRIVATE KEY FILE|Load key .*: /,
    (where) => ({
      kind: "identity-file",
      message: `The private key for ${where} cannot be used: it must be a key without passphrase that only its owner may read (mode 0600).`,
    }),
  ],
  [
    /Permission denied|Too many authentication failures|no such identity/i,
    (where) => ({
      kind: "authentication",
      message: `${where} refused the login, so nothing was sent. Check that this user exists there and that the public half of the server's key stands in its authorized_keys; the host's own log (auth.log or journalctl -u ssh) says which of them.`,
    }),
  ],
  [
    /timed out during banner exchange|banner exchange|kex_exchange_identification/,
    (where) => ({
      kind: "no-answer",
      message: `Something listens at ${where}, but it does not answer as an SSH server. Look on the host's console whether sshd hangs, or whether another program has that port.`,
    }),
  ],
  [
    /Could not resolve hostname/,
    (where) => ({
      kind: "unreachable",
      message: `The name in ${where} is not known to this server. Check its spelling and the server's name service.`,
    }),
  ],
  [
    /Connection refused|No route to host|Network is unreachable|Connection timed out|Operation timed out|connect to host/,
    (where) => ({
      kind: "unreachable",
      message: `${where} cannot be reached. Check that it runs, its address and port, and the network between.`,
    }),
  ],
  [
    /Connection (closed|reset)|Broken pipe|Timeout, server .* not responding/,
    (where) => ({ kind: "connection-lost", message: brokenConnection(where) }),
  ],
];

export function brokenConnection(where: string): string {
  return `The connection to ${where} broke. If it stays so, look at the network between and at sshd's log there.`;
}

/** Codes of the bootstrap: no private file could be made, or the program did not fit into it. */
const STORE_CODES = [71, 72];

/** What the remote side said before the host program could start. */
export function startProblem(stderr: string, code: number, where: string): ReachProblem {
  if (/^sudo:.*(password is required|terminal is required|askpass)/m.test(stderr)) {
    return {
      kind: "sudo-password",
      message: `On ${where}, sudo asks for a password. Allow the user to run sh without one, or log in as root.`,
    };
  }
  if (/^sudo:|is not in the sudoers file|may not run sudo|sudo: not found/m.test(stderr)) {
    return { kind: "sudo-password", message: `On ${where}, the user may not use sudo.` };
  }
  if (code === 126 || code === 127) {
    return {
      kind: "program-missing",
      message: `The host program is not installed on ${where}. Put it at /usr/sbin/fettle-host there, or let the server send it with each connection (--program piped).`,
    };
  }
  const said = harmless(stderr.trim().split("\n").at(-1) ?? "").slice(0, 200);
  const why = said === "" ? `it ended with code ${code}` : `it said: ${said}`;
  if (STORE_CODES.includes(code)) {
    const message = `The host program could not be stored in /tmp on ${where}: ${why}. Free space there, or make it writable.`;
    return { kind: "program-refused", message };
  }
  const message = `The host program did not start on ${where}: ${why}. Log in there as the same user to see what stops it (shell, profile, forced command).`;
  return { kind: "program-refused", message };
}
