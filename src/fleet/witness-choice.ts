import type { HostId } from "../base/ids.ts";
import type { Head } from "./order.ts";

/** One witness's signature over one head. */
export interface SeenBy extends Head {
  readonly witness: string;
  /** The host that signed; null for a witness elsewhere. */
  readonly host: HostId | null;
  readonly signature: string;
}

export interface ChosenHead {
  readonly head: Head;
  readonly cosignatures: readonly { readonly witness: string; readonly signature: string }[];
}

/** Of which a bundle may bring no more (host protocol §1.3). */
const COSIGNATURES_MAX = 8;

/**
 * Which head a bundle brings: the newest that enough others signed and that is not older than the one
 * the host saw; else the newest of all, with whatever word there is for it. A host that demands
 * witnesses judges by itself whether that is enough.
 */
export function chooseHead(of: {
  readonly newest: Head;
  /** How many the deployment wants; 0: none. */
  readonly need: number;
  /** Over heads that cover the approval, newest head first. */
  readonly cosigned: readonly SeenBy[];
  readonly host: HostId;
  readonly seen: Head;
}): ChosenHead {
  // Nobody is a witness for itself.
  const others = of.cosigned.filter(({ host, size }) => host !== of.host && size >= of.seen.size);
  const sizes = [...new Set(others.map(({ size }) => size))].sort((a, b) => b - a);
  const enough = sizes.find(
    (size) => others.filter((one) => one.size === size).length >= Math.max(1, of.need),
  );
  const isWanted = of.need > 0 && enough !== undefined;
  const size = isWanted ? enough : of.newest.size;
  const words = others.filter((one) => one.size === size);
  const root = words[0]?.root ?? of.newest.root;
  const head = isWanted ? { size, root } : of.newest;
  const cosignatures = words
    .filter((one) => one.root === head.root)
    .slice(0, COSIGNATURES_MAX)
    .map(({ witness, signature }) => ({ witness, signature }));
  return { head, cosignatures };
}
