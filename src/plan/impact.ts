import type { HostId } from "../base/ids.ts";
import type { Around } from "../inventory/around.ts";
import type { PlanHost, ResolvedPair } from "./model.ts";

/**
 * What a plan touches beside what it changes, as far as the hosts' own package managers told it. Each
 * answer counts for the hosts that share it; hosts whose package manager could not tell are counted
 * apart, so that silence never reads as "nothing depends on it".
 */
export interface Impact {
  /** Hosts of the plan of which it is known, and of which it is not. */
  readonly known: number;
  readonly unknown: number;
  readonly dependents: readonly Dependents[];
  /** The most packages that depend on any of it, however far away, on one host. */
  readonly reachedMax: number;
  /** Edited files, as seen on the hosts that were asked: one for each kind of host. */
  readonly conffiles: readonly (Around["conffiles"][number] & { readonly hosts: number })[];
}

export interface Dependents {
  /** A package that is changed, and on how many hosts. */
  readonly name: string;
  readonly hosts: number;
  /** The most installed packages that name it on one host. */
  readonly countMax: number;
  /** The first of them by name, with on how many hosts. */
  readonly first: readonly { readonly name: string; readonly hosts: number }[];
}

const NAMED_MAX = 100;

export function impactOf(of: {
  readonly hosts: readonly PlanHost[];
  readonly resolutions: readonly ResolvedPair[];
  /** Those that the plan takes. */
  readonly taken: ReadonlySet<HostId>;
}): Impact {
  // By package set, then by offer set: a key of both would be written anew for each host.
  const perPair = new Map<string, Map<string, number>>();
  for (const { id, packageSet, offerSet } of of.hosts) {
    if (!of.taken.has(id) || packageSet === null || offerSet === null) continue;
    const ofSet = perPair.get(packageSet) ?? new Map<string, number>();
    perPair.set(packageSet, ofSet.set(offerSet, (ofSet.get(offerSet) ?? 0) + 1));
  }
  const told = of.resolutions.flatMap((pair) => {
    const hosts = perPair.get(pair.packageSet)?.get(pair.offerSet) ?? 0;
    const around = pair.outcome.kind === "moves" ? pair.outcome.resolution.around : null;
    return hosts === 0 || around === null ? [] : [{ hosts, around }];
  });
  const known = told.reduce((sum, { hosts }) => sum + hosts, 0);
  return {
    known,
    unknown: of.taken.size - known,
    dependents: dependentsOf(told),
    reachedMax: Math.max(0, ...told.map(({ around }) => around.reached)),
    conffiles: conffilesOf(told),
  };
}

interface Told {
  readonly hosts: number;
  readonly around: Around;
}

function dependentsOf(told: readonly Told[]): Dependents[] {
  const found = new Map<string, { hosts: number; countMax: number; first: Map<string, number> }>();
  for (const { hosts, around } of told) {
    for (const { name, count, first } of around.dependents) {
      const entry = found.get(name) ?? { hosts: 0, countMax: 0, first: new Map() };
      found.set(name, entry);
      entry.hosts += hosts;
      entry.countMax = Math.max(entry.countMax, count);
      for (const one of first) entry.first.set(one, (entry.first.get(one) ?? 0) + hosts);
    }
  }
  return [...found]
    .map(([name, { hosts, countMax, first }]) => ({
      ...{ name, hosts, countMax },
      first: byName([...first].map(([one, count]) => ({ name: one, hosts: count }))).slice(
        0,
        NAMED_MAX,
      ),
    }))
    .sort((a, b) => b.countMax - a.countMax || (a.name < b.name ? -1 : 1));
}

function conffilesOf(told: readonly Told[]): Impact["conffiles"] {
  const found = new Map<string, Impact["conffiles"][number]>();
  for (const { hosts, around } of told) {
    for (const file of around.conffiles) {
      const key = `${file.path} ${file.state}`;
      found.set(key, { ...file, hosts: (found.get(key)?.hosts ?? 0) + hosts });
    }
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function byName<Row extends { readonly name: string }>(rows: Row[]): Row[] {
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}
