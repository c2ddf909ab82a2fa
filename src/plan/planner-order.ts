import { sha256 } from "../base/digest.ts";
import { type InPieces, PIECE } from "../base/pieces.ts";
import type { PlanHost } from "./model.ts";
import { compareText } from "./planner-hosts.ts";

/**
 * The order in which a ring's hosts start. Whatever number is started first is a sample of the whole
 * ring: hosts are grouped by zone, service and operating system, and each group is spread evenly over
 * the line. Inside a group a digest decides, so the order is the same for every run and nobody picks.
 *
 * For a million hosts no object is made for each: ties and places are lists of numbers.
 */
export function* stratified<C extends { readonly host: PlanHost }>(
  members: readonly C[],
): InPieces<C[]> {
  const tieOf = (at: number): string => sha256((members[at] as C).host.protocolId);
  const ties = new Float64Array(members.length);
  const strata = new Strata(members.length);
  for (let at = 0; at < ties.length; at += 1) {
    if (at % PIECE === 0) yield;
    ties[at] = fractionOf(tieOf(at));
    strata.put(at, (members[at] as C).host);
  }
  const byTie = (a: number, b: number): number =>
    (ties[a] as number) - (ties[b] as number) || compareText(tieOf(a), tieOf(b));
  const inOrder = yield* sortedBy(ties, byTie);
  if (strata.count() < 2) return taken(members, inOrder);
  const places = strata.placesOf(inOrder);
  const byPlace = (a: number, b: number): number =>
    (places[a] as number) - (places[b] as number) || byTie(a, b);
  return taken(members, yield* sortedBy(places, byPlace));
}

function taken<C>(members: readonly C[], order: Uint32Array): C[] {
  const list: C[] = [];
  for (const at of order) list.push(members[at] as C);
  return list;
}

/**
 * Hosts by zone, service and operating system; a key of all three would be written for each host. They are
 * put in as they lie in memory: in the order of their ties each would be fetched from elsewhere.
 */
class Strata {
  readonly #byZone = new Map<string, Map<string, Map<string, number>>>();
  /** The stratum of each host. */
  readonly #of: Uint32Array;
  /** How many hosts each has. */
  readonly #sizes: number[] = [];

  constructor(hosts: number) {
    this.#of = new Uint32Array(hosts);
  }

  count(): number {
    return this.#sizes.length;
  }

  put(at: number, { labels, os }: PlanHost): void {
    const byService = within(this.#byZone, labels["zone"] ?? "");
    const byOs = within(byService, labels["service"] ?? "");
    const stratum = byOs.get(os) ?? this.#sizes.length;
    byOs.set(os, stratum);
    this.#of[at] = stratum;
    this.#sizes[stratum] = (this.#sizes[stratum] ?? 0) + 1;
  }

  /** From 0 to 1, where each stands when every stratum is spread evenly over the line, in this order. */
  placesOf(order: Uint32Array): Float64Array {
    const places = new Float64Array(order.length);
    const seen = new Uint32Array(this.#sizes.length);
    for (const at of order) {
      const stratum = this.#of[at] as number;
      const place = seen[stratum] as number;
      seen[stratum] = place + 1;
      places[at] = (place + 0.5) / (this.#sizes[stratum] as number);
    }
    return places;
  }
}

function within<V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const added = new Map<string, V>();
  map.set(key, added);
  return added;
}

/** The first 52 bits of a digest, as a number from 0 to 1: what a double holds exactly. */
function fractionOf(digest: string): number {
  return Number.parseInt(digest.slice(0, 13), 16) / 2 ** 52;
}

/**
 * The numbers of the keys in their order. Each key (from 0 to 1, 1 left out) is cut to what a double holds
 * beside its number, so that one sort of plain numbers does nearly all; only keys that were cut to the
 * same are compared one with the other.
 */
function* sortedBy(
  keys: Float64Array,
  compare: (a: number, b: number) => number,
): InPieces<Uint32Array> {
  const numbers = 2 ** Math.ceil(Math.log2(Math.max(2, keys.length)));
  const steps = 2 ** 53 / numbers;
  const packed = new Float64Array(keys.length);
  for (let at = 0; at < packed.length; at += 1) {
    packed[at] = Math.floor((keys[at] as number) * steps) * numbers + at;
  }
  yield;
  packed.sort();
  yield;
  const order = new Uint32Array(packed.length);
  for (let at = 0; at < order.length; at += 1) order[at] = (packed[at] as number) % numbers;
  yield;
  const stepOf = (at: number): number => Math.floor((packed[at] as number) / numbers);
  for (let [from, next] = [0, 0]; from < order.length; ) {
    if (from >= next) {
      yield;
      next = from + PIECE;
    }
    let to = from + 1;
    while (to < order.length && stepOf(to) === stepOf(from)) to += 1;
    if (to - from > 1) order.subarray(from, to).sort(compare);
    from = to;
  }
  return order;
}
