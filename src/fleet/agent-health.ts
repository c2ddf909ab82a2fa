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
}

/** Renewed with twenty days gone, by the next call: one that still ends in nine was not. */
export const ENDING_MS = 9 * DAY_MS;

/** `silentDays`: after so many days without a call an id is proposed for burial. */
export function agentHealth(agent: AgentSeen, now: Instant, silentDays: number): AgentHealth {
  if (agent.state === "buried") return { state: "buried", concerns: [], proposed: null };
  if (agent.state === "quarantined") return { ...quarantined(agent), proposed: null };
  const isLate = agent.nextAt !== null && isAway(agent.nextAt, now);
  const state = isLate ? "away" : "live";
  const silent = silence(agent, now, silentDays);
  const proposed = silent === null ? null : "bury";
  if (agent.certificateUntil <= now) {
    return { state, concerns: [over(agent), ...(silent === null ? [] : [silent])], proposed };
  }
  const away = silent === null && isLate ? [late(agent)] : [];
  const ending = agent.certificateUntil - now < ENDING_MS ? [endsSoon(agent, now)] : [];
  const concerns = [...(silent === null ? [] : [silent]), ...away, ...ending];
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
