import { z } from "zod";
import { sha256 } from "../src/base/digest.ts";
import type { Labels } from "../src/base/labels.ts";

/**
 * The lab: real Debian hosts on one machine, for tests and for trying Fettle out.
 *
 * A *run* is one lab that is up: a bridge, a caching proxy and its hosts. It has a name, and an id
 * of six hex digits made from state folder and name; every process, link and folder of the run
 * carries that id, so that whoever comes later can remove what a killed run left behind.
 *
 * Invariants:
 * - A run is registered in /run/fettle-lab before its first process, link or folder exists.
 * - A host is an overlay over a base root that nobody writes to. Mounts are made only inside the
 *   host's own mount namespace, so they end with its processes.
 * - Everything about a run can be read back from its files: a second process can attach to it.
 *
 * The lab never touches a package, service or setting of the machine it runs on.
 */

export const SUITE = "bookworm";

/** One /24 holds 254 addresses; the first is the bridge. */
export const HOSTS_MAX = 200;

/** The name under which hosts know the proxy; it is in their /etc/hosts, so lists keep their names. */
export const PACKAGES_NAME = "packages.fettle.lab";

/** What `status` and tests say when the archive offers no real update. */
export const NOTHING_PENDING = "nothing-pending";

export const registryFolder = "/run/fettle-lab";

export interface HostPlan {
  readonly name: string;
  readonly number: number;
  readonly labels: Labels;
}

/** Six hosts make one canary, two in ring1 and three in ring2; other sizes keep these shares. */
export function planHosts(count: number): readonly HostPlan[] {
  const canaries = Math.max(1, Math.round(count / 6));
  const ring1 = Math.min(count - canaries, Math.max(1, Math.round(count / 3)));
  return Array.from({ length: count }, (_, index) => {
    const isBilling = index % 3 === 2;
    const ring = index < canaries ? "canary" : index < canaries + ring1 ? "ring1" : "ring2";
    return {
      name: `web-${index + 1}`,
      number: index + 1,
      labels: {
        env: "prod",
        ring,
        zone: ["a", "b", "c"][index % 3] ?? "a",
        service: isBilling ? "billing" : "shop",
        tier: isBilling ? "1" : "2",
      },
    };
  });
}

/** Hosts as `fettle host import` reads them: CSV (RFC 4180), every field quoted. */
export function hostList(
  hosts: readonly {
    readonly name: string;
    readonly address: string;
    readonly port: number;
    readonly hostKey: string;
    readonly labels: Labels;
  }[],
  identityFile: string,
): string {
  const rows = hosts.map((host) => [
    ...[host.name, host.address, String(host.port), "root", identityFile, host.hostKey],
    Object.entries(host.labels)
      .map((label) => label.join("="))
      .join(";"),
  ]);
  const head = ["name", "address", "port", "user", "identity_file", "host_key", "labels"];
  return [head, ...rows]
    .map((row) => `${row.map((field) => `"${field.replaceAll('"', '""')}"`).join(",")}\n`)
    .join("");
}

export function runId(stateDir: string, name: string): string {
  return sha256(`${stateDir}\n${name}`).slice(0, 6);
}

/** Interface names end at 15 bytes (IFNAMSIZ); these are at most 13. */
export function bridgeName(id: string): string {
  return `fettle-${id}`;
}

export function linkName(id: string, hostNumber: number): string {
  return `fv${id}-${hostNumber}`;
}

/** A host keeps its network card's address when it is switched off and on: locally administered. */
export function cardAddress(id: string, hostNumber: number): string {
  const bytes = ["02", id.slice(0, 2), id.slice(2, 4), id.slice(4, 6), "00"];
  return [...bytes, hostNumber.toString(16).padStart(2, "0")].join(":");
}

/** The argument that every process of a run carries. */
export function runMarker(id: string): string {
  return `fettle-lab:${id}`;
}

export const ownerSchema = z.strictObject({ pid: z.int(), startTicks: z.string() });
export type Owner = z.infer<typeof ownerSchema>;

/** What it takes to remove a run, whatever state it is in. */
export const registrationSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{6}$/),
  runDir: z.string().startsWith("/"),
  /** Where the hosts' upper layers are, when not in the run's own folder. */
  layersDir: z.string().startsWith("/"),
  /** The process that must live for the run to be wanted; null once a run is detached. */
  owner: ownerSchema.nullable(),
});
export type Registration = z.infer<typeof registrationSchema>;

export const hostRecordSchema = z.strictObject({
  name: z.string(),
  number: z.int(),
  address: z.string(),
  port: z.int(),
  /** Type and key, as after the name in a known_hosts line. */
  hostKey: z.string(),
  labels: z.record(z.string(), z.string()),
  dir: z.string(),
});
export type HostRecord = z.infer<typeof hostRecordSchema>;

export const runRecordSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  stateDir: z.string(),
  runDir: z.string(),
  gateway: z.string(),
  packagesUrl: z.string(),
  /** Overlay layers below every host, upmost first. */
  lowerDirs: z.array(z.string()).readonly(),
  identityFile: z.string(),
  knownHostsFile: z.string(),
  hosts: z.array(hostRecordSchema).readonly(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

export type HostState = "running" | "booting" | "cut" | "off";

/** One line of the ground truth: what a package really did on a host, written by the package. */
export interface Effect {
  readonly package: string;
  readonly version: string;
  readonly action: string;
  readonly bootId: string;
  readonly uptimeSeconds: number;
}

export function parseEffects(text: string): readonly Effect[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const fields = line.split(" ");
    const [name, version, action, bootId, uptime] = fields;
    if (fields.length !== 5 || !name || !version || !action || !bootId || !uptime) {
      throw new Error(`a ground-truth line has not five fields: ${JSON.stringify(line)}`);
    }
    return { package: name, version, action, bootId, uptimeSeconds: Number(uptime) };
  });
}

export interface PendingUpdate {
  readonly name: string;
  readonly installed: string;
  readonly offered: string;
  /** Archive label and suite as apt prints them, e.g. `Debian-Security:12/oldstable-security`. */
  readonly origin: string;
  /** False for packages of the lab's own repository. */
  readonly isReal: boolean;
}

/** Reads the `Inst` lines of a simulated upgrade; packages that are new to the host have no brackets. */
export function parsePendingUpdates(simulation: string): readonly PendingUpdate[] {
  const pattern = /^Inst (\S+) \[(\S+)\] \((\S+) ([^\s,]+)/gm;
  return [...simulation.matchAll(pattern)].map(([, name, installed, offered, origin]) => ({
    name: name ?? "",
    installed: installed ?? "",
    offered: offered ?? "",
    origin: origin ?? "",
    isReal: !(origin ?? "").startsWith("Fettle-Lab"),
  }));
}
