import { Failure } from "../src/base/failure.ts";

/** Chooses a private /24 for a run: pure, so that the choice can be tested on any routing table. */

/** 10.213.0.0/16 is rarely routed; each run takes one /24 of it. */
const FIRST_TWO = "10.213";

export interface Subnet {
  readonly third: number;
  readonly gateway: string;
  readonly prefix: string;
}

/** The order in which a run tries its subnets: from a place of its own, once around. */
export function subnetCandidates(id: string, routedCidrs: readonly string[]): readonly Subnet[] {
  const start = Number.parseInt(id.slice(0, 2), 16);
  const thirds = Array.from({ length: 256 }, (_, index) => (start + index) % 256);
  const free = thirds
    .map(subnet)
    .filter(({ prefix }) => !routedCidrs.some((cidr) => overlaps(prefix, cidr)));
  if (free.length > 0) return free;
  throw new Failure(
    "unavailable",
    `The lab found no free network: this machine routes all of ${FIRST_TWO}.0.0/16. Remove such a route, or run the lab elsewhere.`,
  );
}

export function subnet(third: number): Subnet {
  return {
    third,
    gateway: `${FIRST_TWO}.${third}.1`,
    prefix: `${FIRST_TWO}.${third}.0/24`,
  };
}

export function hostAddress(network: Subnet, hostNumber: number): string {
  return `${FIRST_TWO}.${network.third}.${hostNumber + 10}`;
}

/** True when two IPv4 networks share an address; a bare address counts as /32. */
export function overlaps(left: string, right: string): boolean {
  const a = parseCidr(left);
  const b = parseCidr(right);
  if (a === null || b === null) return false;
  const size = 2 ** (32 - Math.min(a.length, b.length));
  return Math.floor(a.first / size) === Math.floor(b.first / size);
}

function parseCidr(text: string): { first: number; length: number } | null {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  if (match === null) return null;
  const octets = match.slice(1, 5).map(Number);
  const length = match[5] === undefined ? 32 : Number(match[5]);
  return { first: octets.reduce((sum, octet) => sum * 256 + octet, 0), length };
}
