import { mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Failure, present } from "../src/base/failure.ts";
import { hostAddress, type Subnet } from "./addresses.ts";
import { ensureBaseRoot, ensureLists } from "./base-root.ts";
import { type LabHost, labHost, startHost } from "./host.ts";
import { aptFiles, type LabSources, publicKeyOnly, writeHostFiles } from "./host-files.ts";
import { findLayersDir } from "./layers.ts";
import {
  effectiveUser,
  freePort,
  ipBatch,
  readMirrors,
  readOr,
  readSettings,
  run,
} from "./machine.ts";
import {
  bridgeName,
  HOSTS_MAX,
  type HostPlan,
  type HostRecord,
  PACKAGES_NAME,
  planHosts,
  type RunRecord,
  runId,
  runRecordSchema,
} from "./model.ts";
import { requireLabPackages } from "./prerequisites.ts";
import { startProxy } from "./proxy.ts";
import { claimNetwork, currentOwner, register, registration, registrations } from "./registry.ts";
import { ensureRepository } from "./repository/build.ts";
import { type LabPackageName, labPackages } from "./repository/packages.ts";
import { sweepDeadRuns, sweepOrphanFolders, sweepRun } from "./sweep.ts";

/** Starts, finds and ends runs of the lab. */

export interface LabOptions {
  readonly hosts: number;
  /** Where base root, cache and runs are kept, e.g. `<clone>/.fettle/lab`. Runs may share it. */
  readonly stateDir: string;
  /** Tells apart runs in one state folder; `lab` unless told. */
  readonly name?: string;
  /** Debian's archives too, unless told. */
  readonly sources?: LabSources;
  /** True leaves the run up when this process ends; else the next lab on this machine removes it. */
  readonly isDetached?: boolean;
  readonly say?: (text: string) => void;
}

export interface Lab {
  readonly id: string;
  readonly name: string;
  readonly hosts: readonly LabHost[];
  readonly host: (name: string) => LabHost;
  /** Private key of the operator, accepted for root on every host. */
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** Base address of packages as hosts see it. */
  readonly packagesUrl: string;
  readonly record: RunRecord;
  /** Installs 1.0 of a badly behaving package; its 2.0 is then a pending update. */
  readonly installBad: (host: LabHost, name: LabPackageName) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const FIRST_PORT = 7780;

export async function startLab(options: LabOptions): Promise<Lab> {
  const count = options.hosts;
  if (!Number.isInteger(count) || count < 1 || count > HOSTS_MAX) {
    throw new Failure("invalid", `A lab has 1 to ${HOSTS_MAX} hosts; asked for ${count}.`);
  }
  await requireRootAndPackages();
  await mkdir(options.stateDir, { recursive: true });
  const stateDir = await realpath(options.stateDir);
  if (/[:,\\"$;{}\n]/.test(stateDir)) {
    throw new Failure(
      "invalid",
      `The lab cannot keep its state in ${JSON.stringify(stateDir)}: choose a path without colons, commas, quotes, backslashes, dollar signs, braces and semicolons.`,
    );
  }
  const name = options.name ?? "lab";
  const id = runId(stateDir, name);
  const say = options.say ?? (() => undefined);
  await removeEarlier(id, name);
  const runDir = join(stateDir, "runs", id);
  await sweepOrphanFolders(join(stateDir, "runs"));
  const layersDir = await findLayersDir(join(runDir, "hosts"), id, say);
  const owner = await currentOwner();
  await register({ id, runDir, layersDir, owner });
  try {
    const { sources = "debian" } = options;
    const record = await build({ id, name, stateDir, runDir, layersDir, count, sources, say });
    if (options.isDetached === true) await register({ id, runDir, layersDir, owner: null });
    return labOf(record);
  } catch (cause) {
    await sweepRun({ id, runDir, layersDir, owner });
    throw cause;
  }
}

/** The running lab of this state folder and name; null when there is none. */
export async function attachLab(stateDir: string, name = "lab"): Promise<Lab | null> {
  const entry = await registration(
    runId(await realpath(resolve(stateDir)).catch(() => stateDir), name),
  );
  const text = entry === null ? null : await readOr(join(entry.runDir, "lab.json"), null);
  return text === null ? null : labOf(runRecordSchema.parse(JSON.parse(text)));
}

/** Ends the run of this state folder and name, and every run whose owner died. True if there was one. */
export async function endLab(stateDir: string, name = "lab"): Promise<boolean> {
  requireRoot();
  const id = runId(await realpath(resolve(stateDir)).catch(() => stateDir), name);
  const entry = await registration(id);
  if (entry !== null) await sweepRun(entry);
  const swept = await sweepDeadRuns();
  return entry !== null || swept.length > 0;
}

export function requireRoot(): void {
  if (effectiveUser() === 0) return;
  throw new Failure(
    "forbidden",
    "The lab needs root: it makes namespaces, mounts and a bridge on this machine. Run it as root.",
  );
}

async function requireRootAndPackages(): Promise<void> {
  requireRoot();
  await requireLabPackages();
}

/** A finished run that is up belongs to somebody; anything else of this id is a dead run's. */
async function removeEarlier(id: string, name: string): Promise<void> {
  await sweepDeadRuns();
  const earlier = (await registrations()).find((entry) => entry.id === id);
  if (earlier === undefined) return;
  const text = await readOr(join(earlier.runDir, "lab.json"), null);
  const record = text === null ? null : runRecordSchema.parse(JSON.parse(text));
  const hosts = record?.hosts.map((host) => labHost(record, host)) ?? [];
  const states = await Promise.all(hosts.map((host) => host.state()));
  if (earlier.owner !== null || states.some((state) => state !== "off")) {
    throw new Failure(
      "conflict",
      `The lab "${name}" is already up (${hosts.length} hosts). End it with \`down\`, or give this one another name.`,
    );
  }
  await sweepRun(earlier);
}

interface BuildPlan {
  readonly id: string;
  readonly name: string;
  readonly stateDir: string;
  readonly runDir: string;
  readonly layersDir: string;
  readonly count: number;
  readonly sources: LabSources;
  readonly say: (text: string) => void;
}

async function build(plan: BuildPlan): Promise<RunRecord> {
  const { id, stateDir, runDir, say } = plan;
  await rm(plan.layersDir, { recursive: true, force: true });
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  const network = await claimNetwork(id);
  await ipBatch([
    `link add ${bridgeName(id)} type bridge`,
    `addr add ${network.gateway}/24 dev ${bridgeName(id)}`,
    `link set ${bridgeName(id)} up`,
  ]);
  const settings = await readSettings();
  const port = await freePort(network.gateway, FIRST_PORT);
  // The proxy serves the repository's parent: the repository itself needs the base root first.
  const servedDir = join(runDir, "served");
  await mkdir(servedDir);
  await startProxy(id, {
    address: network.gateway,
    port,
    dir: join(runDir, "proxy"),
    cacheDir: join(stateDir, "cache"),
    repositoryDir: join(servedDir, "lab"),
    mirrors: await readMirrors(),
    settings,
  });
  const proxyUrl = `http://${network.gateway}:${port}`;
  const base = await ensureBaseRoot({ id, stateDir, proxyUrl, say });
  const repository = await ensureRepository({ stateDir, baseDir: base });
  await run("cp", ["-a", repository.dir, join(servedDir, "lab")]);
  const packagesUrl = `http://${PACKAGES_NAME}:${port}`;
  const { sources } = plan;
  const files = aptFiles({ packagesUrl, settings, repositoryKey: repository.key, sources });
  const lists = await ensureLists({
    ...{ id, stateDir, proxyUrl, say, base },
    ...{ aptFiles: files, gateway: network.gateway, layersDir: plan.layersDir },
  });
  const hosts = await makeHosts(plan, network, files);
  const record: RunRecord = {
    ...{ id, name: plan.name, stateDir, runDir, gateway: network.gateway, packagesUrl },
    lowerDirs: [lists, base],
    identityFile: join(runDir, "operator"),
    knownHostsFile: join(runDir, "known_hosts"),
    hosts,
  };
  await writeRecord(record);
  say(`starting ${hosts.length} hosts on ${network.prefix}`);
  await inBatches(hosts, 8, (host) => startHost(record, host));
  return record;
}

async function makeHosts(
  plan: BuildPlan,
  network: Subnet,
  files: ReadonlyMap<string, string | Uint8Array>,
): Promise<readonly HostRecord[]> {
  const operator = join(plan.runDir, "operator");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab operator", "-f", operator]);
  const operatorPublicKey = `${publicKeyOnly(await readOr(`${operator}.pub`, ""))} lab operator\n`;
  const plans = planHosts(plan.count);
  const addressOf = (host: HostPlan): string => hostAddress(network, host.number);
  const neighbours = plans.map((host) => ({ name: host.name, address: addressOf(host) }));
  return await inBatches(plans, 8, async (host) => {
    const dir = join(plan.layersDir, host.name);
    const hostKey = await writeHostFiles({
      ...{ plan: host, dir, gateway: network.gateway, neighbours },
      ...{ operatorPublicKey, aptFiles: files },
    });
    return {
      ...host,
      address: addressOf(host),
      port: 22,
      hostKey,
      dir,
      labels: { ...host.labels },
    };
  });
}

async function writeRecord(record: RunRecord): Promise<void> {
  const known = record.hosts.map((host) => `${host.name},${host.address} ${host.hostKey}\n`);
  await writeFile(record.knownHostsFile, known.join(""), { mode: 0o600 });
  const path = join(record.runDir, "lab.json");
  await writeFile(`${path}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function labOf(record: RunRecord): Lab {
  const hosts = record.hosts.map((host) => labHost(record, host));
  return Object.freeze({
    id: record.id,
    name: record.name,
    hosts,
    host: (name: string): LabHost => {
      const found = hosts.find((host) => host.name === name);
      if (found !== undefined) return found;
      const names = hosts.map((host) => host.name).join(", ");
      throw new Failure("not-found", `The lab has no host ${name}; it has ${names}.`);
    },
    identityFile: record.identityFile,
    knownHostsFile: record.knownHostsFile,
    packagesUrl: record.packagesUrl,
    record,
    installBad,
    stop: async (): Promise<void> => {
      const entry = await registration(record.id);
      if (entry !== null) await sweepRun(entry);
    },
  });
}

async function installBad(host: LabHost, name: LabPackageName): Promise<void> {
  const entry = present(
    labPackages.find((candidate) => candidate.name === name),
    `lab package ${name}`,
  );
  const together = "installedWith" in entry ? entry.installedWith : [];
  const wanted = [name, ...together].map((one) => `${one}=1.0`);
  await host.must(["apt-get", "install", "--yes", "--no-install-recommends", ...wanted]);
  if ("conffile" in entry) {
    // Edited on the host: the package manager may now replace it only when told to.
    const edit = ["tee", "-a", `/etc/${name}.conf`];
    await host.must(edit, { input: "owner = this host\n" });
  }
}

/** At most `size` at a time: forty hosts at once would only wait for each other. */
async function inBatches<T, R>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += size) {
    results.push(...(await Promise.all(items.slice(at, at + size).map(work))));
  }
  return results;
}
