import { spawn } from "node:child_process";
import { open, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../src/base/failure.ts";
import type { Labels } from "../src/base/labels.ts";
import { runCommand } from "../src/base/run-command.ts";
import { guestDir } from "./base-root.ts";
import {
  cleanEnvironment,
  ipBatch,
  isPresent,
  kill,
  links,
  processArguments,
  processes,
  readOr,
  run,
  startTicks,
  waitFor,
} from "./machine.ts";
import {
  bridgeName,
  cardAddress,
  type Effect,
  type HostRecord,
  type HostState,
  linkName,
  type PendingUpdate,
  parseEffects,
  parsePendingUpdates,
  type RunRecord,
  runMarker,
} from "./model.ts";

/** One lab host and what can be done to it from outside. All state is on disk and in the kernel. */

export interface ExecResult {
  /** Exit code; -1 when the program was killed or ran too long. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
}

export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** `ssh-ed25519 AAAA…`, as after the name in a known_hosts line. */
  readonly hostKey: string;
  readonly labels: Labels;
  /** The host's upper layer as the machine sees it; readable also while the host is off. */
  readonly upperDir: string;
  /** Runs a program on the host as root without ssh: the oracle for tests. */
  readonly exec: (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>;
  /** The same for a program that must succeed; returns what it printed. */
  readonly must: (argv: readonly string[], options?: ExecOptions) => Promise<string>;
  readonly state: () => Promise<HostState>;
  /** Null while the host is off. */
  readonly bootId: () => Promise<string | null>;
  /** Orderly reboot from within; resolves when the host is up again. */
  readonly reboot: () => Promise<void>;
  /** Power loss: the link goes first, so that nobody outside hears of it. */
  readonly kill: () => Promise<void>;
  /** Switches on a host that is off. */
  readonly start: () => Promise<void>;
  readonly cutNetwork: () => Promise<void>;
  /** What others send to the host is lost, or what it sends; the other direction goes on. */
  readonly losePackets: (way: "to" | "from") => Promise<void>;
  /** After a cut as well as after a loss. */
  readonly restoreNetwork: () => Promise<void>;
  readonly groundTruth: () => Promise<readonly Effect[]>;
  readonly pendingUpdates: () => Promise<readonly PendingUpdate[]>;
}

const BOOT_MS_MAX = 30_000;

/** Six megabytes of output are more than any question to a host needs. */
const EXEC_BYTES_MAX = 6 * 1024 * 1024;

export function labHost(lab: RunRecord, record: HostRecord): LabHost {
  const link = linkName(lab.id, record.number);
  const bootId = (): Promise<string | null> => hostBootId(lab, record);
  const host: LabHost = {
    name: record.name,
    address: record.address,
    port: record.port,
    hostKey: record.hostKey,
    labels: record.labels,
    upperDir: join(record.dir, "upper"),
    exec: (argv, options = {}) => execInHost(lab, record, argv, options),
    must: async (argv, options = {}) => {
      const { code, stdout, stderr } = await execInHost(lab, record, argv, options);
      if (code === 0) return stdout;
      throw new Failure("unavailable", `${argv.join(" ")} failed on ${record.name}.`, {
        facts: { code, said: `${stdout.slice(-2000)}\n${stderr.slice(-2000)}` },
      });
    },
    state: () => hostState(lab, record),
    bootId,
    reboot: async () => {
      const before = await bootId();
      // Its answer may be lost in the very reboot it asks for: the new boot id tells.
      await host.exec(["reboot"]);
      await waitFor(`${record.name} to come back from its reboot`, BOOT_MS_MAX, async () => {
        const now = await bootId();
        return now !== null && now !== before && (await isReady(lab, record));
      });
    },
    kill: () => killHost(lab, record),
    start: () => startHost(lab, record),
    cutNetwork: async () => {
      await run("ip", ["link", "set", link, "down"]);
    },
    losePackets: async (way) => {
      await nftInHost(lab, record, lossRules(way));
    },
    restoreNetwork: async () => {
      await nftInHost(lab, record, noLoss);
      await ipBatch([`link set ${link} up`, forgetNeighbour(lab, record)]);
    },
    groundTruth: async () =>
      parseEffects(await readOr(join(record.dir, "upper/var/log/fettle-lab/effects"), "")),
    pendingUpdates: async () => {
      const simulate = ["apt-get", "--simulate", "dist-upgrade", "-o", "Debug::NoLocking=true"];
      return parsePendingUpdates(await host.must(simulate));
    },
  };
  return Object.freeze(host);
}

/** Begins the host's supervisor, gives it its network, and waits until its services are started. */
export async function startHost(lab: RunRecord, record: HostRecord): Promise<void> {
  const link = linkName(lab.id, record.number);
  if ((await hostState(lab, record)) !== "off") return;
  const log = await open(join(record.dir, "console.log"), "a", 0o600);
  const child = spawn(
    "unshare",
    [
      ...["--net", "sh", join(guestDir, "supervise.sh"), runMarker(lab.id)],
      ...[record.name, record.dir, lab.lowerDirs.join(":")],
    ],
    { detached: true, stdio: ["pipe", log.fd, log.fd], env: { ...cleanEnvironment } },
  );
  await log.close();
  child.stdin?.on("error", () => undefined);
  const pid = child.pid;
  if (pid === undefined) {
    throw new Failure("unavailable", `unshare could not be started for ${record.name}.`);
  }
  const ownNet = await readOrLink("/proc/self/ns/net");
  await waitFor(`the network namespace of ${record.name}`, 10_000, async () => {
    const net = await readOrLink(`/proc/${pid}/ns/net`);
    return net !== null && net !== ownNet;
  });
  await connect(lab, record, pid, link);
  child.stdin?.end("go\n");
  child.unref();
  try {
    await waitFor(`${record.name} to boot`, BOOT_MS_MAX, async () => {
      if (child.exitCode !== null) throw new Failure("unavailable", "The supervisor ended.");
      return await isReady(lab, record);
    });
  } catch (cause) {
    const said = (await readOr(join(record.dir, "console.log"), "")).slice(-2000);
    throw new Failure("unavailable", `The lab host ${record.name} did not boot.`, {
      cause,
      facts: { said },
    });
  }
}

async function connect(
  lab: RunRecord,
  record: HostRecord,
  pid: number,
  link: string,
): Promise<void> {
  const card = cardAddress(lab.id, record.number);
  await ipBatch([
    `link add ${link} type veth peer name eth0 address ${card} netns ${pid}`,
    `link set ${link} master ${bridgeName(lab.id)} up`,
    forgetNeighbour(lab, record),
  ]);
  // No default route: a host reaches its neighbours and the proxy, and nothing else.
  const inside = ["link set lo up", `addr add ${record.address}/24 dev eth0`, "link set eth0 up"];
  await run("nsenter", [`--net=/proc/${pid}/ns/net`, "ip", "-batch", "-"], {
    input: `${inside.join("\n")}\n`,
  });
}

/** Adding it first makes the deletion of a table that is not there no error. */
const noLoss = "add table inet lab\ndelete table inet lab\n";

/** In the host's own network: what its services send each other over loopback is not lost. */
function lossRules(way: "to" | "from"): string {
  const [hook, card] = way === "to" ? ["input", "iifname"] : ["output", "oifname"];
  return `${noLoss}table inet lab {
  chain loss {
    type filter hook ${hook} priority -300; policy accept;
    ${card} "eth0" drop
  }
}
`;
}

async function nftInHost(lab: RunRecord, record: HostRecord, rules: string): Promise<void> {
  const pid = await firstProcess(lab, record);
  if (pid === null) {
    throw new Failure("unavailable", `The lab host ${record.name} is off; start it first.`);
  }
  await run("nsenter", [`--net=/proc/${pid}/ns/net`, "nft", "-f", "-"], { input: rules });
}

/** Else the machine may go on for seconds believing that nobody is at the address. */
function forgetNeighbour(lab: RunRecord, record: HostRecord): string {
  return `neigh flush to ${record.address} dev ${bridgeName(lab.id)}`;
}

async function killHost(lab: RunRecord, record: HostRecord): Promise<void> {
  const link = linkName(lab.id, record.number);
  const isLinked = (await links()).some(({ name }) => name === link);
  if (isLinked) await run("ip", ["link", "set", link, "down"]);
  // The host's processes are those with the run's marker and the host's own folder or first process.
  await waitFor(`${record.name} to die`, 10_000, async () => {
    const pid = await firstProcess(lab, record);
    const own = (await processes()).filter(
      ({ args }) => args.includes(runMarker(lab.id)) && args.includes(record.dir),
    );
    for (const process of own) kill(process.pid, "SIGKILL");
    if (pid !== null) kill(pid, "SIGKILL");
    return own.length === 0 && pid === null;
  });
  await rm(join(record.dir, "init.pid"), { force: true });
  // The kernel takes the link away with the namespace, some time later; a new start needs its name.
  await run("ip", ["link", "delete", link]).catch(() => undefined);
  await waitFor(`the link of ${record.name} to go`, 10_000, async () =>
    (await links()).every(({ name }) => name !== link),
  );
}

async function execInHost(
  lab: RunRecord,
  record: HostRecord,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const pid = await firstProcess(lab, record);
  if (pid === null) {
    throw new Failure("unavailable", `The lab host ${record.name} is off; start it first.`);
  }
  const clock = (await isPresent(`/proc/${pid}/ns/time`)) ? ["--time"] : [];
  const result = await runCommand({
    program: "nsenter",
    args: [
      ...["--target", String(pid), "--mount", "--uts", "--ipc", "--net", "--pid", ...clock],
      // When nsenter is killed for its time, the program inside must not live on.
      ...["--root", "--wd", "--", "setpriv", "--pdeathsig", "KILL", "--", ...argv],
    ],
    env: { ...cleanEnvironment },
    timeoutMs: options.timeoutMs ?? 120_000,
    outputBytesMax: EXEC_BYTES_MAX,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  return {
    code: result.ended === "exit" ? result.code : -1,
    stdout: result.stdout.toString(),
    stderr: result.stderr.toString(),
  };
}

async function hostState(lab: RunRecord, record: HostRecord): Promise<HostState> {
  if ((await firstProcess(lab, record)) === null) {
    const isSupervised = (await processes()).some(
      ({ args }) => args.includes(runMarker(lab.id)) && args.includes(record.dir),
    );
    return isSupervised ? "booting" : "off";
  }
  if (!(await isReady(lab, record))) return "booting";
  const link = linkName(lab.id, record.number);
  return (await links()).some(({ name, isUp }) => name === link && isUp) ? "running" : "cut";
}

async function isReady(lab: RunRecord, record: HostRecord): Promise<boolean> {
  const pid = await firstProcess(lab, record);
  return pid !== null && (await isPresent(`/proc/${pid}/root/run/fettle-lab/ready`));
}

async function hostBootId(lab: RunRecord, record: HostRecord): Promise<string | null> {
  const pid = await firstProcess(lab, record);
  if (pid === null) return null;
  const path = `/proc/${pid}/root/proc/sys/kernel/random/boot_id`;
  return (await readOr(path, "")).trim() || null;
}

/** The machine's process id of the host's first process; null when the host is off. */
async function firstProcess(lab: RunRecord, record: HostRecord): Promise<number | null> {
  const pid = Number((await readOr(join(record.dir, "init.pid"), "0")).trim());
  if (pid <= 1 || (await startTicks(pid)) === null) return null;
  return (await processArguments(pid)).includes(runMarker(lab.id)) ? pid : null;
}

async function readOrLink(path: string): Promise<string | null> {
  return readlink(path).catch(() => null);
}
