import { compareDeb } from "./deb.ts";
import { compareSemver } from "./semver.ts";

/** Negative, 0 or positive; `null` when the two cannot be compared. Never an order of strings. */
export type VersionOrder = (left: string, right: string) => number | null;

/** By the part of OSV's ecosystem name before the release (`Debian:12` → `Debian`). */
const orders: Readonly<Record<string, VersionOrder>> = {
  Debian: compareDeb,
  Ubuntu: compareDeb,
  npm: compareSemver,
  Go: compareSemver,
  "crates.io": compareSemver,
  Hex: compareSemver,
  Pub: compareSemver,
  SwiftURL: compareSemver,
  Bitnami: compareSemver,
};

/** The order of an ecosystem's versions, or `null` where we have none: then nothing is known. */
export function orderOf(ecosystem: string): VersionOrder | null {
  const base = ecosystemBase(ecosystem);
  return Object.hasOwn(orders, base) ? (orders[base] ?? null) : null;
}

export function ecosystemBase(ecosystem: string): string {
  const colon = ecosystem.indexOf(":");
  return colon < 0 ? ecosystem : ecosystem.slice(0, colon);
}
