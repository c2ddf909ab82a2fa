import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { LabHost } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { present } from "../../src/base/failure.ts";

/**
 * Reads a host's journal where the kernel keeps it, and kills the host program in the state that is
 * wanted. Looking costs one read of a small file, so a state that lasts some milliseconds is met.
 */

export const jobStates = [
  ...(["RECEIVED", "STAGED", "SNAPSHOT", "APPLYING", "APPLIED", "VERIFYING", "DONE"] as const),
];
export type JobState = (typeof jobStates)[number];

/** Where to kill: in a state, or while a package's own script has just done its deed. */
export type KillPoint = JobState | "EFFECT" | "ROLLED_BACK";

export interface Kill {
  readonly host: string;
  readonly wanted: KillPoint;
  /** Last state in the journal of the dead: what it was really killed in. */
  readonly state: string;
}

export interface Killer {
  readonly kills: readonly Kill[];
  stop(): Promise<void>;
}

const LOOK_MS = 4;
/** One job is killed at most so often: it must get to its end between kills as well. */
const KILLS_A_JOB_MAX = 3;

interface Victim {
  readonly host: LabHost;
  readonly initFile: string;
  /** The first line of the journal: plan and attempt. */
  job: string;
  /** What to do with this job in each state is decided once. */
  decided: Set<KillPoint>;
  killsInJob: number;
  /** The line at which the last worker died: the next one must have said more. */
  linesAtKill: number;
  effectsAtStart: number;
  worker: { readonly text: string; readonly pid: number } | null;
}

/**
 * Kills host programs wherever one is at a point of which kills are still wanted, until stopped.
 * `mayKill` is asked once for each job and point.
 */
export function startKiller(
  hosts: readonly LabHost[],
  lab: Lab,
  how: {
    /** How many kills are wanted at each point; counted down. */
    readonly wanted: Map<KillPoint, number>;
    /** Only jobs of these plans; all unless told. */
    readonly plans?: readonly string[];
    readonly mayKill: () => boolean;
  },
): Killer {
  const kills: Kill[] = [];
  const victims = hosts.map((host): Victim => {
    const record = present(
      lab.record.hosts.find((one) => one.name === host.name),
      host.name,
    );
    const fresh = { job: "", killsInJob: 0, linesAtKill: 0, effectsAtStart: 0, worker: null };
    return { host, initFile: join(record.dir, "init.pid"), decided: new Set(), ...fresh };
  });
  let isStopping = false;
  const work = async (): Promise<void> => {
    while (!isStopping && [...how.wanted.values()].some((count) => count > 0)) {
      for (const victim of victims) {
        const kill = attack(victim, how);
        if (kill === null) continue;
        kills.push(kill);
        how.wanted.set(kill.wanted, (how.wanted.get(kill.wanted) ?? 0) - 1);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  const done = work();
  return {
    kills,
    async stop() {
      isStopping = true;
      await done;
    },
  };
}

function attack(victim: Victim, how: Parameters<typeof startKiller>[2]): Kill | null {
  const lines = journalOf(victim.host);
  const [job = ""] = lines;
  if (job === "") return null;
  if (job !== victim.job) beginJob(victim, job);
  if (how.plans !== undefined && !how.plans.some((plan) => job.includes(`plan=${plan} `))) {
    return null;
  }
  if (lines.length <= victim.linesAtKill || victim.killsInJob >= KILLS_A_JOB_MAX) return null;
  const wanted = pointOf(victim, lines);
  if ((how.wanted.get(wanted) ?? 0) <= 0 || victim.decided.has(wanted)) return null;
  const pid = workerOf(victim);
  if (pid === null) return null;
  victim.decided.add(wanted);
  if (!how.mayKill()) return null;
  process.kill(pid, "SIGKILL");
  waitUntilDead(pid);
  const after = journalOf(victim.host);
  victim.linesAtKill = after.length;
  victim.killsInJob += 1;
  return { host: victim.host.name, wanted, state: stateOf(after) };
}

function beginJob(victim: Victim, job: string): void {
  victim.job = job;
  victim.decided = new Set();
  victim.killsInJob = 0;
  victim.linesAtKill = 0;
  victim.effectsAtStart = read(effectsFile(victim.host)).length;
}

/** The state, or `EFFECT` once a package's own script has done something in this job. */
function pointOf(victim: Victim, lines: readonly string[]): KillPoint {
  const state = stateOf(lines) as KillPoint;
  if (state !== "APPLYING") return state;
  const hasEffect = read(effectsFile(victim.host)).length > victim.effectsAtStart;
  return hasEffect ? "EFFECT" : state;
}

/** The journal's lines that are states, without notes. */
export function journalOf(host: LabHost): readonly string[] {
  const text = read(join(host.upperDir, "var/lib/fettle/job/journal"));
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("NOTE "));
}

export function stateOf(lines: readonly string[]): string {
  return lines.at(-1)?.split(" ", 1)[0] ?? "-";
}

function effectsFile(host: LabHost): string {
  return join(host.upperDir, "var/log/fettle-lab/effects");
}

/** The worker's process as this machine numbers it; the host's own file has the inner number. */
function workerOf(victim: Victim): number | null {
  const text = read(join(victim.host.upperDir, "var/lib/fettle/job/worker")).trim();
  if (text === "") return null;
  if (victim.worker?.text === text) return isAlive(victim.worker.pid) ? victim.worker.pid : null;
  const space = link(`/proc/${read(victim.initFile).trim()}/ns/pid`);
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || link(`/proc/${name}/ns/pid`) !== space || space === "") continue;
    const inner = /^NSpid:.*\s(\d+)$/m.exec(read(`/proc/${name}/status`))?.[1];
    if (inner !== text) continue;
    victim.worker = { text, pid: Number(name) };
    return Number(name);
  }
  return null;
}

/** SIGKILL is certain, but takes until the process is scheduled; a zombie does nothing any more. */
function waitUntilDead(pid: number): void {
  const end = Date.now() + 5_000;
  while (isAlive(pid)) {
    if (Date.now() > end) throw new Error(`the process ${pid} does not die`);
  }
}

function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== "" && !/\) [ZX] /.test(stat);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
