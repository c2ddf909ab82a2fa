import type { Digest } from "../base/digest.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { isAway } from "./agent-pace.ts";

export const agentStates = ["live", "quarantined", "buried"] as const;
export type AgentState = (typeof agentStates)[number];

/**
 * What stands in the way of a host that calls in, and the way out of it. Pure: the words are shown as
 * they are, on the page of the host, by `fettle agent show` and `fettle doctor`.
 */
export interface AgentHealth {
  readonly state: AgentState | "away";
  /** The worst first; empty where all is well. */
  readonly concerns: readonly AgentConcern[];
  /** Burial is only ever proposed: a machine that comes back after months is then still yours. */
  readonly proposed: "bury" | null;
}

export const concernKinds = [
  "quarantined",
  "certificate-over",
  "silent",
  "away",
  "certificate-ending",
  "other-program",
] as const;

export interface AgentConcern {
  readonly kind: (typeof concernKinds)[number];
  readonly says: string;
  readonly wayOut: string;
}

export interface AgentSeen {
  readonly name: string;
  readonly state: AgentState;
  readonly stateReason: string | null;
  readonly stateAt: Instant;
  readonly polledAt: Instant | null;
  readonly nextAt: Instant | null;
  readonly certificateUntil: Instant;
  /** What its last inspection found installed; null where none said so. */
  readonly program: { readonly version: string | null; readonly digest: Digest } | null;
}

/** What all judgements of one moment share. */
export interface HealthRules {
  readonly now: Instant;
  /** After so many days without a call an id is proposed for burial. */
  readonly silentDays: number;
  /** The host program of this server. */
  readonly own: { readonly version: string; readonly digest: Digest };
}

/** Renewed with twenty days gone, by the next call: one that still ends in nine was not. */
export const ENDING_MS = 9 * DAY_MS;

export function agentHealth(agent: AgentSeen, rules: HealthRules): AgentHealth {
  const { now, silentDays } = rules;
  if (agent.state === "buried") return { state: "buried", concerns: [], proposed: null };
  if (agent.state === "quarantined") return { ...quarantined(agent), proposed: null };
  const isLate = agent.nextAt !== null && isAway(agent.nextAt, now);
  const state = isLate ? "away" : "live";
  const silent = silence(agent, now, silentDays);
  const proposed = silent === null ? null : "bury";
  const other = otherProgram(agent, rules);
  if (agent.certificateUntil <= now) {
    return { state, concerns: [over(agent), ...(silent === null ? [] : [silent])], proposed };
  }
  const away = silent === null && isLate ? [late(agent)] : [];
  const ending = agent.certificateUntil - now < ENDING_MS ? [endsSoon(agent, now)] : [];
  const concerns = [...(silent === null ? [] : [silent]), ...away, ...ending, ...other];
  return { state, concerns, proposed };
}

function quarantined(agent: AgentSeen): Pick<AgentHealth, "state" | "concerns"> {
  const concern: AgentConcern = {
    kind: "quarantined",
    says: `In quarantine: ${agent.stateReason ?? "a person put it there"}. It is given nothing, and nothing is taken from it.`,
    wayOut:
      "Find out which machine is the right one and remove /etc/fettle and /var/lib/fettle on the other, then release it. Where nobody can tell, bury it and set both up anew.",
  };
  return { state: "quarantined", concerns: [concern] };
}

function over(agent: AgentSeen): AgentConcern {
  return {
    kind: "certificate-over",
    says: "Its certificate is over: it cannot call in any more.",
    wayOut: `Where the machine is there still, remove /etc/fettle and /var/lib/fettle on it, bury ${agent.name} and run a new install line. Where it is gone, bury it.`,
  };
}

function silence(agent: AgentSeen, now: Instant, silentDays: number): AgentConcern | null {
  const since = agent.polledAt ?? agent.stateAt;
  const days = Math.floor((now - since) / DAY_MS);
  if (days < silentDays) return null;
  return {
    kind: "silent",
    says: `It has not called for ${days} days.`,
    wayOut: `Where the machine is gone for good, bury it: its id is then never admitted again. agentSilentDays in fettle.yaml (${silentDays}) says when this is proposed.`,
  };
}

function late(agent: AgentSeen): AgentConcern {
  return {
    kind: "away",
    says: agent.polledAt === null ? "It never called." : "It has not called when it should.",
    wayOut: `On ${agent.name}, as root: fettle-host agent once. It says what is wrong.`,
  };
}

function endsSoon(agent: AgentSeen, now: Instant): AgentConcern {
  const days = Math.max(1, Math.floor((agent.certificateUntil - now) / DAY_MS));
  const left = days === 1 ? "a day" : `${days} days`;
  return {
    kind: "certificate-ending",
    says: `Its certificate ends in ${left} and was not renewed.`,
    wayOut: `On ${agent.name}, as root: fettle-host agent once. A call renews it; a certificate that is over means a new install line.`,
  };
}

/** A job is judged by the program on the host, so whoever mends that program wants to know who has it. */
function otherProgram({ name, program }: AgentSeen, { own }: HealthRules): readonly AgentConcern[] {
  if (program === null || program.digest === own.digest) return [];
  const theirs = program.version ?? "an unknown version";
  const order = compareDotted(program.version ?? "0", own.version);
  const kind = "other-program";
  if (order > 0) {
    const says = `Its host program is ${theirs}, newer than this server's ${own.version}.`;
    return [{ kind, says, wayOut: "Update the server." }];
  }
  const says =
    order === 0
      ? `Its host program is not the one of this server, though both say ${theirs}.`
      : `Its host program is ${theirs}; this server's is ${own.version}.`;
  const wayOut = `Bring the package fettle-host of this server's version to ${name} by a change like any other. Where it came with an install line, copy the program there and run, as root: sh PROGRAM agent-install PROGRAM.`;
  return [{ kind, says, wayOut }];
}

/** Numbers between dots, the missing ones 0: below 0 where the first is older. */
function compareDotted(a: string, b: string): number {
  const [first, second] = [a, b].map((text) => text.split(".").map(Number)) as [number[], number[]];
  const length = Math.max(first.length, second.length);
  for (let at = 0; at < length; at++) {
    const difference = (first[at] ?? 0) - (second[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
