import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
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
      rmdirSync(group);
    },
  };
}
