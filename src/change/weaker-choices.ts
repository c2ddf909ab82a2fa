import { durationToText, SECOND_MS } from "../base/instant.ts";
import type { KeyClass } from "../identity/model.ts";
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
  /** Approvals given so far. */
  readonly approvals: readonly {
    readonly handle: string;
    readonly keyClass: KeyClass;
    readonly isSynced: boolean;
  }[];
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
  ];
  return [
    ...ruleChoice(statement),
    ...choices.filter((choice) => choice !== null),
    ...boundChoices(facts, statement),
    ...facts.approvals.flatMap(approvalChoices),
  ];
}

/** Those that the signed documents tell by themselves: an approval desk shows them too. */
export function choicesOfBytes(view: HostCounts, statement: Statement): readonly WeakerChoice[] {
  return [...ruleChoice(statement), ...boundChoices(view, statement)];
}

interface HostCounts {
  readonly hosts: number;
  readonly hostsWithoutUndo: number;
}

function ruleChoice({ hosts }: Statement): readonly WeakerChoice[] {
  if (hosts.kind !== "rule") return [];
  return [
    {
      choice: `hosts by rule ${hosts.labels.join(" ")}`,
      givesUp: `Hosts that join later and have these labels change without a new approval. That they are at most ${hosts.max} is kept by this server alone: hosts cannot count each other.`,
    },
  ];
}

function boundChoices(view: HostCounts, statement: Statement): readonly WeakerChoice[] {
  const choices: (WeakerChoice | null)[] = [
    permitChoice(statement),
    statement.revert.kind === "order"
      ? {
          choice: `revert order ${statement.revert.seconds}`,
          givesUp: `For ${durationToText(statement.revert.seconds * SECOND_MS)} after it is done, the server can order hosts back to their own snapshot, once, without a new approval.`,
        }
      : null,
    view.hostsWithoutUndo > 0
      ? {
          choice: `no way back on ${view.hostsWithoutUndo} of ${view.hosts} hosts`,
          givesUp: "A failed host there stays as it failed until somebody repairs it.",
        }
      : null,
  ];
  return choices.filter((choice) => choice !== null);
}

/** A passkey shows no text, so what its person saw is what a page told (host protocol §4.5). */
function approvalChoices(approval: ChoiceFacts["approvals"][number]): readonly WeakerChoice[] {
  const { handle, keyClass, isSynced } = approval;
  const choices: WeakerChoice[] = [];
  if (keyClass === "page") {
    choices.push({
      choice: `page approval of ${handle}`,
      givesUp:
        "This server itself showed what was signed; a stolen server could have shown another plan. It does not count as outside, which protected rings demand.",
    });
  }
  if (isSynced) {
    choices.push({
      choice: `synced passkey of ${handle}`,
      givesUp:
        "The key is copied between machines by its maker's account, so whoever takes over that account may sign.",
    });
  }
  return choices;
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
