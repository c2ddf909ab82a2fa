import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "../src/base/digest.ts";
import { Failure } from "../src/base/failure.ts";
import { makeFolder, putFile } from "./file-tree.ts";
import { isPresent, processes, readOr, run, runContained, startTicks, waitFor } from "./machine.ts";
import { PACKAGES_NAME, runMarker, SUITE } from "./model.ts";

/**
 * The layers below every host: the base root, made once by mmdebstrap, and the package lists,
 * fetched once for all hosts.
 */

/**
 * Made from the release's main archive alone, so that what security and updates hold is pending
 * on every host. The choice is what a small server has, with parts that often need a patch.
 */
export const recipe = {
  version: 4,
  suite: SUITE,
  variant: "minbase",
  packages: [
    ...["openssh-server", "nginx-light", "perl", "openssl", "libexpat1", "curl", "wget", "gpgv"],
    ...["sudo", "procps", "iproute2", "less", "rsync", "python3-minimal", "bind9-host"],
    ...["debconf-utils", "logrotate", "cron"],
  ],
} as const;

/** An ordinary user of every host who may use sudo without a password: the other way to be root. */
export const OPS_USER = "ops";
export const OPS_ID = 2000;

export const guestDir = join(dirname(fileURLToPath(import.meta.url)), "guest");

const BUILD_MS_MAX = 15 * 60_000;

/** Older lists are fetched anew when a run begins. */
const LISTS_MS_MAX = 6 * 3_600_000;

export interface BasePlan {
  readonly id: string;
  readonly stateDir: string;
  /** `http://address:port` of the run's proxy, reachable while the base is made. */
  readonly proxyUrl: string;
  readonly say: (text: string) => void;
}

/**
 * Returns the folder of the base root, made when there is none for this recipe and point release.
 * A new point release moves updates into main, so an old base would offer versions to go back to
 * that the archive no longer has.
 */
export async function ensureBaseRoot(plan: BasePlan): Promise<string> {
  const architecture = (await run("dpkg", ["--print-architecture"])).trim();
  const release = await pointRelease(plan);
  const key = sha256(JSON.stringify({ ...recipe, architecture, release })).slice(0, 16);
  const dir = join(plan.stateDir, "base", key);
  await mkdir(dirname(dir), { recursive: true });
  await alone(`${dir}.building`, BUILD_MS_MAX, async () => {
    if (await isPresent(dir)) return;
    plan.say(`making the base root from Debian ${SUITE} ${release} (once, well under a minute)`);
    await removeUnused(dirname(dir));
    await buildBaseRoot(plan, `${dir}.part`);
    await rename(`${dir}.part`, dir);
  });
  return dir;
}

async function pointRelease(plan: BasePlan): Promise<string> {
  const url = `${plan.proxyUrl}/main/dists/${SUITE}/Release`;
  const reply = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  const text = await reply.text();
  if (!reply.ok) {
    throw new Failure(
      "unavailable",
      "The lab could not reach the Debian archive through its proxy. Check that apt-get update works on this machine.",
      { facts: { status: reply.status } },
    );
  }
  const version = /^Version: ([0-9.]+)$/m.exec(text)?.[1];
  if (version !== undefined) return version;
  throw new Failure("unavailable", `The archive's Release file of ${SUITE} names no version.`);
}

async function buildBaseRoot(plan: BasePlan, part: string): Promise<void> {
  await rm(part, { recursive: true, force: true });
  await runContained(
    runMarker(plan.id),
    [
      "mmdebstrap",
      "--quiet",
      "--mode=root",
      `--variant=${recipe.variant}`,
      `--include=${recipe.packages.join(",")}`,
      "--dpkgopt=force-unsafe-io",
      // What must differ from host to host, or belongs to the making, does not stay in the base.
      '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/apt/sources.list "$1"/etc/hostname',
      '--customize-hook=rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/resolv.conf',
      '--customize-hook=rm -f "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap',
      '--customize-hook=: >"$1"/etc/machine-id',
      `--customize-hook=chroot "$1" useradd -m -u ${OPS_ID} -s /bin/bash ${OPS_USER}`,
      `--customize-hook=echo "${OPS_USER} ALL=(ALL) NOPASSWD: ALL" >"$1"/etc/sudoers.d/${OPS_USER}`,
      '--customize-hook=: >"$1"/etc/resolv.conf',
      SUITE,
      part,
      `deb ${plan.proxyUrl}/main ${SUITE} main`,
    ],
    {
      timeoutMs: BUILD_MS_MAX,
      failing: "mmdebstrap could not make the lab's base root.",
    },
  );
}

/** Removes earlier layers, but none that a running host has mounted. */
async function removeUnused(folder: string): Promise<void> {
  const used = await lowerDirsInUse();
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const isLayer = /^[0-9a-f]{16}(\.old-\d+)?$/.test(name);
    if (isLayer && !used.has(path)) await rm(path, { recursive: true, force: true });
  }
}

async function lowerDirsInUse(): Promise<ReadonlySet<string>> {
  const found = (await processes()).flatMap(({ args }) =>
    args.some((argument) => argument.startsWith("fettle-lab:")) ? args : [],
  );
  return new Set(found.flatMap((argument) => argument.split(":")));
}

export interface ListsPlan extends BasePlan {
  readonly base: string;
  /** Files that hosts need to reach and trust the packages, by path in the host. */
  readonly aptFiles: ReadonlyMap<string, string | Uint8Array>;
  readonly gateway: string;
  /** A folder that can hold overlay layers; the state folder may not be able to. */
  readonly layersDir: string;
}

/** Returns the layer with fresh package lists for these sources. */
export async function ensureLists(plan: ListsPlan): Promise<string> {
  const files = [...plan.aptFiles].map(([path, bytes]) => [path, sha256(bytes)]);
  const key = sha256(JSON.stringify({ base: plan.base, files })).slice(0, 16);
  const dir = join(plan.stateDir, "lists", key);
  await mkdir(dirname(dir), { recursive: true });
  await alone(`${dir}.building`, BUILD_MS_MAX, async () => {
    const age = await stat(dir).then(
      (entry) => Date.now() - entry.mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    if (age < LISTS_MS_MAX) return;
    plan.say("fetching package lists for the hosts");
    const part = `${dir}.part`;
    await rm(part, { recursive: true, force: true });
    const scratch = join(plan.layersDir, "lists");
    await fetchLists(plan, scratch);
    await run("cp", ["-a", join(scratch, "upper"), part]);
    await rm(scratch, { recursive: true, force: true });
    // A layer in use is never changed: hosts of another run keep the folder they have mounted.
    if (await isPresent(dir)) await rename(dir, `${dir}.old-${Date.now()}`);
    await removeUnused(dirname(dir));
    await rename(part, dir);
    await utimes(dir, new Date(), new Date());
  });
  return dir;
}

async function fetchLists(plan: ListsPlan, part: string): Promise<void> {
  for (const name of ["upper", "work", "root"]) await makeFolder(part, name);
  const files = new Map(plan.aptFiles);
  files.set("etc/hosts", `127.0.0.1 localhost\n${plan.gateway} ${PACKAGES_NAME}\n`);
  for (const [path, bytes] of files) await putFile(join(part, "upper"), path, bytes);
  await runContained(
    runMarker(plan.id),
    ["sh", join(guestDir, "update-lists.sh"), plan.base, part, join(part, "root")],
    { timeoutMs: 300_000, failing: "The lab could not fetch package lists for its hosts." },
  );
  // Only the lists and apt's cache of them are for the hosts.
  await rm(join(part, "upper", "etc"), { recursive: true, force: true });
}

/**
 * Runs `work` while no other process does so under the same folder name. A holder that died is
 * passed over.
 */
async function alone(lockDir: string, timeoutMs: number, work: () => Promise<void>): Promise<void> {
  const self = `${process.pid} ${await startTicks(process.pid)}`;
  await waitFor(`another lab that is making ${lockDir}`, timeoutMs, async () => {
    try {
      await mkdir(lockDir);
      await writeFile(join(lockDir, "holder"), self);
      return true;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    }
    if (await isAbandoned(lockDir)) await rm(lockDir, { recursive: true, force: true });
    return false;
  });
  try {
    await work();
  } finally {
    await rm(lockDir, { recursive: true, force: true });
  }
}

async function isAbandoned(lockDir: string): Promise<boolean> {
  const [pid, ticks] = (await readOr(join(lockDir, "holder"), "")).split(" ");
  if (pid && ticks) return (await startTicks(Number(pid))) !== ticks;
  // Nobody wrote a name: a holder that died at once, unless it is only just at it.
  const made = await stat(lockDir).catch(() => null);
  return made !== null && Date.now() - made.mtimeMs > 10_000;
}
