import { DAY_MS, durationToText, type Instant } from "../base/instant.ts";
import type { Tone } from "../base/tone.ts";
import { UNSEEN_PROCESSES } from "./inspection.ts";
import type { HostContact, HostFacts } from "./model.ts";

/**
 * Three of the four states of a host, each for itself: can it be reached, is what we know of it
 * fresh, does it need a restart. (The fourth, its risk, is judged from findings.) `store-states.ts`
 * has the same rules for lists as SQL; a test holds the two together.
 */
export interface HostState {
  readonly state: Tone;
  readonly label: string;
  readonly since: Instant | null;
  readonly reason: string | null;
}

/** An inventory older than this is stale: it may no longer be what the host has. */
export const FRESH_MS = DAY_MS;

export function reachableState(contact: HostContact): HostState {
  const { state, inspectedAt, triedAt, problem } = contact;
  if (state === "reachable") {
    return { state: "good", label: "reachable", since: inspectedAt, reason: null };
  }
  if (state === "unreachable") {
    const reason = problem ?? "The last try got no answer.";
    return { state: "bad", label: "unreachable", since: triedAt, reason };
  }
  if (triedAt === null) {
    return {
      state: "unknown",
      label: "never tried",
      since: null,
      reason: "It was never inspected.",
    };
  }
  const reason = problem ?? "It answered, though not with an inspection.";
  return { state: "unknown", label: "no inspection", since: triedAt, reason };
}

export function freshState(contact: HostContact, now: Instant): HostState {
  const { inspectedAt } = contact;
  if (inspectedAt === null) {
    const reason = "What is installed on it is not known.";
    return { state: "unknown", label: "never inspected", since: null, reason };
  }
  const ageMs = now - inspectedAt;
  if (ageMs <= FRESH_MS) {
    return { state: "good", label: "fresh", since: inspectedAt, reason: null };
  }
  const reason = `It was inspected ${durationToText(ageMs)} ago; the limit is ${durationToText(FRESH_MS)}.`;
  return { state: "attention", label: "stale", since: inspectedAt, reason };
}

export function rebootState(facts: HostFacts | null, inspectedAt: Instant | null): HostState {
  const since = inspectedAt;
  if (facts === null) {
    const reason = "It was never inspected.";
    return { state: "unknown", label: "not known", since: null, reason };
  }
  if (facts.reboot.isNeeded) {
    const reason = facts.reboot.reason === "" ? "The host says so." : facts.reboot.reason;
    return { state: "attention", label: "reboot needed", since, reason };
  }
  if (facts.restarts.length > 0) {
    const units = [...new Set(facts.restarts.map((restart) => restart.unit))];
    const shown = units.slice(0, 3).join(", ");
    const more = units.length > 3 ? ` and ${units.length - 3} more` : "";
    const reason = `${shown}${more} still ${units.length === 1 ? "runs" : "run"} code that was replaced.`;
    return { state: "attention", label: "restart needed", since, reason };
  }
  if (facts.notes.includes(UNSEEN_PROCESSES)) {
    const reason = "Fettle could not look into its processes, so old code may still run.";
    return { state: "unknown", label: "no reboot, restarts not known", since, reason };
  }
  return { state: "good", label: "no restart needed", since, reason: null };
}
