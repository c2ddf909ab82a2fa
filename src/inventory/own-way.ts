import type { HostWay } from "./model.ts";

/**
 * Whether people whose rights end at some labels may have the server go a way. They choose address and
 * key file themselves, and the server goes there as whoever it is: so the way must not lead to a
 * machine of somebody else under another name, nor use a key that nobody gave to their own hosts.
 */
export interface KnownWays {
  /** Key files that hosts of the person's own scope have or had; null is the server's own default. */
  readonly ownKeyFiles: readonly (string | null)[];
  /** Machines of live hosts outside that scope. */
  readonly foreign: readonly {
    readonly address: string;
    readonly port: number;
    readonly hostKeys: readonly string[];
  }[];
}

/** Why not, in words; null when it is allowed. */
export function wayRefusal(way: HostWay, known: KnownWays): string | null {
  if (way.kind === "local") {
    return "Only who manages hosts without a label limit adds the machine that the server runs on.";
  }
  // An agent comes by its own token, which was made within somebody's rights.
  if (way.kind === "agent") return null;
  // A certificate is good for that host alone, whoever added it.
  if (way.byCertificate !== true && !known.ownKeyFiles.includes(way.identityFile)) {
    return "None of your hosts is reached with this key file yet. Let somebody who manages hosts without a label limit add the first one with it.";
  }
  const isForeign = known.foreign.some(
    (other) =>
      (other.address === way.address && other.port === way.port) ||
      other.hostKeys.some((key) => way.hostKeys.includes(key)),
  );
  return isForeign ? "This machine cannot be added with your rights. Ask an administrator." : null;
}
