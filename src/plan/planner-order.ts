import { sha256 } from "../base/digest.ts";
import type { PlanHost } from "./model.ts";
import { compareText } from "./planner-hosts.ts";

/**
 * The order in which a ring's hosts start. Whatever number is started first is a sample of the whole
 * ring: hosts are grouped by zone, service and operating system, and each group is spread evenly over
 * the line. Inside a group a digest decides, so the order is the same for every run and nobody picks.
 *
 * For a million hosts no object is made for each: ties and places are lists of numbers.
 */
export function stratified<C extends { readonly host: PlanHost }>(members: readonly C[]): C[] {
  const tieOf = (at: number): string => sha256((members[at] as C).host.protocolId);
  const ties = new Float64Array(members.length);
  for (let at = 0; at < ties.length; at += 1) ties[at] = fractionOf(tieOf(at));
  const byTie = (a: number, b: number): number =>
    (ties[a] as number) - (ties[b] as number) || compareText(tieOf(a), tieOf(b));
  const inOrder = sortedBy(ties, byTie);
  const strata = new Strata();
  for (const at of inOrder) strata.of((members[at] as C).host).push(at);
  if (strata.all.length < 2) return taken(members, inOrder);
  const places = new Float64Array(members.length);
  for (const group of strata.all) {
    for (const [place, at] of group.entries()) places[at] = (place + 0.5) / group.length;
  }
  const byPlace = (a: number, b: number): number =>
    (places[a] as number) - (places[b] as number) || byTie(a, b);
  return taken(members, sortedBy(places, byPlace));
}

function taken<C>(members: readonly C[], order: Uint32Array): C[] {
  const list: C[] = [];
  for (const at of order) list.push(members[at] as C);
  return list;
}

/** Hosts by zone, service and operating system; a key of all three would be written for each host. */
class Strata {
  readonly all: number[][] = [];
  readonly #byZone = new Map<string, Map<string, Map<string, number[]>>>();

  of({ labels, os }: PlanHost): number[] {
    const byService = within(this.#byZone, labels["zone"] ?? "");
    const byOs = within(byService, labels["service"] ?? "");
    const known = byOs.get(os);
    if (known !== undefined) return known;
    const added: number[] = [];
    byOs.set(os, added);
    this.all.push(added);
    return added;
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
function sortedBy(keys: Float64Array, compare: (a: number, b: number) => number): Uint32Array {
  const numbers = 2 ** Math.ceil(Math.log2(Math.max(2, keys.length)));
  const steps = 2 ** 53 / numbers;
  const packed = keys.map((key, at) => Math.floor(key * steps) * numbers + at).sort();
  const order = Uint32Array.from(packed, (one) => one % numbers);
  const stepOf = (at: number): number => Math.floor((packed[at] as number) / numbers);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && stepOf(to) === stepOf(from)) to += 1;
    if (to - from > 1) order.subarray(from, to).sort(compare);
    from = to;
  }
  return order;
}
