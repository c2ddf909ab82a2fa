import { type ClosureCode, closureOf } from "./duty.ts";
import type { ChangeState } from "./model.ts";

/** How well changes go (ITIL 4 change enablement): shares of what ended within a time. */
export interface ChangeMeasures {
  readonly ended: number;
  /** Shares from 0 to 1; null where nothing ended, because no data is no success. */
  readonly successful: number | null;
  readonly emergency: number | null;
  readonly backedOut: number | null;
  /** From the request to the end, on average; null where nothing ended. */
  readonly leadMs: number | null;
}

export function measuresOf(
  groups: readonly {
    readonly class: "normal" | "emergency";
    readonly state: ChangeState;
    readonly closure: ClosureCode | null;
    readonly changes: number;
    readonly leadMs: number;
  }[],
): ChangeMeasures {
  const count = (fits: (group: (typeof groups)[number]) => boolean): number =>
    groups.filter(fits).reduce((sum, { changes }) => sum + changes, 0);
  const ended = count(() => true);
  if (ended === 0) {
    return { ended, successful: null, emergency: null, backedOut: null, leadMs: null };
  }
  const closure = (group: (typeof groups)[number]) =>
    closureOf(group.state, group.closure === null ? null : { closure: group.closure });
  const lead = groups.reduce((sum, group) => sum + group.leadMs, 0);
  return {
    ended,
    successful: count((group) => closure(group) === "successful") / ended,
    emergency: count((group) => group.class === "emergency") / ended,
    backedOut: count((group) => closure(group) === "backed-out") / ended,
    leadMs: lead / ended,
  };
}
