import { remoteCommand, type SshTarget } from "./ssh-command.ts";

/**
 * What a certificate of ours is good for on one host, and the lines by which its root says so.
 *
 * The authority stands in `authorized_keys`, never in `TrustedUserCAKeys`: there a certificate carries
 * its own command and its own name of a user, and whoever holds the authority is root (host protocol
 * §9). In this form the line names the command and the principals, and sshd refuses what differs.
 */
export const purposes = ["look", "job", "person"] as const;
export type Purpose = (typeof purposes)[number];

/** By the host's own id, so that no certificate is good for another one. */
export function principalFor(purpose: Purpose, protocolId: string): string {
  return `fettle-${purpose}-${protocolId}`;
}

const INSTALLED = {
  look: "/usr/sbin/fettle-host serve look",
  job: "/usr/sbin/fettle-host serve",
} as const;

/** What sshd runs whatever is asked for. Of a piped program it is the command that takes it in. */
export function forcedCommand(
  target: SshTarget,
  purpose: "look" | "job",
  programBytes: number,
): string {
  if (target.program === "installed") return INSTALLED[purpose];
  return remoteCommand(target, programBytes);
}

/** A person's own login ends with the certificate: nothing of it outlives the elevation. */
export function personCommand(seconds: number): string {
  return `exec timeout --foreground -s HUP -k 5 ${Math.max(1, Math.trunc(seconds))} "$SHELL" -l`;
}

export interface AuthorityLines {
  /** For `authorized_keys` of the user that Fettle signs in as. */
  readonly server: readonly string[];
  /** For `authorized_keys` of the account that people may use; leave it out where nobody should. */
  readonly people: readonly string[];
}

/** The exact lines for one host, for each authority that it should trust. */
export function authorityLines(
  host: { readonly protocolId: string; readonly program: "piped" | "installed" },
  keyLines: readonly string[],
): AuthorityLines {
  const { protocolId, program } = host;
  const name = (purpose: Purpose): string => principalFor(purpose, protocolId);
  const forCommand = (key: string, purpose: "look" | "job"): string =>
    `restrict,cert-authority,principals="${name(purpose)}",command="${INSTALLED[purpose]}" ${key}`;
  const server = keyLines.flatMap((key) =>
    program === "installed"
      ? [forCommand(key, "job"), forCommand(key, "look")]
      : [`restrict,cert-authority,principals="${name("job")},${name("look")}" ${key}`],
  );
  const people = keyLines.map(
    (key) => `restrict,pty,cert-authority,principals="${name("person")}" ${key}`,
  );
  return { server, people };
}
