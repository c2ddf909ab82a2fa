import type { HostId } from "../base/ids.ts";
import type { Head } from "./order.ts";

/** One witness's signature over one head. */
export interface SeenBy extends Head {
  readonly witness: string;
  /** The host that signed; null for a witness elsewhere. */
  readonly host: HostId | null;
  /** The ring of that host. */
  readonly ring: string | null;
  /** Whose hands it is in; null where nobody said. */
  readonly operator: string | null;
  readonly signature: string;
}

export interface ChosenHead {
  readonly head: Head;
  readonly cosignatures: readonly { readonly witness: string; readonly signature: string }[];
}

/** How many must have signed for the work of a ring, and who counts for it (decision 0046). */
export interface RingRule {
  readonly ring: string;
  readonly need: number;
  /** Who runs the ring's hosts; null: nobody said. */
  readonly operator: string | null;
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
  /** What the host's ring wants beside that; null: nothing. */
  readonly rule: RingRule | null;
  /** Over heads that cover the approval, newest head first. */
  readonly cosigned: readonly SeenBy[];
  readonly host: HostId;
  readonly seen: Head;
}): ChosenHead {
  const { newest, rule } = of;
  // Nobody is a witness for itself.
  const others = of.cosigned.filter(({ host, size }) => host !== of.host && size >= of.seen.size);
  const at = (size: number) => others.filter((one) => one.size === size);
  const sizes = [...new Set(others.map(({ size }) => size))].sort((a, b) => b - a);
  const enough = sizes.find((size) => isEnough(at(size), { need: of.need, rule }));
  const isWanted = (of.need > 0 || rule !== null) && enough !== undefined;
  const words = at(isWanted ? enough : newest.size);
  const root = words[0]?.root ?? newest.root;
  const head = isWanted ? { size: enough, root } : newest;
  const cosignatures = firstOfEach(
    words.filter((one) => one.root === head.root),
    rule,
  )
    .slice(0, COSIGNATURES_MAX)
    .map(({ witness, signature }) => ({ witness, signature }));
  return { head, cosignatures };
}

function isEnough(
  words: readonly SeenBy[],
  { need, rule }: { readonly need: number; readonly rule: RingRule | null },
): boolean {
  if (words.length < Math.max(1, need)) return false;
  return rule === null || countFor(rule, words) >= rule.need;
}

type Placed = Pick<SeenBy, "witness" | "ring" | "operator">;

/**
 * Whether a witness counts for a ring: none of the ring itself, none of its operator's, and where the ring
 * names its operator none of whom nobody said whose it is. The database asks the same before each start
 * (`witness_counts_for`).
 */
export function countsFor(rule: RingRule, { ring, operator }: Omit<Placed, "witness">): boolean {
  if (ring === rule.ring) return false;
  return rule.operator === null || (operator !== null && operator !== rule.operator);
}

/** All that one operator has count once. */
export function countFor(rule: RingRule, witnesses: readonly Placed[]): number {
  const able = witnesses.filter((one) => countsFor(rule, one));
  return new Set(able.map(handsOf)).size;
}

function handsOf({ witness, operator }: Placed): string {
  return operator === null ? witness : `of ${operator}`;
}

/** Those that count for the ring first, one of each operator: a bundle may not hold all. */
function firstOfEach(words: readonly SeenBy[], rule: RingRule | null): readonly SeenBy[] {
  if (rule === null) return words;
  const counted = words.filter((one) => countsFor(rule, one));
  const firsts = [...new Map(counted.toReversed().map((one) => [handsOf(one), one])).values()];
  return [...new Set([...firsts.toReversed(), ...counted, ...words])];
}
