import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { LabHost } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";

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

const LOOK_MS = 2;

interface Victim {
  readonly host: LabHost;
  readonly initFile: string;
  readonly points: KillPoint[];
  /** The line at which the last worker died: the next one must have said more. */
  linesAtKill: number;
  worker: { readonly text: string; readonly pid: number } | null;
}

/** Kills each host's program at its points, one after the other, until stopped. */
export function startKiller(
  lab: Lab,
  plan: ReadonlyMap<string, readonly KillPoint[]>,
  of: { readonly plan: string; readonly package: string },
): Killer {
  const kills: Kill[] = [];
  const victims = lab.record.hosts.flatMap((record): Victim[] => {
    const points = [...(plan.get(record.name) ?? [])];
    const initFile = join(record.dir, "init.pid");
    if (points.length === 0) return [];
    return [{ host: lab.host(record.name), initFile, points, linesAtKill: 0, worker: null }];
  });
  let isStopping = false;
  const work = async (): Promise<void> => {
    while (!isStopping && victims.some((victim) => victim.points.length > 0)) {
      for (const victim of victims) {
        const kill = attack(victim, of);
        if (kill !== null) kills.push(kill);
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

function attack(
  victim: Victim,
  of: { readonly plan: string; readonly package: string },
): Kill | null {
  const [wanted] = victim.points;
  if (wanted === undefined) return null;
  const lines = journalOf(victim.host);
  if (!lines[0]?.includes(`plan=${of.plan} `) || lines.length <= victim.linesAtKill) return null;
  if (!isAt(victim.host, lines, wanted, of.package)) {
    if (isPast(lines, wanted)) victim.points.shift();
    return null;
  }
  const pid = workerOf(victim);
  if (pid === null) return null;
  process.kill(pid, "SIGKILL");
  waitUntilDead(pid);
  const after = journalOf(victim.host);
  victim.linesAtKill = after.length;
  victim.points.shift();
  return { host: victim.host.name, wanted, state: stateOf(after) };
}

function isAt(host: LabHost, lines: readonly string[], wanted: KillPoint, name: string): boolean {
  const state = stateOf(lines);
  if (wanted !== "EFFECT") return state === wanted;
  return state === "APPLYING" && read(effectsFile(host)).includes(`${name} 2.0 configure`);
}

/** An ended job meets no earlier state any more. */
function isPast(lines: readonly string[], wanted: KillPoint): boolean {
  const state = stateOf(lines);
  return wanted !== state && /^(DONE|ROLLED_BACK|FAILED)$/.test(state);
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
