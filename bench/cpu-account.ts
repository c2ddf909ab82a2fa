import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/**
 * The processor time of this process and of all that it starts from now on, whatever else the machine
 * does: a control group of its own. Null where none can be made (no root, no such controller).
 */
export interface CpuAccount {
  readonly seconds: () => number;
  /** Goes back to where it came from and removes the group; its processes must have ended. */
  close(): void;
}

export function openCpuAccount(): CpuAccount | null {
  // Version 1 has a tree for each controller; in version 2 every group counts (cgroups(7)).
  const legacy = existsSync("/sys/fs/cgroup/cpuacct/cgroup.procs");
  const parent = legacy ? "/sys/fs/cgroup/cpuacct" : "/sys/fs/cgroup";
  const group = join(parent, `fettle-bench-${process.pid}`);
  try {
    mkdirSync(group);
    writeFileSync(join(group, "cgroup.procs"), `${process.pid}`);
  } catch {
    // Not root, or a container that may not: the wall clock is all there is.
    return null;
  }
  return {
    seconds() {
      if (legacy) return Number(readFileSync(join(group, "cpuacct.usage"), "utf8")) / 1e9;
      const text = readFileSync(join(group, "cpu.stat"), "utf8");
      return Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1e6;
    },
    close() {
      writeFileSync(join(parent, "cgroup.procs"), `${process.pid}`);
      try {
        rmdirSync(group);
      } catch {
        // A process that was told to end may still be ending; the empty group stays behind.
      }
    },
  };
}

/** What a clock tick of proc(5) is on every Linux that there is. */
const TICKS_PER_SECOND = 100;

/**
 * The processor time of a process and its children, those that have ended included: for a database
 * that runs as another user, whose processes a control group need not follow.
 */
export function treeSeconds(pid: number): number {
  const all = readdirSync("/proc").map(Number).filter(Boolean).flatMap(timesOf);
  const ticks = all.flatMap((one) => {
    if (one.pid === pid) return [one.own + one.ended];
    return one.parent === pid ? [one.own] : [];
  });
  return ticks.reduce((sum, some) => sum + some, 0) / TICKS_PER_SECOND;
}

function timesOf(pid: number) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // proc(5) counts from 1 and the first two are cut off: 14 to 17 are the times, 4 is the parent.
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
    const parent = Number(fields[1]);
    return [{ pid, parent, own: user + system, ended: endedUser + endedSystem }];
  } catch {
    // It ended between the two looks.
    return [];
  }
}

/**
 * How long the first thread of a process was ready to run and had no processor, seconds: what other work
 * on the machine, and not the program, made slow. 0 where the kernel does not count it
 * (Documentation/scheduler/sched-stats, /proc/PID/schedstat, the second number, ns).
 */
export function waitedSeconds(pid: number): number {
  try {
    const [, waited = "0"] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
    return Number(waited) / 1e9;
  } catch {
    // It ended, or the kernel was built without.
    return 0;
  }
}
