import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../src/base/run-command.ts";
import { installForcedCommand } from "./forced-command.ts";
import type { LabHost } from "./host.ts";
import { attachLab, endLab, type Lab, startLab } from "./lab.ts";
import { effectiveUser, isPresent, links, processes, run, waitFor } from "./machine.ts";
import { bridgeName, linkName, NOTHING_PENDING, runId } from "./model.ts";
import { quietInstall } from "./prerequisites.ts";
import { isListening } from "./proxy.ts";
import { registrations } from "./registry.ts";

const clone = join(dirname(fileURLToPath(import.meta.url)), "..");
const stateDir = join(clone, ".fettle", "lab");
const name = `test-${process.pid}`;
const isRoot = effectiveUser() === 0;

/** What a run has on the machine, as the kernel tells it; all empty means nothing is left. */
async function remains(id: string): Promise<Record<string, readonly unknown[]>> {
  const ofRun = (link: string): boolean =>
    link === bridgeName(id) || link.startsWith(linkName(id, 0).slice(0, -1));
  const mounts = (await readFile("/proc/mounts", "utf8")).split("\n");
  return {
    processes: (await processes()).filter(({ args }) => args.join(" ").includes(id)),
    links: (await links()).filter((link) => ofRun(link.name)),
    // Another lab may be up beside this one: every folder of a run bears the run's own id.
    mounts: mounts.filter((line) => line.includes(id)),
    registered: (await registrations()).filter((entry) => entry.id === id),
    folders: (await isPresent(join(stateDir, "runs", id))) ? [id] : [],
  };
}

const nothing = { processes: [], links: [], mounts: [], registered: [], folders: [] };

async function ssh(
  lab: Lab,
  host: LabHost,
  argv: readonly string[],
  hostKeys = lab.knownHostsFile,
) {
  return await runCommand({
    program: "ssh",
    args: [
      ...["-F", "none", "-i", lab.identityFile, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"],
      ...["-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${hostKeys}`],
      ...["-o", "ConnectTimeout=3", `root@${host.address}`, "--", ...argv],
    ],
    timeoutMs: 20_000,
    outputBytesMax: 64 * 1024,
  });
}

async function httpStatus(host: LabHost, port: number): Promise<string> {
  const format = ["-s", "-o", "/dev/null", "-w", "%{http_code}"];
  return (await host.exec(["curl", ...format, `http://127.0.0.1:${port}/`])).stdout;
}

describe.skipIf(!isRoot)("a lab of six hosts", () => {
  let lab: Lab;
  let upSeconds = 0;

  beforeAll(async () => {
    const began = Date.now();
    lab = await startLab({ hosts: 6, stateDir, name });
    upSeconds = (Date.now() - began) / 1000;
  }, 300_000);

  afterAll(async () => {
    await lab?.stop();
    expect(await remains(runId(stateDir, name))).toEqual(nothing);
  });

  const host = (number: number): LabHost => lab.host(`web-${number}`);

  test("is up, each host with its own name, boot id, machine id and uptime", async () => {
    console.log(`six hosts in ${upSeconds.toFixed(1)} s`);
    const states = await Promise.all(lab.hosts.map((one) => one.state()));
    expect(states).toEqual(Array.from({ length: 6 }, () => "running"));
    for (const path of ["/etc/machine-id", "/proc/sys/kernel/random/boot_id", "/etc/hostname"]) {
      const values = await Promise.all(lab.hosts.map((one) => one.must(["cat", path])));
      expect(new Set(values).size).toBe(6);
    }
    const uptime = Number.parseFloat(await host(1).must(["cat", "/proc/uptime"]));
    expect(uptime).toBeLessThan(300);
  });

  test("answers over ssh with the pinned host key, and not with another host's", async () => {
    const answer = await ssh(lab, host(1), ["hostname"]);
    expect(answer.stdout.toString()).toBe("web-1\n");
    const foreign = join(lab.record.runDir, "foreign_hosts");
    const line = `${host(1).address} ${host(2).hostKey}\n`;
    await run("tee", [foreign], { input: line });
    const refused = await ssh(lab, host(1), ["hostname"], foreign);
    expect(refused.code).toBe(255);
    expect(refused.stderr.toString()).toContain("Host key verification failed");
  });

  test("lets an ordinary user in who is root through sudo without a password", async () => {
    const answer = await runCommand({
      program: "ssh",
      args: [
        ...[
          "-F",
          "none",
          "-i",
          lab.identityFile,
          "-o",
          "IdentitiesOnly=yes",
          "-o",
          "BatchMode=yes",
        ],
        ...["-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${lab.knownHostsFile}`],
        ...[`ops@${host(1).address}`, "--", "id", "-u;", "sudo", "-n", "id", "-u"],
      ],
      timeoutMs: 20_000,
      outputBytesMax: 64 * 1024,
    });
    expect(answer.stdout.toString()).toBe("2000\n0\n");
  });

  test("updates its package lists through the proxy and reaches nothing else", async () => {
    const said = await host(1).must(["apt-get", "update", "--error-on=any"]);
    expect(said).toContain(`${lab.packagesUrl}/security bookworm-security`);
    expect(await host(1).must(["ip", "-4", "route", "show", "default"])).toBe("");
    const outside = await host(1).exec(["curl", "-sS", "-m", "3", "http://192.0.2.1/"]);
    expect(outside.code).not.toBe(0);
  });

  test("has real updates pending, and installs one from the security archive", async () => {
    const pending = await host(2).pendingUpdates();
    const real = pending.filter((update) => update.isReal);
    if (real.length === 0) return console.log(NOTHING_PENDING);
    console.log(`${real.length} real updates are pending`);
    const update = real.find((one) => one.name === "libexpat1") ?? real[0]!;
    await host(2).must(["apt-get", "install", "--yes", update.name]);
    const query = ["dpkg-query", "--show", "--showformat", "$" + "{Version}"];
    expect(await host(2).must([...query, update.name])).toBe(update.offered);
    expect(await host(3).must([...query, update.name])).toBe(update.installed);
    // The old version stays downloadable: a rollback can be staged.
    const old = `${update.name}=${update.installed}`;
    await host(2).must(["apt-get", "install", "--yes", "--allow-downgrades", old]);
    expect(await host(2).must([...query, update.name])).toBe(update.installed);
  });

  test("a reboot from within brings the host back with a new boot id and its files", async () => {
    const before = await host(3).bootId();
    await host(3).must(["sh", "-c", "echo kept >/root/kept; echo lost >/run/lost"]);
    await host(3).reboot();
    expect(await host(3).bootId()).not.toBe(before);
    expect(await host(3).must(["cat", "/root/kept"])).toBe("kept\n");
    expect((await host(3).exec(["cat", "/run/lost"])).code).toBe(1);
    expect(Number.parseFloat(await host(3).must(["cat", "/proc/uptime"]))).toBeLessThan(30);
    expect((await ssh(lab, host(3), ["hostname"])).stdout.toString()).toBe("web-3\n");
    expect(await httpStatus(host(3), 80)).toBe("200");
  });

  test("a poweroff ends the host for good, and it can be started again", async () => {
    await host(3).must(["poweroff"]);
    await waitFor("web-3 to be off", 20_000, async () => (await host(3).state()) === "off");
    expect(await host(3).bootId()).toBeNull();
    await host(3).start();
    expect(await host(3).state()).toBe("running");
  });

  test("a killed host is silent, keeps its ground truth, and can be started again", async () => {
    await lab.installBad(host(4), "lab-good");
    const before = await host(4).bootId();
    await host(4).kill();
    expect(await host(4).state()).toBe("off");
    expect(await isListening(host(4).address, 22)).toBe(false);
    expect((await host(4).groundTruth()).map((effect) => effect.bootId)).toContain(before);
    await host(4).start();
    expect(await host(4).bootId()).not.toBe(before);
    expect(await isListening(host(4).address, 22)).toBe(true);
  });

  test("a host that is cut off lives on unseen", async () => {
    await host(5).cutNetwork();
    expect(await host(5).state()).toBe("cut");
    expect(await isListening(host(5).address, 22)).toBe(false);
    expect(await httpStatus(host(5), 80)).toBe("200");
    await host(5).restoreNetwork();
    await waitFor("web-5 to answer", 10_000, () => isListening(host(5).address, 22));
    expect(await host(5).state()).toBe("running");
  });

  test("orphans of a host are reaped by its first process", async () => {
    await host(5).must(["sh", "-c", "(sh -c 'sleep 0.2' &) ; exit 0"]);
    await waitFor("the orphan to be reaped", 5_000, async () => {
      const list = await host(5).must(["ps", "-eo", "stat=,args="]);
      return !/^Z/m.test(list) && !list.includes("sleep 0.2");
    });
  });

  test("a program that runs too long is ended inside the host as well", async () => {
    const { code } = await host(5).exec(["sleep", "61.7"], { timeoutMs: 300 });
    expect(code).toBe(-1);
    await waitFor("the program to end", 5_000, async () => {
      return !(await host(5).must(["ps", "-eo", "args="])).includes("sleep 61.7");
    });
  });

  test("a host can set neither the machine's kernel settings nor its clock", async () => {
    const setting = await host(5).exec(["sysctl", "-w", "kernel.domainname=taken"]);
    expect(setting.code).not.toBe(0);
    // With the capability gone the clock cannot be set through ssh, the way patches come in.
    const caps = await ssh(lab, host(5), ["grep", "CapBnd", "/proc/self/status"]);
    const bounding = BigInt(`0x${caps.stdout.toString().split(/\s+/)[1]}`);
    expect((bounding >> 25n) & 1n).toBe(0n);
  });

  test("the forced command is all that the server's key gets, and the operator's key is out", async () => {
    const publicKey = await readFile(`${lab.identityFile}.pub`, "utf8");
    const program = '#!/bin/sh\necho "fettle-host 1 ready: $1"\n';
    const texts = {
      program,
      policy: "fettle policy 1\nend\n",
      identity: "fettle identity 1\nend\n",
    };
    await installForcedCommand(host(6), { ...texts, publicKey });
    const answer = await ssh(lab, host(6), ["cat", "/etc/shadow"]);
    expect(answer.stdout.toString()).toBe("fettle-host 1 ready: serve\n");
    // A key without a forced command is refused for root now.
    await host(6).must(["tee", "/root/.ssh/authorized_keys"], { input: publicKey });
    expect((await ssh(lab, host(6), ["true"])).code).toBe(255);
  });

  test("packages that the lab needs are installed without starting a service", async () => {
    const isServing = async (): Promise<boolean> =>
      (await host(5).must(["ps", "-eo", "comm="])).includes("nginx");
    expect(await isServing()).toBe(true);
    await host(5).must(["apt-get", "purge", "--yes", "nginx", "nginx-light", "nginx-common"]);
    await host(5).must(quietInstall(["nginx-light"]));
    expect(await host(5).must(["/usr/sbin/nginx", "-t"])).toBe("");
    expect(await isServing()).toBe(false);
  });

  test("another process can attach to the run and sees the same hosts", async () => {
    const attached = await attachLab(stateDir, name);
    expect(attached?.hosts.map((one) => [one.name, one.address, one.hostKey])).toEqual(
      lab.hosts.map((one) => [one.name, one.address, one.hostKey]),
    );
    expect(await attached?.host("web-1").bootId()).toBe(await host(1).bootId());
  });

  test("a second start under the same name is refused and harms nothing", async () => {
    await expect(startLab({ hosts: 1, stateDir, name })).rejects.toThrow("already up");
    expect(await host(1).state()).toBe("running");
  });
});

/** A process of its own that starts a lab and stays. */
function spawnLab(folder: string, runName: string): ChildProcess {
  const script = `import { startLab } from ${JSON.stringify(join(clone, "lab/lab.ts"))};
const say = (text) => process.stdout.write(text + "\\n");
await startLab({ hosts: 2, stateDir: ${JSON.stringify(folder)}, name: ${JSON.stringify(runName)}, say });
say("all up");
setInterval(() => undefined, 1000);`;
  const args = ["--input-type=module", "-e", script];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Kills such a process at the moment its output says `word`. */
async function killedWhenSaying(word: string, runName: string): Promise<void> {
  const child = spawnLab(stateDir, runName);
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve());
    child.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes(word)) child.kill("SIGKILL");
    });
  });
}

describe.skipIf(!isRoot)("a lab whose process is killed", () => {
  test.each(["all up", "starting 2 hosts"])("at %j leaves nothing after `down`", async (word) => {
    const runName = `killed-${process.pid}-${word.length}`;
    const id = runId(stateDir, runName);
    await killedWhenSaying(word, runName);
    const left = await remains(id);
    expect(left["processes"]).not.toEqual([]);
    expect(left["links"]).not.toEqual([]);
    expect(await endLab(stateDir, runName)).toBe(true);
    expect(await remains(id)).toEqual(nothing);
  });

  test("while it makes the base root takes the making with it", async () => {
    const folder = await mkdtemp("/tmp/fettle-killed-");
    const child = spawnLab(folder, "building");
    const makers = async (): Promise<number> =>
      (await processes()).filter(({ args }) => args.join(" ").includes(`${folder}/base/`)).length;
    await waitFor("packages to be unpacked", 60_000, async () => {
      const names = await readdir(join(folder, "base")).catch(() => []);
      const part = names.find((one) => one.endsWith(".part")) ?? "none";
      return await isPresent(join(folder, "base", part, "usr/bin/dpkg"));
    });
    expect(await makers()).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await waitFor("the making to end", 10_000, async () => (await makers()) === 0);
    expect(await endLab(folder, "building")).toBe(true);
    const left = await remains(runId(folder, "building"));
    expect(left).toEqual(nothing);
    await rm(folder, { recursive: true, force: true });
  });

  test("is removed by the next lab of another name", async () => {
    const runName = `forgotten-${process.pid}`;
    await killedWhenSaying("all up", runName);
    const lab = await startLab({ hosts: 1, stateDir, name: `next-${process.pid}` });
    expect(await remains(runId(stateDir, runName))).toEqual(nothing);
    await lab.stop();
    expect(await remains(lab.id)).toEqual(nothing);
  });
});

describe.skipIf(!isRoot)("the command line", () => {
  test("runs a lab, also from a state folder that lies on an overlay", async () => {
    const dir = await mkdtemp("/tmp/fettle-overlay-");
    // The state folder is the usual one seen through an overlay: its base root is there already.
    const script = `cd "$1" && mkdir upper work state
mount -t overlay trial -o "lowerdir=$2,upperdir=upper,workdir=work" state
lab() { node=$1 main=$2 state=$3; shift 3; "$node" "$main" --state "$state" "$@"; }
lab "$3" "$4" "$1/state" up 1
lab "$3" "$4" "$1/state" status --json
lab "$3" "$4" "$1/state" ssh web-1 -- 'exit 7' || echo "ssh ended with $?"
lab "$3" "$4" "$1/state" up 1 2>&1 || echo "up ended with $?"
lab "$3" "$4" "$1/state" down`;
    const main = join(clone, "lab", "main.ts");
    try {
      const args = ["--mount", "sh", "-euc", script, "sh", dir, stateDir, process.execPath, main];
      const said = await run("unshare", args, { timeoutMs: 240_000 });
      expect(said).toContain("the hosts live in /var/tmp/fettle-lab-");
      const status = JSON.parse(said.slice(said.indexOf("\n{") + 1, said.indexOf("\n}") + 2));
      expect(status.hosts[0]).toMatchObject({ name: "web-1", port: 22, state: "running" });
      expect(said).toContain("ssh ended with 7");
      expect(said).toContain("is already up");
      expect(said).toContain("up ended with 1");
      expect(said).toContain("the lab is down");
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    expect(await isPresent(`/var/tmp/fettle-lab-${runId(join(dir, "state"), "lab")}`)).toBe(false);
    expect(await remains(runId(join(dir, "state"), "lab"))).toEqual(nothing);
  }, 300_000);
});

test("without root the lab says so in one line", async () => {
  const script = `import { startLab } from ${JSON.stringify(join(clone, "lab/lab.ts"))};
if (process.geteuid() === 0) process.seteuid(65534);
await startLab({ hosts: 1, stateDir: "/nowhere" }).catch((cause) => console.log(cause.message));`;
  const said = await run(process.execPath, ["--input-type=module", "-e", script]);
  expect(said).toMatch(/^The lab needs root: [^\n]+\n$/);
});
