import type { HostGroup } from "../src/intel/exposure.ts";
import type { PostingLists } from "../src/intel/posting-lists.ts";
import { subjectOf } from "../src/intel/subject.ts";
import type { StoredPackage } from "../src/inventory/model.ts";
import type { NamedVersions } from "./real-packages.ts";

/**
 * A fleet in memory, of real package versions: half of it Debian 12, the rest AlmaLinux 8 and 9. Hosts
 * of one role have the same names; how old the version of a source is, chance decides set by set, so
 * that no two sets are alike however many there are. The same numbers make the same fleet.
 */
export interface MadeFleet {
  readonly hosts: number;
  readonly sets: number;
  /** Distinct packages that some host has. */
  readonly packages: readonly StoredPackage[];
  readonly members: ReadonlyMap<number, Int32Array>;
  readonly groups: readonly HostGroup[];
  /** The numbers of the hosts of each group. */
  readonly hostsOf: PostingLists;
}

const RELEASES = ["Debian:12", "AlmaLinux:8", "Debian:12", "AlmaLinux:9"] as const;
const ROLES = 24;
/** Of the packages of a host, this many every host of its release has. */
const COMMON_SHARE = 0.7;
/** Sources at their newest version; the others are spread over all older ones. */
const NEWEST_SHARE = 0.6;

export function makeFleet(of: {
  readonly packages: ReadonlyMap<string, readonly NamedVersions[]>;
  readonly hosts: number;
  readonly sets: number;
  readonly perSet: number;
}): MadeFleet {
  const roles = RELEASES.map((release) => rolesOf(of.packages.get(release) ?? [], of.perSet));
  const kernels = kernelsIn(of.packages.get("Debian:12") ?? []);
  const numbers = sourceNumbers(roles.flat(2));
  const members = new Map<number, Int32Array>();
  const groups: HostGroup[] = [];
  const used = new Map<number, StoredPackage>();
  for (let set = 0; set < of.sets; set += 1) {
    const names = roles[set % RELEASES.length]?.[set % ROLES] ?? [];
    const chosen = names.map((named) => versionOn(set, named, numbers.get(named.source) ?? 0));
    const kernel = set % 2 === 0 ? kernels[mixed(set, 7) % kernels.length] : undefined;
    if (kernel !== undefined) chosen.push(kernel);
    for (const p of chosen) if (!used.has(p.id)) used.set(p.id, p);
    members.set(set, Int32Array.from(chosen, (p) => p.id).sort());
    groups.push({
      ...{ id: set, setId: set },
      kernelRunning: kernel?.name.replace("linux-image-", "") ?? null,
      hostCount: Math.floor((of.hosts - set - 1) / of.sets) + 1,
    });
  }
  const { hosts, sets } = of;
  return {
    hosts,
    sets,
    packages: [...used.values()].sort((a, b) => a.id - b.id),
    members,
    groups,
    hostsOf: spread(hosts, sets),
  };
}

/** Names by role: most are common to a release, the others are a role's own. */
function rolesOf(all: readonly NamedVersions[], perSet: number): readonly NamedVersions[][] {
  const names = all
    .filter(({ name }) => !name.startsWith("linux-image-"))
    .toSorted((a, b) => b.versions.length - a.versions.length || (a.name < b.name ? -1 : 1));
  const common = Math.floor(perSet * COMMON_SHARE);
  const own = perSet - common - 1;
  return Array.from({ length: ROLES }, (_, role) => {
    const from = common + ((role * own) % Math.max(1, names.length - common - own));
    return [...names.slice(0, common), ...names.slice(from, from + own)];
  });
}

function kernelsIn(all: readonly NamedVersions[]): readonly StoredPackage[] {
  return all
    .flatMap(({ versions }) => versions)
    .filter((p) => subjectOf(p).role === "kernel-image" && /^linux-image-\d.*-amd64$/.test(p.name));
}

function sourceNumbers(all: readonly NamedVersions[]): ReadonlyMap<string, number> {
  return new Map([...new Set(all.map(({ source }) => source))].map((source, at) => [source, at]));
}

/** Binaries of one source are as old as each other on one host. */
function versionOn(set: number, { versions }: NamedVersions, source: number): StoredPackage {
  const chance = mixed(set, source) / 2 ** 32;
  const last = versions.length - 1;
  const at =
    chance < NEWEST_SHARE
      ? last
      : Math.floor(((chance - NEWEST_SHARE) / (1 - NEWEST_SHARE)) * versions.length);
  const found = versions[Math.min(at, last)];
  if (found === undefined) throw new Error("a package without versions");
  return found;
}

function mixed(a: number, b: number): number {
  let x = (Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b)) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return (x ^ (x >>> 15)) >>> 0;
}

/** The hosts of each set: every so many hosts have the same one. */
function spread(hosts: number, sets: number): PostingLists {
  const starts = new Uint32Array(sets + 1);
  const values = new Uint32Array(hosts);
  let place = 0;
  for (let set = 0; set < sets; set += 1) {
    for (let host = set; host < hosts; host += sets) {
      values[place] = host;
      place += 1;
    }
    starts[set + 1] = place;
  }
  return { starts, values };
}
