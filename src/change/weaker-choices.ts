import { durationToText, SECOND_MS } from "../base/instant.ts";
import type { Statement } from "../plan/statement.ts";

/**
 * What the choices of a plan give up (host protocol §15). Printed beside the approve button and in
 * reports: a weaker choice may be right, but nobody should make it without knowing.
 */
export interface WeakerChoice {
  readonly choice: string;
  readonly givesUp: string;
}

export interface ChoiceFacts {
  readonly statement: Statement;
  readonly need: number;
  readonly hosts: number;
  readonly pipedHosts: number;
  readonly hostsWithoutUndo: number;
  /** What the ring lines of host policies say. */
  readonly sod: "plain" | "signed";
  readonly log: "off" | "seen";
}

export function weakerChoices(facts: ChoiceFacts): readonly WeakerChoice[] {
  const { statement } = facts;
  const choices: (WeakerChoice | null)[] = [
    facts.pipedHosts > 0
      ? {
          choice: `piped on ${facts.pipedHosts} of ${facts.hosts} hosts`,
          givesUp:
            "This server sends the program with each job, so whoever steals the server owns these hosts; approvals guard there against mistakes, not against the server.",
        }
      : null,
    facts.need === 1
      ? {
          choice: "need 1",
          givesUp: "One approver's key is enough; one stolen key can approve alone.",
        }
      : null,
    facts.sod === "plain"
      ? {
          choice: "sod plain",
          givesUp:
            "The requester's name is this server's word; hosts cannot see whether requester and approver are really two people.",
        }
      : null,
    facts.log === "off"
      ? {
          choice: "log off",
          givesUp:
            "Hosts do not demand that the approval is in the public log, so a stolen server could hide what it dispatched.",
        }
      : null,
    permitChoice(statement),
    statement.revert.kind === "order"
      ? {
          choice: `revert order ${statement.revert.seconds}`,
          givesUp: `For ${durationToText(statement.revert.seconds * SECOND_MS)} after it is done, the server can order hosts back to their own snapshot, once, without a new approval.`,
        }
      : null,
    facts.hostsWithoutUndo > 0
      ? {
          choice: `no way back on ${facts.hostsWithoutUndo} of ${facts.hosts} hosts`,
          givesUp: "A failed host there stays as it failed until somebody repairs it.",
        }
      : null,
  ];
  return choices.filter((choice) => choice !== null);
}

function permitChoice({ permit }: Statement): WeakerChoice | null {
  switch (permit.kind) {
    case "online":
      return null;
    case "lease":
      return {
        choice: `permit lease ${permit.seconds}`,
        givesUp: `After a halt, hosts may still start for up to ${permit.seconds} s.`,
      };
    case "offline":
      return {
        choice: "permit offline",
        givesUp: "A halt does not reach the hosts: they start at any time within their windows.",
      };
  }
}
