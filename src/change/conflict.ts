import type { ChangeState } from "./model.ts";

/**
 * Changes that want some of the same hosts at the same time. They do not forbid each other: a host
 * does one job at a time, and the slot it gives decides who is first. Whoever approves must know.
 */
export interface Conflict {
  readonly number: number;
  readonly title: string;
  readonly state: ConflictState;
  readonly isSamePatch: boolean;
  /** Hosts of both plans, as far as the reader may see them. */
  readonly hosts: number;
}

/** Changes that may still do something. */
export const conflictStates = [
  "requested",
  "approved",
  "running",
] as const satisfies readonly ChangeState[];
export type ConflictState = (typeof conflictStates)[number];

export function conflictToText(conflict: Conflict): string {
  const hosts =
    conflict.hosts === 1 ? "1 of the same hosts" : `${conflict.hosts} of the same hosts`;
  const same = conflict.isSamePatch ? ", for the same patch" : "";
  switch (conflict.state) {
    case "requested":
      return `asks for ${hosts}${same}; it still waits for its approvals`;
    case "approved":
      return `may start on ${hosts} any time${same}; a host does one job at a time, and the others wait`;
    case "running":
      return `is at work on ${hosts}${same}; a host that is busy there waits here until that job has ended`;
  }
}
