import type { RuntimeSet } from "../inventory/runtime.ts";

/**
 * Who has the changed packages in memory now, and so runs the old version until it is restarted. A
 * look that was not whole tells who has them and never that nobody else does.
 */
export interface InMemory {
  readonly users: readonly {
    readonly package: string;
    readonly hosts: number;
    /** By name, with on how many hosts. */
    readonly processes: readonly { readonly name: string; readonly hosts: number }[];
  }[];
  /** Hosts whose look was whole; whose look was not; and of which nothing is known. */
  readonly whole: number;
  readonly partly: number;
  readonly unknown: number;
}

export interface SeenRuntime {
  readonly hosts: number;
  /** Null where it is not known what runs. */
  readonly set: RuntimeSet | null;
}

export function inMemory(seen: readonly SeenRuntime[], names: ReadonlySet<string>): InMemory {
  const users = new Map<string, { hosts: number; processes: Map<string, number> }>();
  const counts = { whole: 0, partly: 0, unknown: 0 };
  for (const { hosts, set } of seen) {
    counts[set === null ? "unknown" : set.isWhole ? "whole" : "partly"] += hosts;
    for (const used of set?.used ?? []) {
      if (!names.has(used.name)) continue;
      const user = users.get(used.name) ?? { hosts: 0, processes: new Map() };
      users.set(used.name, user);
      user.hosts += hosts;
      for (const one of used.processes) {
        user.processes.set(one, (user.processes.get(one) ?? 0) + hosts);
      }
    }
  }
  const told = [...users].map(([name, { hosts, processes }]) => ({
    ...{ package: name, hosts },
    processes: [...processes]
      .map(([process, count]) => ({ name: process, hosts: count }))
      .sort((a, b) => b.hosts - a.hosts || (a.name < b.name ? -1 : 1)),
  }));
  return { users: told.sort((a, b) => (a.package < b.package ? -1 : 1)), ...counts };
}
