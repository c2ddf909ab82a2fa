import { readFile } from "node:fs/promises";
import type { LabHost } from "../../lab/host.ts";

/** What goes wrong on one host, done to the real thing: its sshd, its disk, its package manager. */

const SSHD = "/usr/sbin/sshd";

/** Connections that are open would go on with what sshd knew before. */
async function withoutSshd(host: LabHost): Promise<void> {
  await host.must(["sh", "-c", "pkill -x sshd; while pgrep -x sshd; do sleep 0.05; done"]);
}

export async function changeHostKey(host: LabHost): Promise<void> {
  await withoutSshd(host);
  const key = "/etc/ssh/ssh_host_ed25519_key";
  await host.must(["rm", key]);
  await host.must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  await host.must([SSHD]);
}

export async function refuseKey(host: LabHost): Promise<void> {
  await withoutSshd(host);
  await host.must(["truncate", "-s", "0", "/root/.ssh/authorized_keys"]);
  await host.must([SSHD]);
}

/** The kernel still takes connections for it, but nobody says a word. */
export async function stopAnswering(host: LabHost): Promise<void> {
  await withoutSshd(host);
  await host.must([SSHD]);
  await host.must(["pkill", "-STOP", "-x", "sshd"]);
}

/** Whoever logs in gets this command's output in place of what they asked for. */
export async function answerWith(host: LabHost, script: string): Promise<void> {
  await withoutSshd(host);
  await host.must(["tee", "/root/answer"], { input: `#!/bin/sh\n${script}\n` });
  await host.must(["chmod", "0755", "/root/answer"]);
  const keys = await host.must(["cat", "/root/.ssh/authorized_keys"]);
  await host.must(["tee", "/root/.ssh/authorized_keys"], {
    input: keys.replace(/^ssh-/gm, 'command="/root/answer" ssh-'),
  });
  await host.must([SSHD]);
}

/** A folder (the host program's unless told) on a disk of its own, of this size. */
export async function shrinkDisk(
  host: LabHost,
  megabytes: number,
  folder = "/var/lib/fettle",
): Promise<void> {
  await host.must(["cp", "-a", folder, "/root/kept"]);
  const options = `size=${megabytes}m,mode=755`;
  await host.must(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]);
  await host.must(["cp", "-a", "/root/kept/.", `${folder}/`]);
}

export async function fillDisk(host: LabHost): Promise<void> {
  await shrinkDisk(host, 1);
  await host.exec(["dd", "if=/dev/zero", "of=/var/lib/fettle/ballast", "bs=4k"]);
}

/** Fills a disk to its last byte, once, whatever the job is at. */
const fill = (folder: string): string => `if [ ! -e /root/filled ]; then
  : >/root/filled
  dd if=/dev/zero of=${folder}/ballast bs=4k 2>/dev/null || :
fi
`;

/** The disk fills up while apt fetches what the host found room for. */
export async function fillWhileFetching(host: LabHost): Promise<void> {
  await shrinkDisk(host, 48);
  const helper = "/usr/lib/apt/apt-helper";
  await host.must(["mv", helper, `${helper}.real`]);
  const input = `#!/bin/sh
case " $* " in *" download-file "*)
${fill("/var/lib/fettle")};;
esac
exec ${helper}.real "$@"
`;
  await host.must(["tee", helper], { input });
  await host.must(["chmod", "0755", helper]);
}

/** The disk of this folder fills up right before dpkg begins, when everything was looked at. */
export async function fillBeforeUnpack(
  host: LabHost,
  folder: string,
  megabytes: number,
): Promise<void> {
  await shrinkDisk(host, megabytes, folder);
  await host.must(["tee", "/root/fill"], { input: `#!/bin/sh\n${fill(folder)}` });
  const input = 'DPkg::Pre-Invoke { "sh /root/fill"; };\n';
  await host.must(["tee", "/etc/apt/apt.conf.d/99fill"], { input });
}

export async function emptyDisk(host: LabHost, folder: string): Promise<void> {
  await host.must(["rm", `${folder}/ballast`]);
}

/** Somebody else's package manager that does not come to an end. */
export async function holdPackageLock(host: LabHost): Promise<void> {
  await host.must(["sh", "-c", "mkdir -p /etc/fettle && echo 'lock 1' >/etc/fettle/limits"]);
  const wait = "DPkg::Pre-Invoke::=touch /held; sleep 300";
  const command = `setsid apt-get -o '${wait}' -y install lab-conffile=1.0 </dev/null >/dev/null 2>&1 &`;
  await host.must(["sh", "-c", `${command} while ! [ -e /held ]; do sleep 0.05; done`]);
}

/** A package of somebody else whose own script failed and left it half-configured. */
export async function breakOtherPackage(host: LabHost): Promise<void> {
  await host.exec(["apt-get", "-y", "install", "lab-postinst-fails=2.0"]);
}

/** The package of the plan itself, unpacked and never configured. */
export async function breakPackage(host: LabHost, name: string): Promise<void> {
  await host.must([
    "sh",
    "-c",
    `cd /tmp && apt-get download ${name}=1.0 && dpkg --unpack ${name}_1.0_*.deb`,
  ]);
}

/**
 * All that the host program knows of the time is what `date` prints, so this is its clock. The
 * kernel's own clock is the test machine's.
 */
export async function moveClock(host: LabHost, seconds: number): Promise<void> {
  await host.must(["cp", "/usr/bin/date", "/usr/bin/date.real"]);
  const script = `#!/bin/sh
if [ "$*" = +%s ]; then echo $(($(/usr/bin/date.real +%s) + ${seconds})); else exec /usr/bin/date.real "$@"; fi
`;
  await host.must(["tee", "/usr/bin/date"], { input: script });
}

export async function trustKey(host: LabHost, identityFile: string): Promise<void> {
  const key = await readFile(`${identityFile}.pub`);
  await host.must(["tee", "/root/.ssh/authorized_keys"], { input: key });
}

/** Room again, with what was there. */
export async function mendDisk(host: LabHost): Promise<void> {
  const copy = "cp -a /var/lib/fettle/. /root/kept/ && umount /var/lib/fettle";
  await host.must(["sh", "-c", `${copy} && cp -a /root/kept/. /var/lib/fettle/`]);
}

export async function leavePackageLock(host: LabHost): Promise<void> {
  await host.must(["sh", "-c", "pkill -x apt-get; while pgrep -x apt-get; do sleep 0.05; done"]);
}

export async function mendPackages(host: LabHost): Promise<void> {
  await host.must(["dpkg", "--configure", "-a"]);
}
