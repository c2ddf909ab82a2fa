import { randomBytes } from "node:crypto";
import { chmod, chown, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AptSettings } from "./apt-settings.ts";
import { guestDir, OPS_ID, OPS_USER } from "./base-root.ts";
import { makeFolder, putFile } from "./file-tree.ts";
import { readOr, run } from "./machine.ts";
import { type HostPlan, PACKAGES_NAME, SUITE } from "./model.ts";

/** Writes what makes one host differ from the base: the first contents of its upper layer. */

export interface HostFiles {
  readonly plan: HostPlan;
  readonly dir: string;
  readonly gateway: string;
  readonly neighbours: readonly { readonly name: string; readonly address: string }[];
  readonly operatorPublicKey: string;
  readonly aptFiles: ReadonlyMap<string, string | Uint8Array>;
}

const OPS_HOME = `home/${OPS_USER}`;

/** Returns the host's public key, type and key only. */
export async function writeHostFiles(files: HostFiles): Promise<string> {
  for (const name of ["upper", "work", "root"]) await makeFolder(files.dir, name);
  const upper = join(files.dir, "upper");
  const { name } = files.plan;
  const known = files.neighbours.map((host) => `${host.address} ${host.name}\n`).join("");
  await putFile(upper, "etc/hostname", `${name}\n`);
  await putFile(
    upper,
    "etc/hosts",
    `127.0.0.1 localhost\n${files.gateway} ${PACKAGES_NAME}\n${known}`,
  );
  await putFile(upper, "etc/machine-id", `${randomBytes(16).toString("hex")}\n`, 0o444);
  for (const [path, bytes] of files.aptFiles) await putFile(upper, path, bytes);
  await putFile(upper, "var/log/fettle-lab/boot.log", "");
  await makeFolder(upper, "root", 0o700);
  await makeFolder(upper, "root/.ssh", 0o700);
  await putFile(upper, "root/.ssh/authorized_keys", files.operatorPublicKey, 0o600);
  await makeFolder(upper, `${OPS_HOME}/.ssh`, 0o700);
  await putFile(upper, `${OPS_HOME}/.ssh/authorized_keys`, files.operatorPublicKey, 0o600);
  for (const path of [OPS_HOME, `${OPS_HOME}/.ssh`, `${OPS_HOME}/.ssh/authorized_keys`]) {
    await chown(join(upper, path), OPS_ID, OPS_ID);
  }
  await writePrograms(upper);
  return await makeHostKey(upper, name);
}

async function writePrograms(upper: string): Promise<void> {
  // Under this name Debian's tools take it for an init system; without one they start no service.
  await putFile(upper, "usr/sbin/init", await readFile(join(guestDir, "init.sh")), 0o755);
  const power = await readFile(join(guestDir, "power.sh"));
  for (const name of ["reboot", "poweroff", "halt", "shutdown"]) {
    await putFile(upper, `usr/sbin/${name}`, power, 0o755);
  }
  // Debian's tools for init scripts ask it whether the host is in normal operation.
  await putFile(upper, "usr/sbin/runlevel", "#!/bin/sh\necho N 2\n", 0o755);
}

async function makeHostKey(upper: string, name: string): Promise<string> {
  const path = join(upper, "etc/ssh/ssh_host_ed25519_key");
  await makeFolder(upper, "etc/ssh");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `root@${name}`, "-f", path]);
  await chmod(`${path}.pub`, 0o644);
  return publicKeyOnly(await readOr(`${path}.pub`, ""));
}

export function publicKeyOnly(line: string): string {
  return line.trim().split(" ").slice(0, 2).join(" ");
}

/**
 * Where hosts get packages from: Debian's archives and the lab's small repository, or that one alone, with
 * which a run of apt costs a fifth, as it reads no 60,000 packages.
 */
export type LabSources = "debian" | "own";

/** Sources, trust and settings of the hosts' apt. Everything comes from the run's proxy. */
export function aptFiles(plan: {
  readonly packagesUrl: string;
  readonly settings: AptSettings;
  readonly repositoryKey: Uint8Array;
  readonly sources: LabSources;
}): ReadonlyMap<string, string | Uint8Array> {
  const debian = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const source = (path: string, suite: string, key: string): string =>
    `Types: deb\nURIs: ${plan.packagesUrl}/${path}\nSuites: ${suite}\nComponents: main\nSigned-By: ${key}\n`;
  const archives = [
    source("main", SUITE, debian),
    source("updates", `${SUITE}-updates`, debian),
    source("security", `${SUITE}-security`, debian),
  ];
  return new Map<string, string | Uint8Array>([
    ...(plan.sources === "own"
      ? []
      : [["etc/apt/sources.list.d/debian.sources", archives.join("\n")] as const]),
    [
      "etc/apt/sources.list.d/fettle-lab.sources",
      source("lab", "lab", "/etc/apt/keyrings/fettle-lab.gpg"),
    ],
    ["etc/apt/keyrings/fettle-lab.gpg", plan.repositoryKey],
    [
      "etc/apt/apt.conf.d/90fettle-lab",
      `${['Acquire::Languages "none";', ...plan.settings.freshnessLines].join("\n")}\n`,
    ],
  ]);
}
